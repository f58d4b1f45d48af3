"""The chosen films of the Dataset page: in widgets, and in the address, so that a selection can be shared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields

import streamlit as st

from cxr_core.datasets.counts import FINDINGS_AND_NONE, Selection
from cxr_core.datasets.picked import Picked
from cxr_core.datasets.summary import MANY, Summary
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


def from_address(
    words: Mapping[str, str], known: Sequence[str] = FINDINGS_AND_NONE, parts: Sequence[str] = ("train_val", "test")
) -> Selection:
    """The selection that an address asks for of a data set's findings and parts; what it has not is left out."""
    def findings(name: str) -> tuple[str, ...]:
        return tuple(one for one in words.get(name, "").split(",") if one in known)

    def span(name: str, most: int) -> tuple[int, int] | None:
        low, _, high = words.get(name, "").partition("-")
        if not (low.isdecimal() and high.isdecimal()) or not int(low) <= int(high) <= most:
            return None
        return int(low), int(high)

    def one_of(name: str, there: Sequence[str]) -> str:
        return words.get(name, "") if words.get(name, "") in there else ""

    return Selection(
        findings("any_of"), findings("all_of"), findings("none_of"), span("age", OLDEST), one_of("sex", ("F", "M")),
        one_of("view", ("AP", "PA")), span("follow_up", MANY), one_of("split", parts),
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


def pick(picked: Picked | None) -> None:
    """Look at these films alone, of those that the filters leave; None takes that back."""
    state[_KEYS["picked"]] = picked


def chosen_films(summary: Summary, key: str, address: Mapping[str, str]) -> Selection:
    """Draw the filters in the sidebar, and return what they ask of a data set.

    The first time they ask what the address asks, or what they asked before the reader walked to another page. `key` is
    the data set's: of another one, what it cannot be asked is taken back.
    """
    parts = _in_order(summary, "split")
    if _KEYS["any_of"] not in state:
        asked = {name: word for name, word in address.items() if name in _KEYS}
        choose(from_address(asked, summary.names, parts) if asked else state.get("selection_kept", Selection()))
    if state.setdefault("selection_of", key) != key or not _fits(summary):
        state["selection_of"] = key
        choose(state.get("selection_kept", Selection()).within(summary))
    with st.container(key="filters"):
        for name, label in (("any_of", "Any of"), ("all_of", "All of"), ("none_of", "None of")):
            st.multiselect(label, summary.names, key=_KEYS[name], format_func=title_of, placeholder="any finding")
        age = st.slider("Age in years", 0, OLDEST, key=_KEYS["age"], step=5)
        with st.container(horizontal=True):
            sex = _one_of("Sex", _in_order(summary, "sex"), "sex", 72)
            view = _one_of("View", _in_order(summary, "view")[::-1], "view", 96)
        follow_up = st.slider("Follow-up number", 0, MANY, key=_KEYS["follow_up"],
                              help=f"0 is a patient's first film; {MANY} stands for {MANY} and more.")
        official = {"train_val", "test"} >= set(parts)
        split = _one_of("Official part" if official else "Part", parts, "split", "content")
        boxed = None
        if summary.cube["boxed"].any():
            boxed = st.segmented_control("Drawn boxes", list(_BOXED), key=_KEYS["boxed"])
        if (picked := state.get(_KEYS["picked"])) is not None:
            st.button(f"Clear {len(picked):,} picked films", key="clear_picked", on_click=pick, args=(None,),
                      help="Films that were picked on the map. The address of this page does not say which: name the "
                           "selection to keep it.")
        st.button("Select all films", key="select_all", on_click=choose, args=(Selection(),))
    asked = Selection(
        *(tuple(state[_KEYS[name]]) for name in ("any_of", "all_of", "none_of")),
        None if age == (0, OLDEST) else age, sex or "", view or "", None if follow_up == (0, MANY) else follow_up,
        split or "", _BOXED.get(boxed), state.get(_KEYS["picked"]),
    )
    state["selection_kept"] = asked
    return asked


def keep_address(words: Mapping[str, str]) -> None:
    """Put into the address what is said; what is empty is left out of it."""
    wanted = {name: word for name, word in words.items() if word}
    if dict(st.query_params) != wanted:
        st.query_params.from_dict(wanted)


def _in_order(summary: Summary, column: str) -> list[str]:
    """The values of a column that are known, the parts in the order they are used in."""
    order = ("train_val", "train", "val", "test")
    values = {str(value) for value in summary.cube[column].unique() if value}
    return sorted(values, key=lambda value: (order.index(value) if value in order else len(order), value))


def _one_of(label: str, values: Sequence[str], name: str, width: int | str) -> str | None:
    """A choice among values; nothing where there is none to choose among."""
    if not values:
        return None
    if len(values) > 4 or any(len(value) > 12 for value in values):
        return st.selectbox(label, values, key=_KEYS[name], index=None, placeholder="any")
    return st.segmented_control(label, values, key=_KEYS[name], width=width)


def _fits(summary: Summary) -> bool:
    return all(one in summary.names for name in ("any_of", "all_of", "none_of") for one in state[_KEYS[name]])
