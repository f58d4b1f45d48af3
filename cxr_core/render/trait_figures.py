"""How well traits that are no disease predict each finding, and how far two groups of films are apart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from cxr_core.evaluation.shift import Shift
from cxr_core.evaluation.traits import TraitAuc
from cxr_core.findings import title_of
from cxr_core.render.figures import FAINT, GRID, INK, PALETTE, dark

_FAR = 4.0  # standardised difference that the figure ends at


def draw_traits(told: Sequence[TraitAuc]) -> go.Figure:
    """A row a finding, a column a trait; the darker the stronger, pale figures where chance would do.

    Figures without an interval, of counts alone, are never pale.
    """
    traits, findings = (list(dict.fromkeys(getattr(one, name) for one in told)) for name in ("trait", "finding"))
    found = {(one.finding, one.trait): one for one in told}
    values = np.full((len(findings), len(traits)), np.nan)
    for (finding, trait), one in found.items():
        values[findings.index(finding), traits.index(trait)] = one.auc
    figure = go.Figure(go.Heatmap(
        z=np.maximum(values, 0.5), x=traits, y=[title_of(one) for one in findings], zmin=0.5, zmax=0.9, xgap=1, ygap=1,
        colorscale=[[0, "#111a24"], [1, "#b4631f"]], showscale=False, hoverinfo="skip",
    ))
    cells = [found[place] for place in found]
    figure.add_scatter(
        x=[one.trait for one in cells], y=[title_of(one.finding) for one in cells], mode="text+markers",
        text=[f"{one.auc:.2f}" for one in cells], marker={"size": 26, "symbol": "square", "color": "rgba(0,0,0,0)"},
        textfont={"size": 11, "color": [INK if one.is_shortcut or np.isnan(one.low) else FAINT for one in cells]},
        showlegend=False,
        customdata=[["" if np.isnan(one.low) else f" ({one.low:.3f} to {one.high:.3f})", one.positives, one.films]
                    for one in cells],
        hovertemplate="%{y} by %{x}: AUC %{text}%{customdata[0]}<br>%{customdata[1]:,} of %{customdata[2]:,} films"
                      "<extra></extra>",
    )
    figure.update_xaxes(showgrid=False, side="top", range=[-0.5, len(traits) - 0.5])
    figure.update_yaxes(showgrid=False, range=[len(findings) - 0.5, -0.5])
    return dark(figure, height=60 + 30 * len(findings), margin={"l": 4, "r": 4, "t": 34, "b": 4})


def draw_shifts(told: Sequence[Shift]) -> go.Figure:
    """Standardised differences of two groups with their intervals, a row a measure, the largest at the top."""
    rows = list(reversed(told))
    colours = [FAINT if one.p >= 0.05 else PALETTE[0] for one in rows]  # where no test can be had p is NaN
    tested = [f", p {one.p:.2g}" if np.isfinite(one.p) else "" for one in rows]
    figure = go.Figure(go.Scatter(
        x=[one.effect for one in rows], y=[one.measure for one in rows], mode="markers",
        marker={"size": 9, "color": colours}, showlegend=False,
        error_x={"type": "data", "symmetric": False, "array": [one.high - one.effect for one in rows],
                 "arrayminus": [one.effect - one.low for one in rows], "color": FAINT, "thickness": 1.2, "width": 3},
        customdata=[[one.first, one.second, more, *one.films] for one, more in zip(rows, tested, strict=True)],
        hovertemplate="%{y}: %{customdata[0]:.3~g} against %{customdata[1]:.3~g}"
                      "<br>effect %{x:.2f}%{customdata[2]}"
                      "<br>%{customdata[3]:,} and %{customdata[4]:,} films<extra></extra>",
    ))
    figure.add_vline(0, line={"color": FAINT, "width": 1})
    most = float(np.nanmax([[abs(one.low), abs(one.high), abs(one.effect)] for one in rows])) * 1.05 or 1.0
    if most > _FAR:  # one that is apart altogether would press all others together: it is named at the edge
        most = _FAR
        for one in rows:
            if abs(one.effect) > _FAR:
                side, arrow = ("right", "→") if one.effect > 0 else ("left", "←")
                figure.add_annotation(
                    x=np.sign(one.effect) * _FAR, y=one.measure, text=f"{one.effect:+.1f} {arrow}", xanchor=side,
                    showarrow=False, font={"color": PALETTE[0], "size": 11},
                )
    figure.update_xaxes(title="lower among the selected  ←  standardised difference  →  higher", gridcolor=GRID,
                        range=[-most, most], zeroline=False)
    figure.update_yaxes(gridcolor=GRID)
    return dark(figure, height=80 + 24 * len(rows), margin={"l": 4, "r": 8, "t": 8, "b": 44})
