"""Counts -> Plotly figures: what is selected beside all there is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from cxr_core.datasets.counts import Counts
from cxr_core.datasets.summary import BAND
from cxr_core.findings import title_of
from cxr_core.render.figures import FAINT, GRID, INK, PALETTE, dark

SELECTED, ALL, SECOND = PALETTE[0], "#3a4b5e", PALETTE[1]
_MORE = [[0, "#111a24"], [1, "#2c7fb8"]]  # dark enough all the way for white figures on it
_FEWER_OR_MORE = [[0, "#8a5a12"], [0.5, "#111a24"], [1, "#2c7fb8"]]
MEASURES = {
    "films": "films with both", "conditional": "share of the row's films", "lift": "times as often as by chance",
}
_ABOVE = {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0}  # where a legend stands


def draw_findings(selected: Counts, whole: Counts) -> go.Figure:
    """Films per finding: a wide bar of all, a narrow one of those selected; on a logarithm: they differ 200-fold."""
    names = sorted(whole.findings, key=lambda name: whole.findings[name])
    titles = [title_of(name) for name in names]
    figure = go.Figure()
    for told, colour, width, name in ((whole, ALL, 0.8, "all"), (selected, SELECTED, 0.42, "selected")):
        values = [told.findings[one] for one in names]
        share = [value / told.films if told.films else 0 for value in values]
        figure.add_bar(
            y=titles, x=values, orientation="h", width=width, marker={"color": colour, "line_width": 0}, name=name,
            customdata=np.c_[share, names],
            hovertemplate="%{y}: %{x:,} films, %{customdata[0]:.1%} of " + name + "<extra></extra>",
        )
    figure.update_layout(barmode="overlay", showlegend=False)
    figure.update_xaxes(type="log", gridcolor=GRID, tickformat="~s", dtick=1)
    figure.update_yaxes(dtick=1)
    return dark(figure, height=_room_for(names, 440), margin={"l": 4, "r": 8, "t": 6, "b": 28})


def draw_together(selected: Counts, whole: Counts, measure: str) -> go.Figure:
    """The matrix of findings that stand together: films, share of the row's, or lift; hover tells that of all films.

    Each cell can be clicked.
    """
    names = selected.names
    values, of_all = (_together(told, measure) for told in (selected, whole))
    shown = np.where(np.eye(len(names), dtype=bool) & (measure != "films"), np.nan, values)
    least = {"films": 0.5, "conditional": 0, "lift": 1 / 8}[measure]
    colour = {"films": np.log, "conditional": np.asarray, "lift": np.log}[measure](np.maximum(shown, least))
    is_lift = measure == "lift"
    titles = [title_of(name) for name in names]
    figure = go.Figure(go.Heatmap(
        z=colour, x=titles, y=titles, hoverinfo="skip", showscale=False, xgap=1, ygap=1,
        colorscale=_FEWER_OR_MORE if is_lift else _MORE, zmid=0 if is_lift else None,
    ))
    form = {"films": "{:,.0f}", "conditional": "{:.0%}", "lift": "{:.1f}"}[measure]
    places = [(row, column) for row in range(len(names)) for column in range(len(names))]
    fits = 600 // (6 * max(len(names), 1))  # letters a cell has room for; hover tells what has none
    words = ["" if np.isnan(shown[place]) else form.format(shown[place]) for place in places]
    figure.add_scatter(  # what is clicked: a heat map itself tells Streamlit nothing
        x=[titles[column] for _, column in places], y=[titles[row] for row, _ in places], mode="text+markers",
        text=[word if len(word) <= fits else "" for word in words],
        textfont={"size": 9.5, "color": INK},
        marker={"size": max(24, 340 // max(len(names), 1)), "symbol": "square", "color": "rgba(0,0,0,0)"},
        customdata=[[names[row], names[column], values[row, column], of_all[row, column]] for row, column in places],
        hovertemplate="%{y} and %{x}: %{customdata[2]:,.2~f} " + MEASURES[measure]
                      + "<br>%{customdata[3]:,.2~f} among all films<extra></extra>",
        showlegend=False,
    )
    figure.update_xaxes(tickangle=-45, showgrid=False, tickfont={"size": 10.5}, range=[-0.5, len(names) - 0.5], dtick=1)
    figure.update_yaxes(showgrid=False, tickfont={"size": 10.5}, range=[len(names) - 0.5, -0.5], dtick=1)
    return dark(figure, height=_room_for(names, 450), margin={"l": 4, "r": 4, "t": 6, "b": 4})


def _room_for(names: Sequence[str], least: int) -> int:
    """The height in px of a figure with a row for each finding: none of their names is left out, nor over another."""
    return max(least, 40 + 18 * len(names))


def _together(told: Counts, measure: str) -> np.ndarray:
    """How findings stand together by a measure, shape (findings, findings)."""
    if measure == "films":
        return told.together.astype(float)
    return told.conditional() if measure == "conditional" else told.lift()


def draw_ages(selected: Counts, whole: Counts) -> go.Figure:
    """Age by sex as a pyramid: men to the left, women to the right, the outline all films to the same scale."""
    figure = go.Figure()
    scale = selected.films / whole.films if whole.films else 0
    for sex, sign, colour, name in (("M", -1, SELECTED, "men"), ("F", 1, SECOND, "women")):
        for told, is_whole in ((whole, True), (selected, False)):
            part = told.ages[told.ages["sex"] == sex]
            films = part["films"].to_numpy(float) * (scale if is_whole else 1)
            style = {"color": colour, "opacity": 0.75}
            if is_whole:
                style = {"color": "rgba(0,0,0,0)", "line": {"color": FAINT, "width": 1}}
            figure.add_bar(
                x=sign * films, y=part["age"] + BAND / 2, orientation="h", width=BAND * (0.95 if is_whole else 0.8),
                marker=style, name=name if not is_whole else f"all {name}, to scale", showlegend=not is_whole,
                customdata=np.c_[part["age"], part["age"] + BAND - 1, part["films"]],
                hoverinfo="skip" if is_whole else None,
                hovertemplate=None if is_whole else (
                    name + " of %{customdata[0]} to %{customdata[1]} years: %{customdata[2]:,} films<extra></extra>"
                ),
            )
    most = max([*selected.ages["films"], *(whole.ages["films"] * scale), 1])
    step = float(f"{most / 2:.0e}")  # one digit
    ticks = np.array([-2, -1, 0, 1, 2]) * step
    figure.update_layout(barmode="overlay", bargap=0, legend=_ABOVE)
    figure.update_xaxes(tickvals=ticks, ticktext=[f"{abs(tick):,.0f}" for tick in ticks], gridcolor=GRID,
                        zerolinecolor=GRID)
    figure.update_yaxes(title="age in years", gridcolor=GRID, range=[0, 100])
    return dark(figure, height=330, margin={"l": 48, "r": 8, "t": 26, "b": 26})


def draw_per_film(selected: Counts, whole: Counts) -> go.Figure:
    """How many findings a film has, as shares of the selected films and of all."""
    figure = go.Figure()
    for told, colour, width, name in ((whole, ALL, 0.8, "all"), (selected, SELECTED, 0.42, "selected")):
        share = [films / told.films if told.films else 0 for films in told.per_film.values()]
        figure.add_bar(x=list(told.per_film), y=share, width=width, name=name,
                       marker={"color": colour, "line_width": 0}, customdata=list(told.per_film.values()),
                       hovertemplate="%{x} findings: %{y:.1%}, %{customdata:,} films<extra>" + name + "</extra>")
    figure.update_layout(barmode="overlay", showlegend=False)
    figure.update_xaxes(title="findings on a film", dtick=1, gridcolor=GRID)
    figure.update_yaxes(tickformat=".0%", gridcolor=GRID)
    return dark(figure, height=330, margin={"l": 44, "r": 8, "t": 8, "b": 44})


def draw_views(selected: Counts, whole: Counts) -> go.Figure:
    """The share of each finding's films that were taken AP, in bed: a view tells a network about illness.

    A pale bar is that of all films, a dotted line that of the selected films of any kind.
    """
    share, of_all = _taken_ap(selected), _taken_ap(whole)
    order = list(share.sort_values(na_position="first").index)
    figure = go.Figure()
    for told, values, colour, width, name in (
        (whole, of_all, ALL, 0.8, "all films"), (selected, share, SECOND, 0.42, "selected films")
    ):
        figure.add_bar(
            x=values[order], y=[title_of(one) for one in order], orientation="h", width=width, name=name,
            marker={"color": colour, "line_width": 0}, customdata=[told.findings[one] for one in order],
            hovertemplate="%{y}: %{x:.0%} AP of %{customdata:,} " + name + "<extra></extra>",
        )
    everything = selected.views.loc[order].sum()
    middle = everything["AP"] / everything.sum() if everything.sum() and "AP" in everything else np.nan
    if np.isfinite(middle):
        figure.add_vline(middle, line={"color": FAINT, "width": 1, "dash": "dot"})
    figure.update_layout(barmode="overlay", showlegend=False)
    figure.update_xaxes(range=[0, 1], tickformat=".0%", gridcolor=GRID)
    figure.update_yaxes(dtick=1)
    return dark(figure, height=_room_for(order, 330), margin={"l": 4, "r": 8, "t": 8, "b": 26})


def _taken_ap(told: Counts) -> pd.Series:
    """Share of each finding's films of a known view that were taken AP; NaN where there is none."""
    total = told.views.sum(axis=1)
    return (told.views["AP"] / total).where(total > 0) if "AP" in told.views else total * np.nan


def draw_spread(selected: np.ndarray, whole: np.ndarray, unit: str) -> go.Figure:
    """How a measure of the films is spread: shares of the selected and of all films in the same bins.

    Both are of shape (films,), without unknown values; `whole` has at least one.
    """
    low, high = np.quantile(whole, (0.001, 0.999))
    edges = np.linspace(low, high if high > low else low + 1, 31)
    figure = go.Figure()
    for values, colour, width, name in ((whole, ALL, 0.9, "all"), (selected, SELECTED, 0.5, "selected")):
        films = np.histogram(np.clip(values, edges[0], edges[-1]), edges)[0]
        figure.add_bar(
            x=(edges[1:] + edges[:-1]) / 2, y=films / max(films.sum(), 1), name=name, width=np.diff(edges) * width,
            marker={"color": colour, "line_width": 0}, customdata=films,
            hovertemplate="about %{x:,.3~f} " + unit + ": %{y:.1%}, %{customdata:,} films<extra>" + name + "</extra>",
        )
    figure.update_layout(barmode="overlay", showlegend=False)
    figure.update_xaxes(title=unit, gridcolor=GRID)
    figure.update_yaxes(tickformat=".0%", gridcolor=GRID)
    return dark(figure, height=250, margin={"l": 44, "r": 8, "t": 8, "b": 44})
