"""The head of the Dataset page: what is looked at, how much of it is selected, and the five ways to look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import streamlit as st

from cxr_core.datasets.counts import Counts, Selection
from cxr_core.datasets.selection_words import to_link
from cxr_core.datasets.subset import films_csv
from cxr_core.ui.dataset import film_room, link, source
from cxr_core.ui.dataset.counts import as_csv, show_counts, show_sizes
from cxr_core.ui.dataset.film_map import show_map
from cxr_core.ui.dataset.gallery import show_films
from cxr_core.ui.dataset.patients import show_patients
from cxr_core.ui.dataset.saved import show_saved
from cxr_core.ui.dataset.similar import show_similar
from cxr_core.ui.dataset.source import Data
from cxr_core.ui.dataset.trouble import show_apart, show_trouble
from cxr_core.ui.dataset.weighted import show_weighted
from cxr_core.ui.selection import said_left_out

state = st.session_state
VIEWS = {"counts": "Counts", "films": "Films", "patients": "Patients", "map": "Map", "trouble": "Trouble"}


def title(told: Sequence[str], warned: Sequence[str] = ()) -> None:
    """The page's name and who and what is looked at; what is `warned` of stands out."""
    with st.container(horizontal=True, vertical_alignment="center", key="bar"):
        st.html("<h1 class='page'>Dataset</h1>", width="content")
        chips = "".join(f"<span class='warned'>{escape(one)}</span>" for one in warned)
        chips += "".join(f"<span>{escape(one)}</span>" for one in told)
        st.html(f'<div class="chips">{chips}</div>', width="stretch")


def head(data: Data, address: Mapping[str, str], asked: Selection, selected: Counts, whole: Counts) -> str:
    """What is looked at and the way to look, which is returned; nothing above a film, which takes the whole room."""
    if film_room.opened(data) is not None and state.get("show_kept", "counts") != "counts":
        return state["show_kept"]
    lost = said_left_out(asked)
    warned = [*link.warned(data), *source.warned(data), *([f"left out: {', '.join(lost)}"] if lost else [])]
    title(source.chips(data), warned)
    return views(data, address, asked, selected, whole)


def views(data: Data, address: Mapping[str, str], asked: Selection, selected: Counts, whole: Counts) -> str:
    """Which way to look, beside how many films are selected."""
    if "dataset_show" not in state:
        wished = address.get("show") or state.get("show_kept", "counts")
        state["dataset_show"] = wished if wished in VIEWS else "counts"
    with st.container(horizontal=True, vertical_alignment="center", key="selected"):
        show = st.segmented_control("Look at", list(VIEWS), key="dataset_show", format_func=VIEWS.get, required=True,
                                    label_visibility="collapsed", width="content")
        share = selected.films / whole.films if whole.films else 0
        told = f"<b>{selected.films:,}</b> films selected, {share:.1%} of all"
        st.html(f"<p class='selected'>{told}</p>", width="stretch")
        show_saved(data, asked, selected.films)
        if data.films is not None and selected.films:
            st.download_button("Films as CSV", lambda: films_csv(data.films, data.films.places(asked)), _name(asked),
                               "text/csv", on_click="ignore", help="The selected films with their labels and boxes, as "
                               "train and evaluate take them: --only FILE, or --data FILE where their films lie")
        st.download_button("Counts as CSV", lambda: as_csv(selected, whole), "counts.csv", "text/csv",
                           on_click="ignore")
    state["show_kept"] = show
    return show


def address_of(show: str) -> dict[str, str]:
    """The way to look in words for the page's address; who was chosen has no place in it."""
    return {"show": "" if show == "counts" else show}


def _name(asked: Selection) -> str:
    """A file name that says what was selected."""
    words = "-".join(f"{name}-{word}" for name, word in to_link(asked).items()) or "all"
    return f"films-{''.join(one if one.isalnum() or one in '-_' else '-' for one in words)[:80]}.csv"


def show(view: str, data: Data, asked: Selection, selected: Counts, whole: Counts) -> None:
    """The chosen view of a selection that has films."""
    if view == "counts":
        show_counts(selected, whole, asked, of_nih=bool(data.summary.label_version))
        show_weighted(data, asked)
        if data.films is not None:
            show_sizes(data.films, asked)
    elif data.films is None and view == "trouble":
        show_apart(data, asked)
    elif data.films is None:
        st.html('<div class="nothing"><h1>These are counts alone</h1><p>The counts of all NIH films ship with the app, '
                "the films do not. On the left, choose a data set that lies on this server: NIH ChestX-ray14 or its 5% "
                "sample as downloaded, CoronaHack, COVID-19 films, or TFRecords.</p></div>")
    elif view == "films":
        show_films(data, asked)
    elif view == "patients":
        show_patients(data, asked)
    elif view == "map":
        show_map(data, asked)
    else:
        show_trouble(data, asked)
    if view != "counts" and data.films is not None and (place := film_room.opened(data)) is not None:
        show_similar(data, place)
