"""Below a film: the films most like it, and what they bear as labels beside its own."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

import streamlit as st

from cxr_core.errors import CxrError
from cxr_core.findings import title_of
from cxr_core.models.registry import find_spec
from cxr_core.similar.neighbours import COUNT, LabelCount, count_labels, find_similar
from cxr_core.similar.vectors import Neighbours
from cxr_core.ui.dataset import film_room
from cxr_core.ui.dataset.gallery import show_grid
from cxr_core.ui.dataset.source import Data
from cxr_core.ui.dataset.tiles import in_words
from cxr_core.ui.dataset.vectors import choose_embedder, vectors_of
from cxr_core.ui.tables import html_table

state = st.session_state
_ROWS = 7  # labels that are counted
_ITSELF = 0.999  # similarity from which a film from elsewhere is said to be one of these


def show_similar(data: Data, place: int) -> None:
    """The nearest neighbours of an open film, from stored vectors."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="similar_bar"):
        st.html("<h2>Films like this one</h2>", width="stretch")
        if way := _way(data, place):
            st.button("Back to the film before", key="similar_back", on_click=_back, args=(data, way))
        st.toggle("Other films of this patient too", key="similar_patient", persist_state="session",
                  help="They are near for being of one body, and say little of the finding. They are marked.")
        model = choose_embedder(data, "similar_model")
    if not model:
        st.html('<p class="none">No model with feature maps of its own is trained.</p>')
        return
    try:
        vectors = vectors_of(data, model)
    except CxrError as problem:
        st.warning(str(problem))
        return
    if vectors is None:
        return
    found = find_similar(data.films, vectors, place, same_patient=bool(state.get("similar_patient")))
    if found is None:
        st.html('<p class="none">This film could not be read when the vectors were made: it has none.</p>')
        return
    if not len(found):
        st.html('<p class="none">All other films are of this patient.</p>')
        return
    show_neighbours(data, found, place, on_open=lambda to: _walk(data, place, to))
    st.caption(f"The nearest of {len(vectors):,} films, every one compared, by the cosine between the means of the "
               f"last feature maps of {find_spec(model).title}. Alike to a network may be alike in view, build or "
               "exposure: similar films are no second opinion.")


def show_neighbours(
    data: Data, found: Neighbours, place: int | None = None, on_open: Callable[[int], None] | None = None
) -> None:
    """Neighbours of a film as tiles, their labels counted at the left; `place` is the film's, if it is one of these.

    Of a film from elsewhere, one that is all but equal is said to be likely the film itself.
    """
    left, right = st.columns([1, 2.6], gap="medium")
    with left:
        st.html(labels_table(count_labels(data.films, found.places, place), place is not None))
    with right:
        patients = data.films.index.table["patient"].to_numpy()
        own = patients[place] if place is not None else None
        marked = [int(one) for one in found.places if own and patients[one] == own]
        heads = [("Same patient: " if int(one) in marked else "") + in_words(data.films.index.table["labels"].iloc[one])
                 for one in found.places]
        itself = [place is None and one > _ITSELF for one in found.similarity]
        marked += [int(one) for one, same in zip(found.places, itself, strict=True) if same]
        notes = ["likely this film itself" if same else f"similarity {one:.3f}"
                 for one, same in zip(found.similarity, itself, strict=True)]
        show_grid(data, found.places, "similar_grid", heads=heads, notes=notes, marked=marked, in_a_row=True,
                  on_open=on_open)


def labels_table(told: list[LabelCount], has_own: bool) -> str:
    """HTML of labels among neighbours beside the film's own and those of all films."""
    near = f"of {told[0].neighbours if told else COUNT} like it"
    heads = ["Label", *(["this film"] if has_own else []), near, "of all"]
    rows = [
        (title_of(one.finding), *(["yes" if one.own else "no"] if has_own else []), str(one.films), f"{one.share:.0%}")
        for one in told[:_ROWS]
    ]
    said = f'<p class="key">{escape(told[0].in_words)}</p>' if told else ""
    return said + html_table(heads, rows, pale=[not one.films for one in told[:_ROWS]])


def _walk(data: Data, place: int, to: int) -> None:
    """Open a neighbour, and remember whose it is."""
    state["similar_way"] = data.key, (*_way(data, place), place), to
    film_room.open(data, to)


def _way(data: Data, place: int) -> tuple[int, ...]:
    """The films that were walked through, each a neighbour of the last, to this one; none where there was no walk."""
    key, way, at = state.get("similar_way", ("", (), -1))
    return way if (key, at) == (data.key, place) else ()


def _back(data: Data, way: tuple[int, ...]) -> None:
    state["similar_way"] = data.key, way[:-1], way[-1]
    film_room.open(data, way[-1])
