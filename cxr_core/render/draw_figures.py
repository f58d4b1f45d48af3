"""How many films patients have, and what a weighted draw shows a network -> Plotly figures."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from cxr_core.findings import title_of
from cxr_core.render.figures import FAINT, GRID, PALETTE, dark

_SELECTED, _ALL = PALETTE[0], "#3a4b5e"
_BINS = (1, 2, 3, 4, 5, 10, 20, 50, 100)  # films a patient has, where a bar begins
_ABOVE = {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0}


def draw_films_per_patient(selected: Mapping[int, int] | None, whole: Mapping[int, int]) -> go.Figure:
    """How many films patients have: shares of patients, of the selected and of all; both map films to patients.

    `selected` is None where it is not known which patients are.
    """
    most = max([*whole, *(selected or {})], default=1)
    starts = [one for one in _BINS if one <= most]
    names = [f"{low}" if high == low + 1 else f"{low}–{high - 1}"
             for low, high in zip(starts, starts[1:], strict=False)]
    names.append(f"{starts[-1]}+" if most > starts[-1] else f"{starts[-1]}")
    figure = go.Figure()
    for told, colour, width, name in ((whole, _ALL, 0.8, "all"), (selected, _SELECTED, 0.42, "selected")):
        if told is None:
            continue
        patients, films = np.zeros(len(starts)), np.zeros(len(starts))
        for each, count in told.items():
            place = int(np.searchsorted(starts, each, side="right")) - 1
            patients[place] += count
            films[place] += count * each
        figure.add_bar(
            x=names, y=patients / max(patients.sum(), 1), width=width, marker={"color": colour, "line_width": 0},
            name=name, customdata=np.c_[patients, films / max(films.sum(), 1)],
            hovertemplate="%{x} films: %{customdata[0]:,} patients, %{y:.1%}<br>with %{customdata[1]:.1%} of the films"
                          "<extra>" + name + "</extra>",
        )
    figure.update_layout(barmode="overlay", showlegend=False)
    figure.update_xaxes(title="films of a patient", type="category", gridcolor=GRID,
                        tickangle=0, tickfont={"size": 10.5})
    figure.update_yaxes(tickformat=".0%", gridcolor=GRID)
    return dark(figure, height=330, margin={"l": 44, "r": 8, "t": 8, "b": 44})


def draw_shares_drawn(told: pd.DataFrame, whole: pd.DataFrame | None = None) -> go.Figure:
    """Share of films with each finding as they are and in the weighted draw, of all or of each group beside the other.

    Parameters
    ----------
    told : DataFrame
        As `datasets.weighted_draw.draw_shares` gives it.
    whole : DataFrame, optional
        The same of all films, where `told` is of some: an outline.
    """
    groups = list(dict.fromkeys(told["group"]))
    first = told[told["group"] == groups[0]]
    order = first.sort_values("share", na_position="first")["finding"]
    titles, figure = [title_of(name) for name in order], go.Figure()
    thick = 0.8 / (2 * len(groups))
    for number, group in enumerate(groups):
        colour = _SELECTED if len(groups) == 1 else PALETTE[number % len(PALETTE)]
        for place, (column, label) in enumerate((("share", "as they are"), ("drawn", "in the draw"))):
            alone = len(groups) == 1
            words = label if alone else f"{group}, {label}"
            for table, is_whole in ((told, False), (whole, True)):
                if table is None:
                    continue
                rows = table[table["group"] == group].set_index("finding").reindex(order)
                style = {"color": colour if place else _ALL, "opacity": 1.0, "line": {"width": 0}}
                if not place and not alone:
                    style = {"color": colour, "opacity": 0.4, "line": {"width": 0}}
                if is_whole:
                    style = {"color": "rgba(0,0,0,0)", "line": {"color": FAINT, "width": 1}}
                figure.add_bar(
                    y=titles, x=rows[column], orientation="h", width=thick,
                    offset=0.4 - (2 * number + place + 1) * thick, marker=style,
                    name="all films" if is_whole else words if alone else group,
                    showlegend=bool(place) if not alone else not is_whole or not place,
                    hovertemplate="%{y}: %{x:.1%} " + words + (", all films" if is_whole else "") + "<extra></extra>",
                )
    figure.update_layout(barmode="overlay", legend=_ABOVE)
    figure.update_xaxes(tickformat=".0%", gridcolor=GRID, rangemode="tozero")
    return dark(figure, height=330 if len(groups) < 3 else 560, margin={"l": 4, "r": 8, "t": 26, "b": 26})
