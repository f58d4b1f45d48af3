"""The films of a selection, 24 a page, in an order that the reader chooses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from uuid import uuid4

import numpy as np
import streamlit as st

from cxr_core.datasets.counts import Selection
from cxr_core.datasets.scored import BY_SCORE, ORDERS, FilmScores, order_films
from cxr_core.findings import title_of
from cxr_core.ui import stored
from cxr_core.ui.dataset import film_room
from cxr_core.ui.dataset.scores import choose_finding, choose_model, scored_by, scores
from cxr_core.ui.dataset.source import Data
from cxr_core.ui.dataset.thumbnails import LIMIT, thumbnails
from cxr_core.ui.dataset.tiles import ask_pictures, tiles_of
from cxr_core.ui.film_grid import film_grid

state = st.session_state
PAGE = 24
_POLL = 0.5  # s between two looks at what the threads have made
_PATIENCE = 0.4  # s to wait for pictures before the page is drawn without them
_ABOUT_SCORES = (
    "Labels of NIH are text-mined: over 90% right by their authors' estimate, doubted by radiologists. A film whose "
    "label and score disagree is one for a second look, not a fault of either."
)


def show_films(data: Data, asked: Selection) -> None:
    """The gallery, or the film that was opened from it."""
    opened = film_room.opened(data)
    if opened is not None:
        order, model, finding = state.get("films_how", (next(iter(ORDERS)), "", ""))
        film_room.show(data, opened, _ordered(data.key, asked, order, model, _scores_digest(model), finding, data))
        return
    with st.container(horizontal=True, vertical_alignment="bottom", key="gallery_bar"):
        order, model, finding = state["films_how"] = _choose_order(scored_by(data), asked)
        bar = st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="right", width="stretch")
    places = _ordered(data.key, asked, order, model, _scores_digest(model), finding, data)
    if not len(places):
        st.html('<p class="none">No film of this selection has a stored score of this finding. Take a filter back, or '
                "choose another order.</p>")
        return
    number = _page(bar, len(places), (data.key, asked, order, model, finding))
    told = scores(data, model) if model else None
    show_grid(data, places[number * PAGE:(number + 1) * PAGE], "films_grid", told, finding)
    if order in BY_SCORE:
        st.caption(f"{len(places):,} films of the selection have a stored score of {title_of(finding)}. "
                   f"{_ABOUT_SCORES}")
    else:
        readers = "NIH's readers" if data.summary.label_version else "readers"  # a table may have boxes of its own
        st.caption(f"Below the labels: age and sex, view, follow-up number. Dashed: boxes drawn by {readers}. "
                   f"Pictures are kept in memory, at most {LIMIT // 2**20} MB.")


def show_grid(
    data: Data, shown: np.ndarray, key: str, told: FilmScores | None = None, finding: str = "",
    heads: Sequence[str] = (), in_a_row: bool = False, notes: Sequence[str] = (), marked: Sequence[int] = (),
    on_open: Callable[[int], None] | None = None,
) -> None:
    """Tiles of a few films; a click opens one. Pictures that are being made appear as they are done.

    `heads` stand in the stead of labels, `notes` in that of scores, one a film; `marked` are places.
    A film is opened by `on_open`, which gets its place, in the stead of `film_room.open`.
    """
    before, choose = film_room.opened(data), on_open or partial(film_room.open, data)
    asker = state.setdefault("gallery_session", uuid4().hex), key
    keys = ask_pictures(thumbnails(), data, shown, asker)
    waiting = state[f"{key}_waits"] = not thumbnails().wait(keys, _PATIENCE)

    def draw() -> None:
        tiles = tiles_of(thumbnails(), data, shown, told, finding, marked, heads, notes)
        film_grid(tiles, key=key, on_choose=lambda place: choose(int(place)), in_a_row=in_a_row)
        if film_room.opened(data) != before:
            st.rerun()
        if state[f"{key}_waits"] and thumbnails().wait(ask_pictures(thumbnails(), data, shown, asker), 0):
            st.rerun()  # once, so that the fragment stops asking

    st.fragment(draw, run_every=_POLL if waiting else None)()


def _choose_order(models: list[str], asked: Selection) -> tuple[str, str, str]:
    orders = [order for order in ORDERS if models or order not in BY_SCORE]
    if state.get("films_order") not in orders:
        state["films_order"] = state.get("films_order_kept") if state.get("films_order_kept") in orders else orders[0]
    order = state["films_order_kept"] = st.selectbox("Sorted by", orders, key="films_order", format_func=ORDERS.get,
                                                     width=250)
    if order not in BY_SCORE:
        return order, "", ""
    model = choose_model(models, "films_model")
    return order, model, choose_finding(stored.whole(model).findings, "films_finding", (*asked.any_of, *asked.all_of))


@st.cache_resource(scope="session", max_entries=4, show_spinner=False)
def _ordered(  # `digest` says of which scores of the model
    key: str, asked: Selection, order: str, model: str, digest: str, finding: str, _data: Data  # noqa: ARG001
) -> np.ndarray:
    """The places of the films of a selection, in an order."""
    told = scores(_data, model) if model else None
    return order_films(_data.films.index, _data.films.places(asked), order, told, finding)


def _scores_digest(model: str) -> str:
    return stored.digest(model) if model else ""


def _page(bar: st.delta_generator.DeltaGenerator, films: int, what: tuple) -> int:
    """The page that is shown, 0 first; another selection or order begins anew."""
    pages = -(-films // PAGE)
    if state.get("films_of") != what:
        state["films_of"], state["films_page"] = what, 0
    number = min(state["films_page"], pages - 1)

    def turn(by: int) -> None:
        state["films_page"] = min(max(number + by, 0), pages - 1)

    with bar:
        first, last = number * PAGE + 1, min((number + 1) * PAGE, films)
        st.html(f"<p class='paging'>{first:,} to {last:,} of {films:,}</p>", width="content")
        st.button("Previous", key="films_back", on_click=turn, args=(-1,), disabled=number == 0)
        st.button("Next", key="films_on", on_click=turn, args=(1,), disabled=number == pages - 1)
    return number
