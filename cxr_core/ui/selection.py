"""The chosen films of the Dataset page: in widgets, and in the address, so that a selection can be shared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields

import streamlit as st

from cxr_core.datasets.counts import FINDINGS_AND_NONE, Selection
from cxr_core.datasets.summary import MANY
from cxr_core.findings import title_of

state = st.session_state
OLDEST = 120
_KEYS = {field.name: f"select_{field.name}" for field in fields(Selection)}
_BOXED = {"yes": True, "no": False}


def to_address(chosen: Selection) -> dict[str, str]:
    """What of a selection asks something, as words for an address."""
    words = {name: ",".join(getattr(chosen, name)) for name in ("any_of", "all_of", "none_of")}
    words |= {name: "-".join(map(str, getattr(chosen, name) or ())) for name in ("age", "follow_up")}
    words |= {name: getattr(chosen, name) for name in ("sex", "view", "split")}
    words["boxed"] = _word(chosen.boxed)
    return {name: value for name, value in words.items() if value}


def from_address(words: Mapping[str, str]) -> Selection:
    """The selection that an address asks for; what it asks in other words than ours is left out."""
    def findings(name: str) -> tuple[str, ...]:
        return tuple(one for one in words.get(name, "").split(",") if one in FINDINGS_AND_NONE)

    def span(name: str, most: int) -> tuple[int, int] | None:
        low, _, high = words.get(name, "").partition("-")
        if not (low.isdecimal() and high.isdecimal()) or not int(low) <= int(high) <= most:
            return None
        return int(low), int(high)

    def one_of(name: str, known: Sequence[str]) -> str:
        return words.get(name, "") if words.get(name, "") in known else ""

    return Selection(
        findings("any_of"), findings("all_of"), findings("none_of"), span("age", OLDEST), one_of("sex", ("F", "M")),
        one_of("view", ("AP", "PA")), span("follow_up", MANY), one_of("split", ("train_val", "test")),
        _BOXED.get(words.get("boxed", "")),
    )


def _word(boxed: bool | None) -> str:
    return next((word for word, is_so in _BOXED.items() if is_so == boxed), "")


def choose(chosen: Selection) -> None:
    """Put a selection into the widgets, before they are drawn."""
    for name, key in _KEYS.items():
        state[key] = getattr(chosen, name)
    state[_KEYS["age"]] = chosen.age or (0, OLDEST)
    state[_KEYS["follow_up"]] = chosen.follow_up or (0, MANY)
    state[_KEYS["boxed"]] = _word(chosen.boxed) or None
    for name in ("sex", "view", "split"):
        state[_KEYS[name]] = getattr(chosen, name) or None
    for name in ("any_of", "all_of", "none_of"):
        state[_KEYS[name]] = list(getattr(chosen, name))


def chosen_films() -> Selection:
    """Draw the filters in the sidebar, and return what they ask. The first time they ask what the address asks."""
    if _KEYS["any_of"] not in state:
        choose(from_address(st.query_params))
    with st.container(key="filters"):
        for name, label in (("any_of", "Any of"), ("all_of", "All of"), ("none_of", "None of")):
            st.multiselect(label, FINDINGS_AND_NONE, key=_KEYS[name], format_func=title_of, placeholder="any finding")
        age = st.slider("Age in years", 0, OLDEST, key=_KEYS["age"], step=5)
        with st.container(horizontal=True):
            sex = st.segmented_control("Sex", ["F", "M"], key=_KEYS["sex"], width=72)
            view = st.segmented_control("View", ["PA", "AP"], key=_KEYS["view"], width=96)
        follow_up = st.slider("Follow-up number", 0, MANY, key=_KEYS["follow_up"],
                              help=f"0 is a patient's first film; {MANY} stands for {MANY} and more.")
        split = st.segmented_control("Official part", ["train_val", "test"], key=_KEYS["split"])
        boxed = st.segmented_control("Drawn boxes", list(_BOXED), key=_KEYS["boxed"])
        st.button("Select all films", key="select_all", on_click=choose, args=(Selection(),))
    asked = Selection(
        *(tuple(state[_KEYS[name]]) for name in ("any_of", "all_of", "none_of")),
        None if age == (0, OLDEST) else age, sex or "", view or "", None if follow_up == (0, MANY) else follow_up,
        split or "", _BOXED.get(boxed),
    )
    address = to_address(asked)
    if dict(st.query_params) != address:
        st.query_params.from_dict(address)
    return asked
