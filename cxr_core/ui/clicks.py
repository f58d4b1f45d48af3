"""A click on a figure or a table that sets widgets: what it asks is done where they are drawn, just before.

A callback would do it in whichever run first brings the click, and that may be a fragment's that asks every second: the
browser stores a click a moment before it asks for a run. What the callback set would be undone by the click's own run,
which comes with the widgets' old values; and a late fragment brings a click once more, on a figure that is gone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

_WATCHED = "watched_for_clicks"
Take = Callable[[Mapping[str, Any]], None]


def watch(key: str, take: Take) -> None:
    """Have `take` do what is asked by a click on the figure or table of this key, which was just drawn.

    It is called once a click, at the next run of the page or fragment, with what is selected then: "points" of a
    figure, "rows" of a table.
    """
    st.session_state.setdefault(_WATCHED, {})[key] = take, st.session_state[key]["selection"]


def take_all() -> None:
    """Do what was clicked since the figures were drawn: what they have selected is not what it was then.

    Each page begins so, and each fragment with such a figure: before a widget is drawn.
    """
    watched = st.session_state.get(_WATCHED, {})
    for key, (take, before) in list(watched.items()):
        if key in st.session_state and (selected := st.session_state[key]["selection"]) != before:
            del watched[key]  # until it is drawn again
            take(selected)


def heard(key: str, name: str, take: Callable[[str], None]) -> Callable[[], None]:
    """A component's callback: `take` gets what its trigger `name` says.

    A click may come when the component is gone: the page was drawn meanwhile for a film that has none.
    """
    def hear() -> None:
        if (said := st.session_state.get(key, {}).get(name)) is not None:
            take(said)

    return hear
