"""Reliability diagrams -> a Plotly figure: what the network says beside what is shown to a reader."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from cxr_core.render.figures import FAINT, GRID, dark, remarked

Bins = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]  # mean probability, share of ill films, its low and high
BEFORE, AFTER = "the network's own score", "calibrated probability"


def draw_calibration(
    before: Mapping[str, Bins], after: Mapping[str, Bins], colours: Mapping[str, str],
    dashes: Mapping[str, str] = MappingProxyType({}), remarks: Mapping[str, str] = MappingProxyType({}),
) -> go.Figure:
    """Share of ill films over mean score, by bins with their 95% intervals, before and after calibration.

    Each side has a scale of its own: what training made of a rare finding's scores would press the calibrated ones into
    a corner. Without `before` there is one side. `remarks` stand behind a model's name, as in `draw_roc`.
    """
    sides = [(title, bins) for title, bins in ((BEFORE, before), (AFTER, after)) if bins]
    figure = make_subplots(1, len(sides), horizontal_spacing=0.13)
    told: set[str] = set()
    for column, (title, bins) in enumerate(sides, 1):
        figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", line={"color": FAINT, "width": 1, "dash": "dot"},
                           hoverinfo="skip", showlegend=False, row=1, col=column)
        for name, (score, share, low, high) in bins.items():
            figure.add_scatter(
                x=score, y=share, mode="lines+markers", name=remarked(name, remarks), legendgroup=name,
                line={"color": colours[name], "width": 1.5, "dash": dashes.get(name, "solid")},
                showlegend=name not in told, row=1, col=column,
                error_y={"type": "data", "symmetric": False, "array": high - share, "arrayminus": share - low,
                         "thickness": 1},
                hovertemplate=f"{remarked(name, remarks)}<br>{title} %{{x:.1%}}<br>ill %{{y:.1%}}<extra></extra>",
            )
            told.add(name)
        most = max(0.05, *(float(np.max(one, initial=0)) for all_of in bins.values() for one in all_of))
        span = {"title_font_size": 12, "tickfont_size": 11, "range": [0, min(1.0, 1.05 * most)], "gridcolor": GRID,
                "zeroline": False, "tickformat": ".0%", "nticks": 6}
        figure.update_xaxes(title_text=title, row=1, col=column, constrain="domain", **span)
        figure.update_yaxes(row=1, col=column, **span)
    figure.update_yaxes(title_text="share of films with the finding", row=1, col=1)
    figure.update_layout(legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom",
                                 "font": {"size": 11, "family": "system-ui, sans-serif"}})
    return dark(figure, height=430, margin={"l": 60, "r": 16, "t": 58, "b": 48})
