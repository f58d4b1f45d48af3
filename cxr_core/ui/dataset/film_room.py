"""One film of a data set, large: its facts, what models said of it, and the way to Read and Compare."""

from __future__ import annotations

from html import escape

import numpy as np
import streamlit as st

from cxr_core.datasets.boxes import SIDE
from cxr_core.datasets.collection import Collection, film_bytes
from cxr_core.errors import CxrError
from cxr_core.findings import parse_labels, title_of
from cxr_core.imaging.age import age_in_words
from cxr_core.imaging.radiograph import Radiograph
from cxr_core.imaging.read import read_radiograph
from cxr_core.ui import film_page, films as session_films, stored
from cxr_core.ui.dataset.scores import scored_by, scores
from cxr_core.ui.dataset.source import Data
from cxr_core.ui.dataset.tiles import in_words
from cxr_core.ui.tables import html_table
from cxr_core.ui.viewer import Overlay, film_viewer, send_film

state = st.session_state


def opened(data: Data) -> int | None:
    """The place of the film that is open, None where none is; one of another data set is closed by that."""
    key, place = state.get("dataset_film") or ("", -1)
    if data.films is not None and key == data.key and 0 <= place < len(data.films):
        return place
    state["dataset_film"] = None
    return None


def open(data: Data, place: int | None) -> None:  # noqa: A001 - `film_room.open` reads as what it does
    """Open the film at a place in the next run; None closes."""
    state["dataset_film"] = None if place is None else (data.key, place)


def show(data: Data, place: int, places: np.ndarray) -> None:
    """The film at a place, with those before and after it in the order of the gallery."""
    _bar(data, place, places)
    try:
        film = _radiograph(data.key, place, data)
    except CxrError as problem:
        st.html(f'<div class="nothing"><h1>This film cannot be shown</h1><p>{escape(str(problem))}</p></div>')
        return
    with st.container(key="pixels"):
        send_film(film, key="film_pixels")
    with st.container(key="room"):
        left, right = st.columns([1.7, 1], gap="small")
        with left:
            boxes = data.films.index.table["boxes"].iloc[place]
            drawn = tuple(box.scaled(film.width / SIDE, film.height / SIDE) for box in boxes)
            film_viewer(film, Overlay(reference=drawn), key="dataset_viewer")
        with right:
            st.html(facts(data.films, place, film))
            st.html(_scores(data, place))


def facts(films: Collection, place: int, film: Radiograph) -> str:
    """HTML of all that the data set says of a film."""
    row = films.index.table.iloc[place]
    known = [
        ("Labels", in_words(row["labels"])), ("Film", row["image"]), ("Patient", row["patient"]),
        ("Age", age_in_words(row["age"]) if np.isfinite(row["age"]) else "unknown"), ("Sex", row["sex"]),
        ("View", row["view"]), ("Follow-up", str(row["follow_up"])), ("Part", row["split"]),
        ("Stored here", f"{film.width} x {film.height} px, {film.bits} bits, {film.format}"),
    ]
    if np.isfinite(width := float(row.get("original_width", np.nan))):
        known.append(("Original size", f"{width:.0f} x {row.get('original_height', np.nan):.0f} px"))
    if np.isfinite(spacing := float(row.get("spacing_mm", np.nan))):
        known.append(("Spacing", f"{spacing:.3f} mm a px"))
    if row["boxes"]:
        known.append(("Boxes by NIH", ", ".join(title_of(box.label) for box in row["boxes"])))
    rows = "".join(f"<tr><th>{head}</th><td>{escape(str(word))}</td></tr>" for head, word in known if word)
    return f'<table class="facts">{rows}</table>'


def _bar(data: Data, place: int, places: np.ndarray) -> None:
    found = np.flatnonzero(places == place)
    here = int(found[0]) if len(found) else -1

    def go(to: int | None) -> None:
        open(data, None if to is None else int(places[to]))

    with st.container(horizontal=True, vertical_alignment="center", key="film_bar"):
        st.button("All films", key="film_close", on_click=go, args=(None,), icon=":material/arrow_back:")
        st.button("Previous", key="film_back", on_click=go, args=(here - 1,), disabled=here <= 0)
        st.button("Next", key="film_on", on_click=go, args=(here + 1,), disabled=not -1 < here < len(places) - 1)
        number = f"{here + 1:,} of {len(places):,}" if here >= 0 else "not of this selection"
        st.html(f"<p class='paging'>{number}</p>", width="stretch")
        patient = data.films.index.table["patient"].iloc[place]
        st.button("Patient", key="film_patient", on_click=to_patient, args=(data, patient), disabled=not patient,
                  help="All films of this patient, in order" if patient else "Whose film this is, is not known")
        for label, page, kind in (("Read", "read", "primary"), ("Compare", "compare", "secondary")):
            if st.button(label, key=f"film_{page}", type=kind):
                _carry(data.films, place, page)


def to_patient(data: Data, patient: str) -> None:
    """Have the next run show all films of a patient."""
    state["patient_chosen"] = data.key, patient
    state["dataset_show"] = state["show_kept"] = "patients"
    open(data, None)


def _carry(films: Collection, place: int, page: str) -> None:
    """Take the film into the session, and go to a page with it and its finding."""
    try:
        session_films.take_film(films.index.table["image"].iloc[place], film_bytes(films, place))
    except CxrError as problem:
        st.error(str(problem))
        return
    film_page.go_to(page, finding=_finding(films, place))


def _finding(films: Collection, place: int) -> str:
    """What the gallery is sorted by the scores of; else the film's first label; empty where there is none."""
    labels = parse_labels(films.index.table["labels"].iloc[place])
    return state.get("films_how", ("",) * 3)[2] or next(iter(labels), "")


@st.cache_resource(scope="session", max_entries=3, show_spinner=False)
def _radiograph(key: str, place: int, _data: Data) -> Radiograph:
    return read_radiograph(film_bytes(_data.films, place))


def _scores(data: Data, place: int) -> str:
    """HTML of a film's stored scores beside its labels: of the model that the gallery is sorted by, or the first."""
    names = sorted(scored_by(data), key=lambda name: name != state.get("films_how", ("",) * 3)[1])
    model = next((name for name in names if np.isfinite(scores(data, name).probability[place]).any()), None)
    if model is None:
        return '<p class="said">No model has stored scores of this film. Read scores it.</p>'
    told = scores(data, model)
    labels = parse_labels(data.films.index.table["labels"].iloc[place])
    order = np.argsort(-told.probability[place])
    rows = [
        (title_of(told.findings[one]), f"{told.probability[place][one]:.1%}",
         "yes" if told.findings[one] in labels else "no") for one in order
    ]
    return f"<h2>{escape(stored.title(model))}</h2>" + html_table(["Finding", "Score", "Label"], rows)
