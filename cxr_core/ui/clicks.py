"""A click on a figure or a table that sets widgets: what it asks is done where they are drawn, just before.

Streamlit calls a callback in whichever run first brings the new value. The browser stores a click on a figure a moment
before it asks for a run, and another fragment, one that runs every second, may bring it within that moment. The
callback then set widgets in that fragment's run; the click's own run came with the values they had had: it was lost.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import streamlit as st

_CLICKS = "clicks_to_take"


def at_next_run(key: str, take: Callable[[Mapping[str, Any]], None]) -> Callable[[], None]:
    """A callback for the figure or table of this key: the next run of its page or fragment has `take` do what is asked.

    It is given what was selected by the click: "points" of a figure, "rows" of a table.
    """
    def keep() -> None:
        selected = st.session_state[key]["selection"]
        st.session_state.setdefault(_CLICKS, []).append(partial(take, selected))

    return keep


def take_all() -> None:
    """Do what was clicked. Each page begins so, and each fragment with such a figure: before a widget is drawn."""
    for take in st.session_state.pop(_CLICKS, []):
        take()
