"""The films of a data set laid out in two dimensions, like ones near each other; a lasso selects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import streamlit as st

from cxr_core.datasets.counts import Selection
from cxr_core.datasets.picked import Picked
from cxr_core.errors import CxrError
from cxr_core.findings import title_of
from cxr_core.render.map_figure import draw_map
from cxr_core.similar.layout import Layout, choose_dots, inside
from cxr_core.ui import stored
from cxr_core.ui.dataset import film_room
from cxr_core.ui.dataset.gallery import PAGE, show_grid
from cxr_core.ui.dataset.scores import choose_finding, choose_model, scored_by, scores
from cxr_core.ui.dataset.source import Data
from cxr_core.ui.dataset.tiles import in_words, who
from cxr_core.ui.dataset.vectors import choose_embedder, layout_of, vectors_of
from cxr_core.ui.selection import pick

state = st.session_state
_CONFIG = {"displaylogo": False, "scrollZoom": True, "displayModeBar": True,
           "modeBarButtons": [["lasso2d", "select2d", "pan2d", "resetScale2d"]]}
_UNKNOWN = "unknown"
_BESIDE = 1000  # dots of picked films beside those that are drawn anyway


def show_map(data: Data, asked: Selection) -> None:
    """The map, and the films that were picked on it; or the film that was opened."""
    opened = film_room.opened(data)
    if opened is not None:
        film_room.show(data, opened, data.films.places(asked))
        return
    with st.container(horizontal=True, vertical_alignment="bottom", key="map_bar"):
        model = choose_embedder(data, "map_model")
        chosen = _choose_colour(data, asked)
    if not model:
        st.html('<p class="none">No model with feature maps of its own is trained.</p>')
        return
    try:
        vectors = vectors_of(data, model)
        laid = None if vectors is None else layout_of(data, model, vectors)
    except CxrError as problem:
        st.warning(str(problem))
        return
    if laid is not None:
        _draw(data, asked, laid, chosen)


def _choose_colour(data: Data, asked: Selection) -> tuple[str, str, str]:
    """By what dots are coloured: a kind, and for a score its model, for a finding or a score the finding."""
    table, models = data.films.index.table, scored_by(data)
    kinds = {"finding": "A finding", "view": "View", "split": "Part", "sex": "Sex", "age": "Age",
             "source_width": "Width of the source", "original_width": "Width as taken", "score": "A model's score"}
    known = [kind for kind in kinds if (kind == "finding" and data.summary.findings) or (
        kind == "score" and models) or (
        kind in table and table[kind].astype(str).str.strip().replace("nan", "").nunique() > 1)]
    if not known:
        return "", "", ""
    if state.get("map_colour") not in known:
        state["map_colour"] = state.get("map_colour_kept") if state.get("map_colour_kept") in known else known[0]
    kind = state["map_colour_kept"] = st.selectbox("Coloured by", known, key="map_colour", format_func=kinds.get,
                                                   width=180)
    model = choose_model(models, "map_scores", "Score of") if kind == "score" else ""
    finding = ""
    if kind in ("finding", "score"):
        findings = stored.whole(model).findings if model else data.summary.findings
        finding = choose_finding(tuple(findings), "map_finding", (*asked.any_of, *asked.all_of))
    return kind, model, finding


def _draw(data: Data, asked: Selection, laid: Layout, chosen: tuple[str, str, str]) -> None:
    wanted = np.isin(laid.places, data.films.places(replace(asked, picked=None)))
    picked = None if asked.picked is None else np.isin(laid.places, asked.picked.places)
    dots = choose_dots(laid, wanted)
    if picked is not None:  # some of them beside: a lasso takes films that were not drawn
        dots = np.union1d(dots, np.setdiff1d(np.flatnonzero(picked & wanted), dots)[:_BESIDE])
    places = laid.places[dots]
    values, title, form = _values(data, places, *chosen)
    words = _words(data.key, places.tobytes(), data, places)
    figure = draw_map(places, laid.xy[dots], values, words, wanted[dots], title,
                      None if picked is None else picked[dots], form)
    key = _key(asked)
    if not wanted.any():
        st.warning("No dot is of the selected films: none of them could be read when the vectors were made.")
    st.plotly_chart(figure, key=key, config=_CONFIG, on_select=lambda: _take(key, laid, wanted),
                    selection_mode=("lasso", "box"))
    st.caption(f"{_drawn(laid, wanted, dots)}; {laid.method}. Films that the model holds to be alike lie near each "
               "other. Distances between groups, their sizes and shapes mean nothing: do not measure them. A lasso "
               "around films selects them.")
    if picked is not None and len(places := data.films.places(asked)):
        st.html(f"<h2>{len(places):,} picked films</h2>")
        show_grid(data, places[:PAGE], "map_grid")
        if len(places) > PAGE:
            st.caption(f"The first {PAGE}; Films shows all of them, Counts counts them.")


def _drawn(laid: Layout, wanted: np.ndarray, dots: np.ndarray) -> str:
    """How many films have a dot, and what of those that have none."""
    if len(dots) == len(laid):
        return f"All {len(laid):,} films"
    there, selected = int(wanted[dots].sum()), int(wanted.sum())
    which = f"the {selected:,} selected ones and others" if there == selected else f"{there:,} of the selected ones"
    if wanted.all():
        which = "drawn by chance"
    return (f"{len(dots):,} of {len(laid):,} films have a dot, {which}; a lasso takes those without one too. "
            f"{int(laid.laid.sum()):,} were laid out, each other one lies among the five of them that it is most like")


def _values(data: Data, places: np.ndarray, kind: str, model: str, finding: str) -> tuple[np.ndarray, str, str]:
    """What dots are coloured by, its name, and the form of its numbers."""
    table = data.films.index.table.iloc[places]
    if not kind:  # films that differ in nothing that is known
        return np.full(len(places), title_of(data.summary.none)), "", ""
    if kind == "finding":
        bits = data.films.traits["findings"].to_numpy()[places]
        bears = (bits >> data.summary.findings.index(finding) & 1).astype(bool)
        return np.where(bears, title_of(finding), f"without {title_of(finding)}"), "", ""
    if kind == "score":
        return scores(data, model).of(finding)[places].astype(float), title_of(finding), ".0%"
    if kind in ("age", "source_width", "original_width") and (numbers := table[kind].to_numpy(float)).size:
        if len(np.unique(numbers[np.isfinite(numbers)])) > 8 or kind == "age":
            return numbers, {"age": "years"}.get(kind, "px"), ".0f"
        return np.array([f"{one:.0f} px" if np.isfinite(one) else _UNKNOWN for one in numbers]), "", ""
    return table[kind].astype(str).replace("", _UNKNOWN).to_numpy(str), "", ""


@st.cache_resource(max_entries=4, show_spinner=False)
def _words(key: str, places: bytes, _data: Data, _places: np.ndarray) -> list[str]:
    """What is said of a film that is pointed at."""
    labels = _data.films.index.table["labels"]
    return [f"{in_words(labels.iloc[place])}<br>{who(_data.films, int(place))}" for place in _places]


def _key(asked: Selection) -> str:
    """The chart's key: another once picked films were cleared, so that its lasso goes as well."""
    turn = state.setdefault("map_turn", 0)
    if asked.picked is None and _points(f"film_map_{turn}"):
        turn = state["map_turn"] = turn + 1
    return f"film_map_{turn}"


def _points(key: str) -> list[int]:
    """The places of the films inside the lasso of a chart."""
    chart = state.get(key) or {}
    found = (point.get("customdata") for point in chart.get("selection", {}).get("points", []))
    # what was an array comes back as a dict of columns, what was a list as a list
    return [int(next(iter(one.values() if isinstance(one, Mapping) else one))) for one in found if one]


def _regions(key: str) -> list[np.ndarray]:
    """The corners of the lassos and boxes that are drawn on a chart, (M, 2) each."""
    told = (state.get(key) or {}).get("selection", {})
    drawn = [np.column_stack([one["x"], one["y"]]) for one in told.get("lasso", [])]
    for one in told.get("box", []):
        (left, right), (low, high) = one["x"], one["y"]
        drawn.append(np.array([(left, low), (right, low), (right, high), (left, high)]))
    return drawn


def _take(key: str, laid: Layout, wanted: np.ndarray) -> None:
    """A lasso selects the films in it, those without a dot as well.

    One around no dot changes nothing: a chart that is drawn anew sends one too.
    """
    if not (drawn := _points(key)):
        return
    within = np.zeros(len(laid), bool)
    for corners in _regions(key):
        within |= inside(laid.xy, corners)
    pick(Picked.of(np.union1d(laid.places[within & wanted], drawn)))
