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
from cxr_core.similar.layout import Layout
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
    wanted = data.films.places(replace(asked, picked=None))
    bright = np.isin(laid.places, wanted)
    picked = None if asked.picked is None else np.isin(laid.places, asked.picked.places)
    values, title, form = _values(data, laid.places, *chosen)
    words = _words(data.key, laid.places.tobytes(), data, laid)
    figure = draw_map(laid.places, laid.xy, values, words, bright, title, picked, form)
    key = _key(asked)
    st.plotly_chart(figure, key=key, config=_CONFIG, on_select=lambda: _take(key), selection_mode=("lasso", "box"))
    drawn = f"{len(laid):,} of {laid.of:,} films, drawn by chance" if len(laid) < laid.of else f"All {laid.of:,} films"
    st.caption(f"{drawn}; {laid.method}. Films that the model holds to be alike lie near each other. Distances between "
               "groups, their sizes and shapes mean nothing: do not measure them. A lasso around films selects them.")
    if picked is not None and len(places := data.films.places(asked)):
        st.html(f"<h2>{len(places):,} picked films</h2>")
        show_grid(data, places[:PAGE], "map_grid")
        if len(places) > PAGE:
            st.caption(f"The first {PAGE}; Films shows all of them, Counts counts them.")


def _values(data: Data, places: np.ndarray, kind: str, model: str, finding: str) -> tuple[np.ndarray, str, str]:
    """What dots are coloured by, its name, and the form of its numbers."""
    table = data.films.index.table.iloc[places]
    if not kind:  # films that differ in nothing that is known
        return np.full(len(places), title_of(data.summary.none)), "", ""
    if kind == "finding":
        bears = data.films.index.take(places).targets((finding,))[:, 0] > 0
        return np.where(bears, title_of(finding), f"without {title_of(finding)}"), "", ""
    if kind == "score":
        return scores(data, model).of(finding)[places].astype(float), title_of(finding), ".0%"
    if kind in ("age", "source_width", "original_width") and (numbers := table[kind].to_numpy(float)).size:
        if len(np.unique(numbers[np.isfinite(numbers)])) > 8 or kind == "age":
            return numbers, {"age": "years"}.get(kind, "px"), ".0f"
        return np.array([f"{one:.0f} px" if np.isfinite(one) else _UNKNOWN for one in numbers]), "", ""
    return table[kind].astype(str).replace("", _UNKNOWN).to_numpy(str), "", ""


@st.cache_resource(max_entries=4, show_spinner=False)
def _words(key: str, places: bytes, _data: Data, _laid: Layout) -> list[str]:
    """What is said of a film that is pointed at."""
    labels = _data.films.index.table["labels"]
    return [f"{in_words(labels.iloc[place])}<br>{who(_data.films, int(place))}" for place in _laid.places]


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


def _take(key: str) -> None:
    """A lasso selects the films in it. One around nothing changes nothing: a chart that is drawn anew sends one too."""
    if places := _points(key):
        pick(Picked.of(places))
