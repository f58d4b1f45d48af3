"""How a score falls and comes back as a film is taken out and put in, place by place: numbers -> a Plotly figure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from cxr_core.explain.faithfulness import Curve
from cxr_core.render.figures import FAINT, GRID, PALETTE, dark


def draw_curves(
    deletion: Curve, deletion_controls: Sequence[Curve], insertion: Curve, insertion_controls: Sequence[Curve]
) -> go.Figure:
    """The map's curves beside those of maps that know nothing (dotted, their mean)."""
    figure = make_subplots(1, 2, shared_yaxes=True, horizontal_spacing=0.04,
                           subplot_titles=["brightest places taken out", "brightest places put in"])
    for column, (curve, controls) in enumerate(((deletion, deletion_controls), (insertion, insertion_controls)), 1):
        figure.add_scatter(
            x=curve.share * 100, y=curve.values, mode="lines", name="this map", showlegend=column == 1,
            line={"color": PALETTE[0], "width": 2.5}, row=1, col=column,
            hovertemplate="%{x:.0f}%: logit %{y:.2f}<extra>this map</extra>",
        )
        if controls:
            figure.add_scatter(
                x=curve.share * 100, y=np.mean([one.values for one in controls], axis=0), mode="lines",
                name="a random map", line={"color": FAINT, "width": 2, "dash": "dot"}, showlegend=column == 1,
                hovertemplate="%{x:.0f}%: logit %{y:.2f}<extra>a random map</extra>", row=1, col=column,
            )
    figure.update_xaxes(title="% of the film", gridcolor=GRID, zeroline=False)
    figure.update_yaxes(gridcolor=GRID, zeroline=False)
    figure.update_yaxes(title="logit", col=1)
    figure.update_annotations(font={"size": 12})
    figure.update_layout(legend={"orientation": "h", "x": 0.5, "xanchor": "center", "y": -0.22, "yanchor": "top"})
    return dark(figure, height=304, margin={"l": 48, "r": 8, "t": 30, "b": 68})  # the legend under it, off the curves
