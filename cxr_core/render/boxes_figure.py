"""How often maps hit drawn boxes -> a Plotly figure: a small chart a finding, the controls in each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from cxr_core.evaluation.curves import FEWEST
from cxr_core.evaluation.localisation import CONTROLS, MEAN, MEASURES, Localisation
from cxr_core.findings import title_of
from cxr_core.render.figures import FAINT, GRID, INK, dark

_COLUMNS, _ROW, _HEAD = 3, 19, 54  # charts beside each other; px a method, px over each chart
_DASH = {"random": "dot", "centre": "dash"}


def draw_hits(
    told: Localisation, methods: Sequence[str], names: Mapping[str, str], measure: str, colour: str
) -> go.Figure:
    """The share of boxes that each method hits, with its 95% interval: the mean of the findings, then each.

    The controls, grey, are drawn through each chart as lines: what stands left of them knows nothing of the film. A
    finding with few boxes is pale.
    """
    shown = (MEAN, *in_order(told))
    at, rows = MEASURES.index(measure), -(-len(shown) // _COLUMNS)
    height = rows * (_ROW * len(methods) + _HEAD)
    figure = make_subplots(
        rows, _COLUMNS, shared_yaxes=True, horizontal_spacing=0.04, vertical_spacing=_HEAD / height,
        subplot_titles=[_title(told, finding) for finding in shown],
    )
    most = 0.1
    for place, finding in enumerate(shown):
        where = {"row": place // _COLUMNS + 1, "col": place % _COLUMNS + 1}
        rates = {method: told.rates(method, finding)[at] for method in methods}
        pale = finding != MEAN and max(rate.boxes for rate in rates.values()) < FEWEST
        for own in (True, False):
            part = {method: rate for method, rate in rates.items() if (method not in CONTROLS) is own}
            values = np.array([[one.value, one.low, one.high] for one in part.values()]).reshape(-1, 3)
            most = max(most, float(np.nanmax(values[:, 2], initial=0)))
            figure.add_scatter(
                x=values[:, 0], y=[names.get(method, method) for method in part], mode="markers", showlegend=False,
                opacity=0.4 if pale else 1, marker={"size": 8, "color": colour if own else FAINT},
                error_x={"type": "data", "symmetric": False, "array": values[:, 2] - values[:, 0],
                         "arrayminus": values[:, 0] - values[:, 1], "thickness": 1.2, "width": 3},
                customdata=values[:, 1:], **where,
                hovertemplate="%{y}: %{x:.1%}<br>%{customdata[0]:.1%} to %{customdata[1]:.1%}<extra></extra>",
            )
        for control, dash in _DASH.items():
            if control in rates and np.isfinite(rates[control].value):
                figure.add_vline(rates[control].value, line={"color": FAINT, "width": 1, "dash": dash}, opacity=0.6,
                                 **where)
    labels = [names.get(method, method) for method in methods]
    figure.update_yaxes(categoryorder="array", categoryarray=labels[::-1], range=[-0.6, len(labels) - 0.4],
                        gridcolor=GRID, tickfont={"size": 11})
    figure.update_xaxes(range=[0, min(1, most * 1.04)], tickformat=".0%", gridcolor=GRID, zeroline=False, nticks=6,
                        tickfont={"size": 10})
    figure.update_annotations(font={"size": 12, "color": INK})
    return dark(figure, height=height + 30, margin={"l": 4, "r": 12, "t": 28, "b": 28})


def in_order(told: Localisation) -> list[str]:
    """The findings, those with the most boxes first."""
    boxes = told.boxes[0].max(axis=1)
    return [told.findings[place] for place in np.argsort(-boxes, kind="stable")]


def _title(told: Localisation, finding: str) -> str:
    if finding == MEAN:
        return f"<b>mean of {len(told.findings)} findings</b>" if len(told.findings) > 1 else "<b>mean</b>"
    boxes = int(told.boxes[0, told.findings.index(finding)].max())
    return f"{title_of(finding)} · {boxes} {'box' if boxes == 1 else 'boxes'}" + (
        ", no claim" if boxes < FEWEST else ""
    )
