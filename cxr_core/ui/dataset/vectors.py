"""The vectors of the films that are looked at: made beside the page when a reader asks, and loaded once."""

from __future__ import annotations

from functools import partial

import streamlit as st

from cxr_core.datasets.collection import film_bytes
from cxr_core.models.registry import find_spec
from cxr_core.similar.embed import PART, Embedded, embed_films
from cxr_core.similar.layout import Layout, lay_out_and_keep, load_layout
from cxr_core.similar.tensors import Origin, digest_pictures
from cxr_core.similar.vectors import FilmVectors, is_made, load_vectors
from cxr_core.similar import layout, vectors as on_disk
from cxr_core.ui import resources
from cxr_core.ui.dataset import work
from cxr_core.ui.dataset.source import Data, films_digest

state = st.session_state
_KEPT = "vectors_model"


def choose_embedder(data: Data, key: str) -> str:
    """Draw a choice among the models that have vectors of their own; those with an index come first."""
    names = [name for name in resources.trained_models() if not find_spec(name).members]
    names.sort(key=lambda name: not is_made(origin_of(data, name)))
    if not names:
        return ""
    if state.get(key) not in names:
        state[key] = state.get(_KEPT) if state.get(_KEPT) in names else names[0]
    chosen = st.selectbox("Similar according to", names, key=key, width=resources.MODEL_WIDTH,
                          format_func=lambda name: find_spec(name).title)
    state[_KEPT] = chosen
    return chosen


def origin_of(data: Data, model: str) -> Origin:
    """What vectors of these films by this model are known by."""
    return Origin(model, resources.card_of(model).weights.sha256, films_digest(data), _pictures(data.key, data))


@st.cache_resource(max_entries=8, show_spinner=False)
def _pictures(key: str, _data: Data) -> str:
    return digest_pictures(_data.films.index, partial(film_bytes, _data.films))


def vectors_of(data: Data, model: str) -> FilmVectors | None:
    """The stored vectors; None where they are not made yet: then that is said, with a way to make them."""
    origin = origin_of(data, model)
    if not is_made(origin):
        _offer(data, model, origin)
        return None
    return load(data, origin)


def load(data: Data, origin: Origin) -> FilmVectors:
    """The vectors that are made. Those of one set and model are kept: of 112,120 films they are 230 MB."""
    wanted, kept = (data.key, origin, made_at(origin)), _kept_vectors()
    if kept.get("of") != wanted:
        kept["of"] = wanted
        _vectors.clear()  # before the next are read, not after it
    return _vectors(*wanted, data)


def made_at(origin: Origin) -> int:
    """When the vectors were made: they may be made anew."""
    return (origin.folder / on_disk.FILE).stat().st_mtime_ns


@st.cache_resource
def _kept_vectors() -> dict[str, tuple]:
    return {}


def layout_of(data: Data, model: str, told: FilmVectors) -> Layout | None:
    """The stored map; None while it is made: then that is said."""
    file = told.origin.folder / layout.FILE
    changed = file.stat().st_mtime_ns if file.is_file() else 0
    made = _layout(data.key, told.origin, changed, data)
    if made is not None and changed >= made_at(told.origin):
        return made
    key = ("map", data.key, told.origin, made_at(told.origin))
    doing = work.begun(key)
    if doing is not None and doing.problem:
        st.warning(doing.problem)
    if doing is None or doing.problem:
        films = min(len(told), layout.MOST)
        others = ""
        if len(told) > films:
            others = f" The other {len(told) - films:,} are placed among those they are most like."
        _ask("Draw the map?", f"{films:,} films are laid out by PCA and t-SNE, so that like ones lie near each other."
             f"{others} It takes about half a minute on a quiet machine, once: the map is kept.", "Draw the map",
             "map_begin",
             lambda: work.begin(key, partial(lay_out_and_keep, data.films.index, told)))
        return None
    doing.wait(0.5)
    if not doing.is_done:
        work.show_progress(doing, "The map is being drawn", "map")
        return None
    return doing.made


def _offer(data: Data, model: str, origin: Origin) -> None:
    """Say that there are no vectors yet, and make them when asked."""
    key = ("vectors", data.key, origin)
    doing = work.begun(key)
    if doing is not None and not doing.is_done:
        work.show_progress(doing, "Films looked at", "vectors")
        return
    if doing is not None and doing.problem:
        st.warning(doing.problem)
    begun = any((origin.folder / "parts").glob("*.safetensors"))
    again = " Some were made before: it goes on from there." if begun else ""
    if origin.has_namesakes:
        again += (" There are vectors of films of the same names, but they are of other pictures, reduced or cropped "
                  "ones perhaps: they are not used.")

    def make(on_step: work.OnStep) -> Embedded:
        on_step(0, len(data.films))
        return embed_films(data.films.index, partial(film_bytes, data.films), resources.classifier(model), on_step)

    _ask("Which films does this model hold to be alike?", f"{find_spec(model).title} has not seen these "
         f"{len(data.films):,} films yet. Each is put through it once, beside the page; only the vectors are kept, in "
         f"your own folder. What is stopped is gone on with, {PART} films at a time.{again}",
         "Go on" if begun else "Look at all films", "vectors_begin", lambda: work.begin(key, make))


def _ask(head: str, words: str, label: str, key: str, begin: object) -> None:
    st.html(f'<div class="nothing closer"><h1>{head}</h1><p>{words}</p></div>')
    with st.container(horizontal_alignment="center"):
        st.button(label, type="primary", key=key, on_click=begin)


@st.cache_resource(max_entries=1, show_spinner="Reading the vectors …")
def _vectors(key: str, origin: Origin, changed: int, _data: Data) -> FilmVectors:
    return load_vectors(_data.films.index, origin)


@st.cache_resource(max_entries=4, show_spinner=False)
def _layout(key: str, origin: Origin, changed: int, _data: Data) -> Layout | None:
    return load_layout(_data.films.index, origin)
