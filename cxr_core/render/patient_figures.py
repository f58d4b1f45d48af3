"""A patient's films over time: what a model scored, and what the films were labelled with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from cxr_core.findings import title_of
from cxr_core.render.figures import GRID, PALETTE, dark


def draw_timeline(
    findings: Sequence[str], probability: np.ndarray, labels: np.ndarray, about: Sequence[str]
) -> go.Figure:
    """Scores over a patient's films in order, a line a finding; a full dot where the film bears the label.

    Parameters
    ----------
    findings : sequence of str
    probability : ndarray of shape (films, findings), 0 to 1; NaN where there is no score, and the line has a gap
    labels : ndarray of shape (films, findings), 0 or 1
    about : sequence of str
        A few words on each film, for the axis.
    """
    figure = go.Figure()
    x = np.arange(len(about)) + 1
    for place, finding in enumerate(findings):
        colour = PALETTE[place % len(PALETTE)]
        is_labelled = labels[:, place] > 0.5
        figure.add_scatter(
            x=x, y=probability[:, place], mode="lines+markers", name=title_of(finding),
            line={"color": colour, "width": 2},
            marker={"size": 9, "color": np.where(is_labelled, colour, "#0b0f14"),
                    "line": {"color": colour, "width": 1.5}},
            customdata=np.where(is_labelled, "labelled", "not labelled"), connectgaps=False,
            hovertemplate=title_of(finding) + " %{y:.1%}, %{customdata}<extra></extra>",
        )
    figure.update_layout(hovermode="x unified", legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0})
    step = max(len(about) // 24, 1)
    figure.update_xaxes(tickvals=x[::step], ticktext=list(about)[::step], gridcolor=GRID, range=[0.5, len(about) + 0.5])
    figure.update_yaxes(tickformat=".0%", gridcolor=GRID, rangemode="tozero", title="score")
    return dark(figure, height=340, margin={"l": 52, "r": 8, "t": 30, "b": 40})
