"""Numbers of trust -> Plotly figures: groups of people, training, confusion, published figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from cxr_core.evaluation.classes import Confusion, Rate
from cxr_core.evaluation.curves import Worth
from cxr_core.evaluation.published import Published, PublishedAccuracy
from cxr_core.evaluation.subgroups import Gap
from cxr_core.findings import NO_FINDING, title_of
from cxr_core.render.figures import DASHES, FAINT, GRID, INK, PALE, dark, remarked

MEAN = "mean"
_NAMED = "#ffb454"
_SHAPES = dict(zip(DASHES, ("circle", "square", "diamond"), strict=True))  # ours, of each turn of the palette
_SYMBOLS = {  # of papers on the official test list, and on other films
    True: ("diamond-open", "square-open", "triangle-up-open", "circle-open", "pentagon-open"),
    False: ("x-thin-open", "cross-thin-open", "asterisk-open", "y-up-open", "hash-open", "y-down-open", "y-left-open",
            "y-right-open"),
}


def draw_gaps(gaps: Sequence[Gap], colour: str, measure: str, among: Sequence[Gap] = ()) -> go.Figure:
    """A measure by group with its interval; groups that differ from all others beyond chance are marked, those of too
    few films of a class, inside or outside, are pale. `among` are all groups of figures that share this one's scale."""
    shown = [gap for gap in gaps if np.isfinite(gap.value)][::-1]
    labels = [f"{gap.group}  ·  {gap.films:,} films" for gap in shown]
    figure = go.Figure()
    for is_named, claims in ((False, False), (False, True), (True, True)):
        part = [(label, gap) for label, gap in zip(labels, shown, strict=True)
                if (gap.exceeds_chance, gap.claims) == (is_named, claims)]
        values = np.array([[gap.value, gap.low, gap.high, gap.others] for _, gap in part]).reshape(-1, 4)
        why = "" if claims else ", too few of a class: no claim"
        figure.add_scatter(
            x=values[:, 0], y=[label for label, _ in part], mode="markers",
            marker={"size": 9, "color": _NAMED if is_named else colour, "symbol": "diamond" if is_named else "circle"},
            error_x={"type": "data", "symmetric": False, "array": values[:, 2] - values[:, 0],
                     "arrayminus": values[:, 0] - values[:, 1], "thickness": 1.2},
            opacity=1 if claims else 0.35, showlegend=False,
            customdata=[[gap.low, gap.high, gap.others, gap.of, gap.patients, gap.ill, gap.others_ill]
                        for _, gap in part],
            hovertemplate="%{x:.3f} (%{customdata[0]:.3f} to %{customdata[1]:.3f})<br>all others %{customdata[2]:.3f}"
                          "<br>%{customdata[3]} films measured, %{customdata[4]} patients<br>ill: %{customdata[5]}, "
                          f"outside %{{customdata[6]}}{why}<extra></extra>",
        )
    figure.update_yaxes(categoryorder="array", categoryarray=labels, gridcolor=GRID, tickfont={"size": 11})
    ends = [end for gap in among or gaps for end in (gap.low, gap.high) if np.isfinite(end)]
    figure.update_xaxes(title=measure, gridcolor=GRID, zeroline=False,
                        range=[min(ends) - 0.03, max(ends) + 0.03] if ends else None)
    return dark(figure, height=60 + 22 * max(len(shown), 3), margin={"l": 4, "r": 12, "t": 8, "b": 52})


def draw_histories(histories: Mapping[str, pd.DataFrame], colours: Mapping[str, str]) -> go.Figure:
    """Loss of train and val, and AUC and accuracy, by epoch, as far as a history has them; dotted where another stage
    begins."""
    figure = make_subplots(1, 2, subplot_titles=["loss, train and (dashed) val", "AUC and accuracy"],
                           horizontal_spacing=0.07)
    for name, history in histories.items():
        line = {"color": colours[name], "width": 2}
        for column, dash, label in (("loss", "solid", "train"), ("val_loss", "dash", "val")):
            if column not in history:
                continue
            figure.add_scatter(
                x=history["epoch"], y=history[column], mode="lines", line={**line, "dash": dash}, name=name,
                showlegend=False, hovertemplate=f"epoch %{{x}}: {label} loss %{{y:.4f}}<extra></extra>", row=1, col=1,
            )
        for column, dash, label in (("val_auc", "solid", "mean AUC of val"),
                                    ("val_accuracy", "dash", "accuracy of val"), ("accuracy", "dot", "of train")):
            if column in history:
                figure.add_scatter(x=history["epoch"], y=history[column], mode="lines+markers", name=f"{name}, {label}",
                                   line={**line, "dash": dash}, marker={"size": 5}, row=1, col=2,
                                   hovertemplate=f"epoch %{{x}}: {label} %{{y:.3f}}<extra></extra>")
        if "val_auc_within_view" in history:  # what most recipes choose their epoch by
            figure.add_scatter(
                x=history["epoch"], y=history["val_auc_within_view"], mode="lines", line={**line, "dash": "dashdot"},
                name=name, showlegend=False, row=1, col=2,
                hovertemplate="epoch %{x}: mean AUC of val within a view %{y:.3f}<extra></extra>",
            )
        if "stage" in history:
            for epoch in history["epoch"][history["stage"].diff() > 0]:
                figure.add_vline(epoch - 0.5, line={"color": colours[name], "width": 1, "dash": "dot"}, opacity=0.7)
    most = max((float(one["epoch"].max()) for one in histories.values()), default=1.0)
    figure.update_xaxes(title="epoch", gridcolor=GRID, zeroline=False, range=[0.5, most + 0.5])
    figure.update_yaxes(gridcolor=GRID, zeroline=False)
    figure.update_annotations(font={"size": 12})
    # above the charts: wherever else it stands, some model's curve runs below it
    figure.update_layout(legend={"orientation": "h", "x": 0, "y": 1.1, "yanchor": "bottom", "font": {"size": 11}})
    return dark(figure, height=400, margin={"l": 48, "r": 8, "t": 70, "b": 54})


def draw_confusion(confusion: Confusion) -> go.Figure:
    """Counts by true class (rows) and called class, shaded by the share of the row; each cell can be clicked."""
    counts = np.array(confusion.counts)
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    keys = list(confusion.classes)
    figure = go.Figure(go.Heatmap(
        z=share, x=keys, y=keys, zmin=0, zmax=1, colorscale=[[0, "#0e151d"], [1, "#1f6f9f"]], showscale=False,
        xgap=3, ygap=3, hoverinfo="skip",
    ))
    across, up = np.meshgrid(keys, keys)
    text = [f"{count:,}<br>{part:.0%}" for count, part in zip(counts.ravel(), share.ravel(), strict=True)]
    figure.add_scatter(  # what a click meets: cells of a heat map cannot be selected
        x=across.ravel(), y=up.ravel(), mode="markers+text", text=text, textfont={"size": 15, "color": INK},
        marker={"size": 70, "opacity": 0, "symbol": "square"}, selected={"marker": {"opacity": 0}},
        unselected={"marker": {"opacity": 0}, "textfont": {"color": INK}}, showlegend=False,
        hovertemplate="%{y}, called %{x}: %{text}<extra></extra>",
    )
    figure.update_xaxes(title="called", side="bottom", showgrid=False)
    figure.update_yaxes(title="true", autorange="reversed", showgrid=False)
    return dark(figure, height=110 + 100 * len(keys), margin={"l": 90, "r": 10, "t": 10, "b": 48})


def draw_accuracies(
    ours: Sequence[tuple[str, Rate]], paper: PublishedAccuracy | None, colour: str
) -> go.Figure:
    """Accuracy by set of films with its 95% interval, and, hollow, what the paper gives of test and validation films of
    its own."""
    labels = [films for films, _ in ours]
    values = np.array([(rate.value, rate.low, rate.high) for _, rate in ours]).reshape(-1, 3)
    figure = go.Figure()
    if paper is not None:
        places = [f"published, {films}" for films in ("test", "validation")]
        labels += places
        figure.add_scatter(
            x=[paper.test, paper.val], y=places, mode="markers",
            name=f"{paper.name} {paper.year}, on films of their own",
            marker={"size": 10, "color": FAINT, "symbol": "x-thin-open", "line": {"width": 2}},
            hovertemplate=f"{paper.name} {paper.year}: %{{x:.1%}}<extra></extra>",
        )
    figure.add_scatter(
        x=values[:, 0], y=labels[:len(ours)], mode="markers", name="measured here", marker={"size": 9, "color": colour},
        error_x={"type": "data", "symmetric": False, "array": values[:, 2] - values[:, 0],
                 "arrayminus": values[:, 0] - values[:, 1], "thickness": 1.2},
        customdata=values[:, 1:],
        hovertemplate="%{x:.1%} (%{customdata[0]:.1%} to %{customdata[1]:.1%})<extra></extra>",
    )
    figure.update_yaxes(categoryorder="array", categoryarray=labels[::-1], gridcolor=GRID)
    figure.update_xaxes(title="accuracy", range=[0, 1.01], tickformat=".0%", gridcolor=GRID, zeroline=False)
    figure.update_layout(legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "font": {"size": 11}})
    return dark(figure, height=110 + 26 * len(labels), margin={"l": 4, "r": 12, "t": 34, "b": 44})


def draw_published(
    ours: Mapping[str, Sequence[Worth]], papers: Sequence[Published], findings: Sequence[str],
    colours: Mapping[str, str], *, dashes: Mapping[str, str] = MappingProxyType({}),
    remarks: Mapping[str, str] = MappingProxyType({}),
) -> go.Figure:
    """AUC by finding, and at the top the mean without No Finding: ours with intervals, and published ones, hollow.

    Each paper has a symbol of its own: a closed shape where it is of NIH's official test list, a thin cross where it is
    of other films. What ours has of fewer than 10 positives is pale; where a colour comes again, it has another shape,
    as its curves are dashed otherwise. `remarks` stand behind a model's name, as in `draw_roc`.
    """
    figure = go.Figure()
    places = {MEAN: MEAN, **{key: title_of(key) for key in findings}}
    of_kind = {True: 0, False: 0}
    for paper in papers:
        auc = {MEAN: paper.mean, **paper.auc}
        known = [key for key in places if key in auc and np.isfinite(auc[key])]
        symbol = _SYMBOLS[paper.official][of_kind[paper.official] % len(_SYMBOLS[paper.official])]
        of_kind[paper.official] += 1
        figure.add_scatter(
            x=[auc[key] for key in known], y=[places[key] for key in known], mode="markers", name=paper.name,
            opacity=1 if paper.official else 0.7, customdata=[_mean_over(key, paper.mean_of) for key in known],
            hovertemplate=f"{paper.name}: %{{x:.3f}}%{{customdata}}<extra></extra>",
            marker={"size": 9, "color": INK if paper.official else FAINT, "symbol": symbol, "line": {"width": 1.5}},
        )
    for name, rows in ours.items():
        for claims in (True, False):
            part = [one for one in rows if one.claims is claims and one.finding in places and np.isfinite(one.auc)]
            values = np.array([(one.auc, *one.by_patient) for one in part]).reshape(-1, 3)
            labels = [places[one.finding] for one in part]
            if claims and np.isfinite(mean := mean_auc(rows)):
                values, labels = np.r_[values, [[mean, np.nan, np.nan]]], [*labels, MEAN]
            if not labels:
                continue
            figure.add_scatter(
                x=values[:, 0], y=labels, mode="markers", name=remarked(name, remarks), legendgroup=name,
                showlegend=claims, opacity=1 if claims else PALE,
                marker={"size": 9, "color": colours[name], "symbol": _SHAPES[dashes.get(name, DASHES[0])]},
                error_x={"type": "data", "symmetric": False, "array": values[:, 2] - values[:, 0],
                         "arrayminus": values[:, 0] - values[:, 1], "thickness": 1.2},
                customdata=[_mean_over(label, len(averaged(rows))) for label in labels],
                hovertemplate=f"{remarked(name, remarks)}: %{{x:.3f}}%{{customdata}}"
                              f"{'' if claims else ', no claim'}<extra></extra>",
            )
    figure.add_vline(0.5, line={"color": FAINT, "width": 1, "dash": "dot"})
    figure.update_yaxes(categoryorder="array", categoryarray=list(places.values())[::-1], gridcolor=GRID)
    figure.update_xaxes(title="AUC", gridcolor=GRID, zeroline=False)
    figure.update_layout(legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "font": {"size": 11},
                                 "tracegroupgap": 0})
    return dark(figure, height=165 + 27 * len(findings), margin={"l": 4, "r": 12, "t": 60, "b": 44})


def _mean_over(place: str, count: int) -> str:
    """What is said behind a mean: one over fewer findings is another measure."""
    return f", mean of {count} findings" if place == MEAN else ""


def mean_auc(rows: Sequence[Worth]) -> float:
    """The mean AUC of the findings that have one, without No Finding; NaN where none has."""
    known = averaged(rows)
    return float(np.mean([one.auc for one in known])) if known else float("nan")


def averaged(rows: Sequence[Worth]) -> list[Worth]:
    """The findings that a mean is over: those that have an AUC, without No Finding."""
    return [one for one in rows if one.finding != NO_FINDING and np.isfinite(one.auc)]
