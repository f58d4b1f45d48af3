"""A patient's films over time: what models scored, and what the films were labelled with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from cxr_core.findings import title_of
from cxr_core.render.figures import FAINT, GRID, GROUND, dark

_ROW = 190  # px of a row of panels
_TICKS = 14  # films that are named below a panel


def draw_timelines(
    lines: Mapping[str, tuple[str, Mapping[str, np.ndarray]]], labels: Mapping[str, np.ndarray], about: Sequence[str]
) -> go.Figure:
    """Scores over a patient's films in order: a panel a finding, a line a model; a full dot where the film bears it.

    Parameters
    ----------
    lines : mapping of str to (colour, mapping of finding to ndarray of shape (films,))
        By a model's title its colour and scores, 0 to 1; NaN where there is none, and the line has a gap there. A
        finding that a model does not know is left out.
    labels : mapping of finding to ndarray of shape (films,), 0 or 1, NaN where nothing is known
        The findings to draw, in order.
    about : sequence of str
        A few words on each film, for the axis.
    """
    columns = min(len(labels), 2)
    rows = -(-len(labels) // columns)
    figure = make_subplots(
        rows, columns, shared_xaxes=True, subplot_titles=[title_of(finding) for finding in labels],
        horizontal_spacing=0.08, vertical_spacing=0.34 / (rows + 1),
    )
    x = np.arange(len(about)) + 1
    named: set[str] = set()
    for place, (finding, borne) in enumerate(labels.items()):
        for title, (colour, scores) in lines.items():
            if finding not in scores:
                continue
            figure.add_scatter(
                x=x, y=scores[finding], mode="lines+markers", name=title, legendgroup=title, connectgaps=False,
                showlegend=title not in named, line={"color": colour, "width": 2},
                marker={"size": 8, "color": np.where(borne > 0.5, colour, GROUND),
                        "line": {"color": colour, "width": 1.5}},
                customdata=np.where(borne > 0.5, "labelled", np.where(borne <= 0.5, "not labelled", "label unknown")),
                hovertemplate="%{y:.1%}, %{customdata}<extra>" + title + "</extra>",
                row=place // columns + 1, col=place % columns + 1,
            )
            named.add(title)
    step = -(-len(about) // _TICKS)
    figure.update_xaxes(tickvals=x[::step], ticktext=list(about)[::step], gridcolor=GRID,
                        range=[0.5, len(about) + 0.5], tickfont={"size": 10.5})
    figure.update_yaxes(tickformat=".0%", gridcolor=GRID, rangemode="tozero", nticks=5)
    figure.update_annotations(font={"size": 12.5, "color": FAINT}, xanchor="left")
    for place, note in enumerate(figure.layout.annotations):  # titles stand over the left end of their panel
        note.x = figure.layout[f"xaxis{place + 1 if place else ''}"].domain[0]
    legend = {"orientation": "h", "y": 1 + 42 / (_ROW * rows), "yanchor": "bottom", "x": 0}
    dark(figure, height=_ROW * rows + 100, margin={"l": 48, "r": 8, "t": 62, "b": 40}, legend=legend, showlegend=True)
    return figure.update_layout(hovermode="x")
