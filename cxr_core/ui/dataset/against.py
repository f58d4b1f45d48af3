"""What the selected films are compared with: the rest, a part, a named selection, another data set, or counts alone."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path

import numpy as np
import streamlit as st

from cxr_core.datasets.counts import Selection
from cxr_core.datasets.groups import Group
from cxr_core.datasets.picked import Picked
from cxr_core.datasets.saved_selections import SavedSelection, saved_selections
from cxr_core.datasets.selection_words import Askable, from_address, values_of
from cxr_core.datasets.summary import SAMPLE, Summary, load_summary
from cxr_core.errors import CxrError
from cxr_core.similar.tensors import in_own_order
from cxr_core.ui.dataset import folder_state, source
from cxr_core.ui.dataset.source import Data, films_digest

state = st.session_state
REST, FOLDER = "rest", "folder"
_COUNTED = {"counts all": "NIH, all (counts)", "counts sample": "NIH, 5% sample (counts)"}


@dataclass(frozen=True)
class Against:
    """The other side: `films` of a data set, or where it has none the `summary` of which the `kinds` are meant.

    `key` says which, and changes when it does.
    """

    key: tuple
    films: Group | None
    summary: Summary
    kinds: np.ndarray | None = None


def choose_against(data: Data, asked: Selection) -> Against | None:
    """Draw the choice; None, said in words, where there is nothing yet or it cannot be had."""
    saved = {f"saved {one.name}": one for one in _saved(data)}
    choices = _choices(data, saved)
    if state.get("shift_with") not in choices:
        state["shift_with"] = state.get("shift_kept") if state.get("shift_kept") in choices else REST
    with st.container(horizontal=True, vertical_alignment="bottom", key="doubt_bar"):
        chosen = st.selectbox("The selected films against", list(choices), key="shift_with", width=280,
                              format_func=choices.get)
        if chosen == FOLDER:
            if "shift_folder" not in state:
                state["shift_folder"] = state.get("shift_typed", "")
            state["shift_typed"] = st.text_input(
                "Folder or table on this server", key="shift_folder", placeholder="/data/chestxray14", width=420,
                help="As on the left. Its films need not be there: a table tells all but how they look.",
            ).strip()
    state["shift_kept"] = chosen
    try:
        if chosen in _COUNTED:
            return Against((chosen,), None, _counted(chosen))
        if chosen in saved:
            return _of(data, _selection(data, saved[chosen]), chosen)
        if chosen.startswith("part "):
            return _of(data, Selection(split=chosen.removeprefix("part ")), chosen)
        if chosen == REST:
            return _rest(data, asked)
        other = _folder(state["shift_typed"]) if chosen == FOLDER else source.open_data(chosen.removeprefix("set "))
    except CxrError as problem:
        st.html(f'<p class="none">{escape(str(problem))}</p>')
        return None
    if other is None or other.films is None:
        return None
    return Against((chosen, other.key), Group(other.films, np.arange(len(other.films))), other.summary)


def _choices(data: Data, saved: Mapping[str, SavedSelection]) -> dict[str, str]:
    """What may be chosen, and how a reader knows it."""
    told = {REST: "the films not selected"}
    told |= {f"part {part}": f"part {part}" for part in values_of(data.summary, "split")}
    told |= {key: f"selection {one.name!r}" for key, one in saved.items()}
    told |= {f"set {name}": source.title(name) for name in source.offered_names() if name != data.name}
    told |= {key: title for key, title in _COUNTED.items() if data.films is not None or key != "counts all"}
    return told | {FOLDER: "Another folder or table …"}


def _of(data: Data, asked: Selection, chosen: str) -> Against:
    """Other films of the same data set."""
    key = (chosen, data.key, asked)
    if data.films is None:
        return Against(key, None, data.summary, asked.kinds(data.summary))
    return Against(key, Group(data.films, data.films.places(asked)), data.summary)


def _rest(data: Data, asked: Selection) -> Against | None:
    """The films that are not selected; None, said in words, where all are."""
    key, kinds = (REST, data.key, asked), asked.kinds(data.summary)
    rest = None if data.films is None else np.setdiff1d(np.arange(len(data.films)), data.films.places(asked))
    if kinds.all() if rest is None else not len(rest):
        st.html('<p class="none">All films are selected: none is left to hold them against. Filter on the left, or '
                "choose another group above.</p>")
        return None
    if rest is None:
        return Against(key, None, data.summary, ~kinds)
    return Against(key, Group(data.films, rest), data.summary)


def _saved(data: Data) -> list[SavedSelection]:
    """The named selections that this data set can be asked; those of picked films need films."""
    try:
        digest = films_digest(data)
        return [one for one in saved_selections() if one.fits(digest) and (one.picked is None or data.films)]
    except CxrError:
        return []  # it is said where they are kept


def _selection(data: Data, told: SavedSelection) -> Selection:
    asked = from_address(told.words, Askable.of(data.summary))
    if told.picked is None:
        return asked
    order, rows = in_own_order(data.films.index), told.picked.places
    return replace(asked, picked=Picked.of(order[rows[rows < len(order)]]))


def _folder(typed: str) -> Data | None:
    """The data set that was typed, its table alone where its films are not there; None while there is none."""
    if not typed:
        st.html('<p class="none">Type the path of a folder or of a table on this server.</p>')
        return None
    films, key = folder_state.opened(Path(os.path.expanduser(typed)), need_films=False)
    return Data(source.OTHER, key, films.summary, films)


@st.cache_resource
def _counted(name: str) -> Summary:
    return load_summary(SAMPLE) if name == "counts sample" else source.shipped()
