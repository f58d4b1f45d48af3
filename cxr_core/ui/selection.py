"""The chosen films of the Dataset page: in widgets, and in the address, so that a selection can be shared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields

import streamlit as st

from cxr_core.datasets.counts import Selection
from cxr_core.datasets.nih_table import OLDEST
from cxr_core.datasets.picked import Picked
from cxr_core.datasets.selection_words import Askable, boxed_word, from_address, left_out, to_address
from cxr_core.datasets.summary import BAND, MANY, Summary
from cxr_core.findings import title_of

state = st.session_state
_KEYS = {field.name: f"select_{field.name}" for field in fields(Selection)}
_LOST = "selection_left_out"
_BOXED = {"yes": True, "no": False}
_AGE_HELP = ("Counted in bands of five years: 40 and 60 are the ages 40 to 59, both handles on 40 are 40 to 44, and "
             f"{OLDEST} is the open end. With an age, films of unknown age are left out.")


def choose(chosen: Selection) -> None:
    """Put a selection into the widgets, before they are drawn."""
    for name, key in _KEYS.items():
        state[key] = getattr(chosen, name)
    state[_KEYS["age"]] = chosen.age or (0, OLDEST)
    state[_KEYS["follow_up"]] = chosen.follow_up or (0, MANY)
    state[_KEYS["boxed"]] = boxed_word(chosen.boxed) or None
    for name in ("sex", "view", "split"):
        state[_KEYS[name]] = getattr(chosen, name) or None
    for name in ("any_of", "all_of", "none_of"):
        state[_KEYS[name]] = list(getattr(chosen, name))


def choose_words(words: Mapping[str, str], there: Askable) -> None:
    """Put what words ask into the widgets; what this data set has not is left out, and said until another is asked."""
    chosen = from_address(words, there)
    choose(chosen)
    _note_left_out(words, chosen)


def said_left_out(asked: Selection) -> tuple[str, ...]:
    """What the selection that is looked at was asked for as well, and is not, for the data set has it not."""
    lost, selection = state.get(_LOST, ((), None))
    return lost if selection == asked else ()


def _note_left_out(words: Mapping[str, str], chosen: Selection) -> None:
    state[_LOST] = left_out(words, chosen), None  # said of the selection that the widgets make of it


def pick(picked: Picked | None) -> None:
    """Look at these films alone, of those that the filters leave; None takes that back."""
    state[_KEYS["picked"]] = picked


def chosen_films(summary: Summary, key: str, address: Mapping[str, str]) -> Selection:
    """Draw the filters in the sidebar, and return what they ask of a data set.

    The first time they ask what the address asks, or what they asked before the reader walked to another page. `key` is
    the data set's: of another one, what it cannot be asked is taken back.
    """
    there = Askable.of(summary)
    parts = there.parts
    if _KEYS["any_of"] not in state:
        asked = {name: word for name, word in address.items() if name in _KEYS}
        if asked:
            choose_words(asked, there)
        else:
            choose(state.get("selection_kept", Selection()))
    if state.setdefault("selection_of", key) != key or not _fits(summary):
        state["selection_of"] = key
        kept = state.get("selection_kept", Selection())
        choose(kept.within(summary))
        _note_left_out(to_address(kept), kept.within(summary))
    with st.container(key="filters"):
        for name, label in (("any_of", "Any of"), ("all_of", "All of"), ("none_of", "None of")):
            st.multiselect(label, summary.names, key=_KEYS[name], format_func=title_of, placeholder="any finding")
        age = st.slider("Age in years, from and under", 0, OLDEST, key=_KEYS["age"], step=BAND, help=_AGE_HELP)
        with st.container(horizontal=True):
            sex = _one_of("Sex", there.sexes, "sex", 72)
            view = _one_of("View", there.views[::-1], "view", 96)
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
    if _LOST in state and state[_LOST][1] is None:
        state[_LOST] = state[_LOST][0], asked
    return asked


def keep_address(words: Mapping[str, str]) -> None:
    """Put into the address what is said; what is empty is left out of it."""
    wanted = {name: word for name, word in words.items() if word}
    if dict(st.query_params) != wanted:
        st.query_params.from_dict(wanted)


def _one_of(label: str, values: Sequence[str], name: str, width: int | str) -> str | None:
    """A choice among values; nothing where there is none to choose among."""
    if not values:
        return None
    if len(values) > 4 or any(len(value) > 12 for value in values):
        return st.selectbox(label, values, key=_KEYS[name], index=None, placeholder="any")
    return st.segmented_control(label, values, key=_KEYS[name], width=width)


def _fits(summary: Summary) -> bool:
    return all(one in summary.names for name in ("any_of", "all_of", "none_of") for one in state[_KEYS[name]])
