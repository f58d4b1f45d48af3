"""Films of a data set as a list, a page at a time, each with what it is called and a way to the pages of one film."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import numpy as np
import streamlit as st

from cxr_core.datasets.folder import data_folder
from cxr_core.datasets.locate import MISSING, FilmsAtHand, films_at_hand
from cxr_core.errors import CxrError
from cxr_core.evaluation.results import Results
from cxr_core.findings import title_of
from cxr_core.imaging.age import age_in_words
from cxr_core.imaging.read import load_bytes, read_radiograph
from cxr_core.ui import film_page, films, resources
from cxr_core.ui.pictures import inline_picture, thumbnail

state = st.session_state
AT_ONCE = 8  # films on a page of the list
_WIDTHS = (7, 1, 1)  # of a row, and of the ways to its film
_ANOTHER = "by another model: the one that made these scores is not here"


@dataclass(frozen=True)
class Listed:
    """A film of the list: who it is of, what it is said to show, and what the model says."""

    image: str
    path: str
    about: str
    labels: str
    scores: str


def about(results: Results, place: int) -> tuple[str, str]:
    """Patient, age, sex and view of a film, and its labels, in words."""
    row = results.films.iloc[place]
    known = [f"patient {row['patient']}" if str(row["patient"]) else "", _age(row["age"]), row["sex"], row["view"]]
    labels = [title_of(key) for key, label in zip(results.findings, results.labels[place], strict=True) if label == 1]
    return " · ".join(one for one in known if one), ", ".join(labels) or "none of these findings"


def show_films(
    listed: Sequence[Listed], total: int, key: str, model_id: str | None, finding: str = "", *, scores: str = "Score"
) -> None:
    """The page of the list, and below it its pages; `listed` are the films of this page, of `total`.

    `scores` heads the last column, what the model says; the labels beside it are what the data set says.

    `key` names the list: another list begins at its first page. Films of results whose model is not here (`model_id`
    None) are read by the model that the page of one film chooses.
    """
    by, nobody = "" if model_id else f", {_ANOTHER}", not resources.trained_models()
    folders = [_at_hand(*map(str, place)) for place in _places()]
    files = [next((file for films in folders if (file := films.find(one.image, one.path))), None) for one in listed]
    if not any(files):
        st.caption(f"{MISSING} Or open their folder on the Dataset page.")
    with st.container(key=f"films_{key}"):
        st.columns(_WIDTHS, gap="small")[0].html(_heads(scores))
        for place, (one, file) in enumerate(zip(listed, files, strict=True)):
            row, read, compare = st.columns(_WIDTHS, vertical_alignment="center", gap="small")
            row.html(_row(one, file))
            if file is None:
                continue
            if read.button("Open in Read", key=f"open_{key}_{place}", type="tertiary", disabled=nobody,
                           help=f"Read {one.image} on the Read page{by}"):
                _open(one.image, file, "read", model_id, finding)
            if compare.button("Compare", key=f"compare_{key}_{place}", type="tertiary", disabled=nobody,
                              help=f"What the models look at in {one.image}, side by side{by}"):
                _open(one.image, file, "compare", model_id, finding)
    if total > AT_ONCE:
        st.pagination(-(-total // AT_ONCE), key=f"{key} page")


def page_of(key: str, total: int) -> slice:
    """Which films of the list its page shows."""
    page = min(int(state.get(f"{key} page") or 1), max(1, -(-total // AT_ONCE)))
    return slice((page - 1) * AT_ONCE, page * AT_ONCE)


def _open(image: str, file: Path, page: str, model_id: str | None, finding: str) -> None:
    try:
        films.open_film(file, image)
    except CxrError as problem:
        st.error(str(problem))
        return
    film_page.go_to(page, finding=finding, model_id=model_id)


def _places() -> list[tuple[Path | str, Path | str]]:
    """Where films may lie: the data folder, what the Dataset page opened; and of a table, where its films are."""
    typed, films = (Path(os.path.expanduser(state.get(key) or "")) for key in ("dataset_typed", "dataset_films_typed"))
    return [(data_folder(), ""), *([(typed, films if films.is_absolute() else "")] if typed.is_absolute() else [])]


@st.cache_resource(max_entries=4, ttl=60, show_spinner="Looking for the films …")  # they may come meanwhile
def _at_hand(folder: str, films: str) -> FilmsAtHand:
    try:
        return films_at_hand(Path(folder), Path(films) if films else None)
    except (OSError, ValueError):  # a folder that may not be looked at, or no path at all: the Dataset page says why
        return FilmsAtHand()


@st.cache_data(scope="session", max_entries=128, show_spinner=False)
def _picture(file: str) -> str:
    try:
        return inline_picture(thumbnail(read_radiograph(load_bytes(Path(file))), 72), "")
    except (CxrError, OSError):
        return ""


def _heads(scores: str) -> str:
    return (f"<div class='film-heads'><span></span><span>Film</span><span>Patient</span><span>Labels</span>"
            f"<span class='scores'>{escape(scores)}</span></div>")


def _row(one: Listed, file: Path | None) -> str:
    picture = _picture(str(file)) if file is not None else ""
    return (f'<div class="film-row"><div class="thumb">{picture}</div><b>{escape(one.image)}</b>'
            f"<span>{escape(one.about)}</span><span>{escape(one.labels)}</span>"
            f'<span class="scores">{escape(one.scores)}</span></div>')


def _age(value: float) -> str:
    return age_in_words(value) if np.isfinite(value) else ""
