"""Below the findings of a film on Read: the films of a data set that this model holds to be most like it."""

from __future__ import annotations

import streamlit as st

from cxr_core.datasets.collection import film_bytes
from cxr_core.errors import CxrError
from cxr_core.models.registry import find_spec
from cxr_core.reading import Reading
from cxr_core.similar.neighbours import COUNT
from cxr_core.similar.vectors import Neighbours, is_made, made_by
from cxr_core.ui import film_page, films, resources
from cxr_core.ui.dataset import film_room, source
from cxr_core.ui.dataset.similar import show_neighbours
from cxr_core.ui.dataset.source import Data
from cxr_core.ui.dataset.vectors import load, made_at, origin_of

state = st.session_state
_GO = "like_go"  # the neighbour that was clicked: data set, place, and what was open on the Dataset page


@st.fragment
def show_like(reading: Reading) -> None:
    """A room that is closed at first; opened, the nearest films of a data set whose vectors are made."""
    _go(reading)
    room = st.expander("Films like this one", key="like", on_change="rerun")
    if not room.open:
        return
    with room:
        if reading.spec.members:
            _say("An ensemble has no feature maps of its own, by which films are compared: choose one of its members.")
            return
        names = _indexed(reading.spec.id)
        if not names:
            _say("No data set has been put through this model yet, whose films could be compared. Make its vectors "
                 f"once: python -m cxr_core data embed {reading.spec.id} --data DIR, or on the Dataset page, Map.")
            return
        if state.get("like_set") not in names:
            state["like_set"] = state.get("like_kept") if state.get("like_kept") in names else names[0]
        state["like_kept"] = st.selectbox("Among the films of", names, key="like_set", format_func=source.title,
                                          width=280)
        data = source.open_data(state["like_kept"])
        if data is None or data.films is None:
            return
        try:
            _show(reading, data)
        except CxrError as problem:
            st.warning(str(problem))


def _show(reading: Reading, data: Data) -> None:
    origin = origin_of(data, reading.spec.id)
    if not is_made(origin):
        _say("This data set has changed since its vectors were made. Make them again: python -m cxr_core data embed "
             f"{reading.spec.id} --data DIR.")
        return
    key = (reading.radiograph.sha256, origin.weights, origin.films, origin.pictures, made_at(origin))
    found, among = _nearest(key, reading, data)
    show_neighbours(data, found, on_open=lambda place: _mark(data, place))
    st.caption(f"The nearest of {among:,} films, every one compared, by the cosine between the means of the last "
               f"feature maps of {find_spec(reading.spec.id).title}. Whose film yours is, is not known here: other "
               "films of the same patient cannot be left out, and are near for being of one body. Similar films are no "
               "second opinion.")


@st.cache_resource(scope="session", max_entries=8, show_spinner="Comparing …")
def _nearest(key: tuple, _reading: Reading, _data: Data) -> tuple[Neighbours, int]:
    """The nearest films, and of how many; `key` says of which film by which vectors."""
    model = _reading.spec.id
    vectors = load(_data, origin_of(_data, model))
    vector = vectors.project(resources.classifier(model).embed(_reading.batch))[0]
    return vectors.nearest(vector, COUNT), len(vectors)


def _indexed(model: str) -> list[str]:
    """The data sets that lie here whose films have vectors by a model."""
    weights = resources.card_of(model).weights.sha256
    there = made_by(weights)
    return _sets_with(model, there, tuple(source.offered_names())) if there else []


# for a session: which labels a folder is opened with is chosen in it
@st.cache_resource(scope="session", max_entries=8, show_spinner="Looking for data sets …")
def _sets_with(model: str, there: tuple, names: tuple[str, ...]) -> list[str]:
    """Of the data sets those with vectors; asked again when vectors were made (`there`) or a data set came."""
    found = []
    for name in names:
        told = st.empty()  # a folder that cannot be read is told of on the Dataset page
        with told:
            data = source.open_data(name)
        told.empty()
        if data is not None and data.films is not None and is_made(origin_of(data, model)):
            found.append(name)
    return found


def _mark(data: Data, place: int) -> None:
    """Remember which neighbour was clicked: a page is left in a run, not in a click."""
    state[_GO] = data, place, state.get("dataset_film")
    film_room.open(data, None if film_room.opened(data) == place else place)  # the tiles run the page when this changes


def _go(reading: Reading) -> None:
    """Open the neighbour that was clicked, at the finding that was looked at."""
    if (asked := state.pop(_GO, None)) is None:
        return
    data, place, state["dataset_film"] = asked
    try:
        films.take_film(data.films.index.table["image"].iloc[place], film_bytes(data.films, place))
    except CxrError as problem:
        st.error(str(problem))
        return
    film_page.go_to("read", finding=state.get("finding_of", {}).get(reading.radiograph.sha256, ""))


def _say(words: str) -> None:
    st.caption(words)
