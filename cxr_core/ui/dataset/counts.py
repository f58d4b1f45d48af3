"""The counts of a selection beside those of all: figures, and a CSV of them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from cxr_core.datasets.collection import Collection
from cxr_core.datasets.counts import Counts, Selection
from cxr_core.datasets.summary import BAND
from cxr_core.render import dataset_figures as figures
from cxr_core.ui import clicks
from cxr_core.ui.selection import choose

state = st.session_state
_QUIET = {"displayModeBar": False}
_SIZES = {"original_width": ("Original width", "px"), "original_height": ("Original height", "px"),
          "spacing_mm": ("Pixel spacing", "mm")}
_NOISE = ("Labels were mined from reports by NIH, over 90% of them right by their authors' own estimate; radiologists "
          "who looked again doubt that for several findings. Read counts as counts of labels.")


def as_csv(selected: Counts, whole: Counts) -> bytes:
    """Films of every figure, selected and all, a row a count: `count` says of what, `of` and `by` of which."""
    told, every = _counted(selected), _counted(whole)
    table = pd.DataFrame([(*key, told.get(key, 0), films) for key, films in every.items()],
                         columns=["count", "of", "by", "selected", "all"])
    return table.to_csv(index=False).encode()


def _counted(counts: Counts) -> dict[tuple[str, str, str], int]:
    """Films by what is counted, of which, and by what."""
    places = range(len(counts.names))
    return {
        **{("finding", name, ""): films for name, films in counts.findings.items()},
        **{("two findings", counts.names[row], counts.names[column]): int(counts.together[row, column])
           for row in places for column in places if row < column},
        **{("age and sex", f"{one.age} to {one.age + BAND - 1} years", str(one.sex) or "unknown"): int(one.films)
           for one in counts.ages.itertuples()},
        **{("findings on a film", str(number), ""): films for number, films in counts.per_film.items()},
        **{("finding and view", str(finding), str(view)): int(films)
           for view in counts.views for finding, films in counts.views[view].items()},
    }


def show_counts(selected: Counts, whole: Counts, asked: Selection, *, of_nih: bool) -> None:
    """All figures of a selection that has films; how NIH's labels came about is said of NIH's."""
    left, right = st.columns([1, 1.15], gap="medium")
    with left:
        st.html("<h2>Films per finding</h2>"
                "<p class='key'><i class='selected'></i>selected <i></i>all, on a logarithm</p>")
        st.plotly_chart(figures.draw_findings(selected, whole), key="findings", config=_QUIET)
    with right:
        _matrix(selected, whole, asked)
    first, second, third = st.columns(3, gap="medium")
    with first:
        _figure("Age and sex", figures.draw_ages(selected, whole), "ages", whole.ages.empty, "an age and a sex")
    with second:
        _figure("Findings on a film", figures.draw_per_film(selected, whole), "per_film")
    with third:
        _figure("Taken AP, in bed", figures.draw_views(selected, whole), "views", whole.views.empty, "a view")
    if of_nih:
        st.caption(_NOISE)


def show_sizes(films: Collection, asked: Selection) -> None:
    """How large the films were as they were taken, where the data set knows it."""
    table, places = films.index.table, films.places(asked)
    known = [name for name in _SIZES if name in table and np.isfinite(table[name]).any()]
    if not known:
        return
    for column, name in zip(st.columns(3, gap="medium"), known, strict=False):
        values = table[name].to_numpy(float)
        chosen = values[places]
        head, unit = _SIZES[name]
        with column:
            st.html(f"<h2>{head}</h2>")
            figure = figures.draw_spread(chosen[np.isfinite(chosen)], values[np.isfinite(values)], unit)
            st.plotly_chart(figure, key=f"spread_{name}", config=_QUIET)


def _matrix(selected: Counts, whole: Counts, asked: Selection) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.html("<h2>Findings that stand together</h2>", width="stretch")
        measure = st.segmented_control(
            "Measure", list(figures.MEASURES), default="films", key="measure", required=True,
            label_visibility="collapsed", format_func=str.capitalize,
        )
    key = f"together_{state.get('together_turn', 0)}"
    st.plotly_chart(figures.draw_together(selected, whole, measure), key=key, config=_QUIET, selection_mode="points",
                    on_select="rerun")
    clicks.watch(key, partial(_look_at_pair, asked))
    st.caption(f"Row and column: {figures.MEASURES[measure]}. A click asks for the films with both, of those selected.")


def _look_at_pair(asked: Selection, clicked: Mapping[str, Any]) -> None:
    """A click on a cell of the matrix asks for the films with both findings, of those that it counted."""
    if points := clicked["points"]:
        choose(asked.with_all_of(tuple(points[0]["customdata"][:2])))
        state["together_turn"] = state.get("together_turn", 0) + 1  # another chart, in which no cell is clicked


def _figure(head: str, figure: object, key: str, lacking: bool = False, what: str = "") -> None:
    st.html(f"<h2>{head}</h2>")
    if lacking:
        st.html(f'<p class="none">No film of this data set has {what} that is known.</p>')
    else:
        st.plotly_chart(figure, key=key, config=_QUIET)
