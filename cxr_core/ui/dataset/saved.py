"""Selections with a name: saved from what is selected now, listed, opened again, deleted."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

import streamlit as st

from cxr_core.datasets.counts import Selection
from cxr_core.datasets.picked import Picked
from cxr_core.datasets.saved_selections import (
    LONGEST, SavedSelection, delete_selection, save_selection, saved_selections,
)
from cxr_core.datasets.selection_words import Askable
from cxr_core.errors import CxrError
from cxr_core.similar.tensors import in_own_order, own_numbers
from cxr_core.ui.dataset.source import Data, films_digest
from cxr_core.ui.selection import choose_words, pick, to_address

state = st.session_state
_PROBLEM, _DOOMED = "saved_problem", "saved_doomed"


def show_saved(data: Data, asked: Selection, films: int) -> None:
    """A popover: a name for what is selected, and the selections there are; `films` are selected now."""
    with st.popover("Named selections", help="Keep what is selected under a name, and open it again."):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.text_input("Name", key="saved_name", max_chars=LONGEST, placeholder="Effusion, in bed")
            st.button(f"Keep {films:,} films", key="saved_keep", type="primary", on_click=_try,
                      args=(_keep, data, asked, films))
        if problem := state.pop(_PROBLEM, None):
            st.warning(problem)
        try:
            there = saved_selections()
        except CxrError as problem:
            st.warning(str(problem))
            return
        digest = films_digest(data)
        fitting = [one for one in there if one.fits(digest)]
        for number, one in enumerate(fitting):
            with st.container(horizontal=True, vertical_alignment="center", key=f"saved_{number}"):
                st.button(one.name, key=f"saved_open_{number}", on_click=_try, args=(_open, data, one),
                          help=_in_words(one))
                st.html(f"<p class='paging'>{one.count:,} films, {escape(one.saved[:10])}</p>", width="stretch")
                if state.get(_DOOMED) == one.name:
                    st.button("Delete for everyone", key=f"saved_sure_{number}", on_click=_try,
                              args=(_delete, one.name), type="primary")
                    st.button("Cancel", key=f"saved_spare_{number}", on_click=_doom, args=(None,), type="tertiary")
                else:
                    st.button("Delete", key=f"saved_delete_{number}", on_click=_doom, args=(one.name,),
                              type="tertiary")
        if not there:
            st.caption("None yet. They are kept on the server, for everyone who reads here.")
        if others := len(there) - len(fitting):
            st.caption(f"{others:,} more are of films picked in another data set.")


def _keep(data: Data, asked: Selection, films: int) -> None:
    picked = None
    if asked.picked is not None:
        picked = Picked.of(own_numbers(data.films.index)[asked.picked.places])
    save_selection(SavedSelection(state.get("saved_name") or "", films_digest(data), to_address(asked), picked, films))
    state["saved_name"] = ""


def _open(data: Data, told: SavedSelection) -> None:
    """Put a selection into the filters; what this data set cannot be asked is left out, and said."""
    choose_words(told.words, Askable.of(data.summary))
    if told.picked is not None:
        order, rows = in_own_order(data.films.index), told.picked.places
        pick(Picked.of(order[rows[rows < len(order)]]))


def _doom(name: str | None) -> None:
    """Ask before a selection is deleted, which is everyone's; None takes the question back."""
    state[_DOOMED] = name


def _delete(name: str) -> None:
    _doom(None)
    delete_selection(name)


def _try(act: Callable, *arguments: object) -> None:
    try:
        act(*arguments)
    except CxrError as problem:
        state[_PROBLEM] = str(problem)


def _in_words(told: SavedSelection) -> str:
    said = [f"{name.replace('_', ' ')}: {word}" for name, word in told.words.items()]
    if told.picked is not None:
        said.append(f"{len(told.picked):,} picked films")
    return "; ".join(said) or "all films"
