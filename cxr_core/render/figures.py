"""Numbers -> Plotly figures: calm on dark, one colour for a model everywhere, safe for the colour-blind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from cxr_core.evaluation.averages import Averages
from cxr_core.evaluation.curves import FEWEST, PrecisionRecall, RocCurve
from cxr_core.findings import title_of
from cxr_core.render.html_table import number, three_digits

# Okabe and Ito's palette, its black left out and its dark blue lifted for a dark ground; then, where a reader's own
# results stand beside all models, Paul Tol's light scheme, made for the colour-blind as well.
PALETTE = (
    "#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#F0E442", "#D55E00", "#7AA6FF", "#B0B7C3",
    "#EE8866", "#BBCC33", "#FFAABB", "#44BB99", "#AAAA00", "#99DDFF", "#EEDD88", "#77AADD",
)
DASHES = ("solid", "dashdot", "longdash")  # of each turn of the palette
_POOLED = {"solid": "dash", "dashdot": "dot", "longdash": "longdashdot"}  # of a second line of the same model
INK, FAINT, GRID, GROUND = "#dfe6ee", "#8fa1b5", "#1a2430", "#0b0f14"

_LINES = {"gridcolor": "#283442", "linecolor": "#506784", "zerolinecolor": "#283442", "zerolinewidth": 2, "ticks": "",
          "title": {"standoff": 15}, "automargin": True}
# what these figures need of Plotly's own dark dress: the whole of it is validated and sent anew with every figure
TEMPLATE = go.layout.Template(
    layout={
        "hoverlabel": {"align": "left"}, "xaxis": _LINES, "yaxis": _LINES,
        "autotypenumbers": "strict", "title": {"x": 0.05}, "shapedefaults": {"line": {"color": INK}},
        "annotationdefaults": {"arrowcolor": INK, "arrowhead": 0, "arrowwidth": 1},
    },
    data={
        "bar": [{"error_x": {"color": INK}, "error_y": {"color": INK},
                 "marker": {"line": {"color": GROUND, "width": 0.5}}}],
        "heatmap": [{"colorbar": {"outlinewidth": 0, "ticks": ""}}],
        "scatter": [{"marker": {"line": {"color": "#283442"}}}],
        "scattergl": [{"marker": {"line": {"color": "#283442"}}}],
    },
)


def colour_of(model_id: str, models: Sequence[str]) -> str:
    """A model's colour, by its place among all models there are."""
    return PALETTE[models.index(model_id) % len(PALETTE)]


def dash_of(model_id: str, models: Sequence[str]) -> str:
    """How a model's lines are dashed: solid, until the palette's colours are used up and begin anew."""
    return DASHES[models.index(model_id) // len(PALETTE) % len(DASHES)]


MOST = 1000  # points of a curve that are drawn: a million rows would only burden the browser
PALE = 0.35  # opacity of a line that makes no claim
FITTED = 0.1  # recall from which on precision hangs on more than the first few films that are called
_NARROW = 520  # px: how wide a plot is at least on a page 1440 px wide


@dataclass(frozen=True)
class Mark:
    """A point of a ROC curve that is pointed at, and in a word what it is."""

    false: float
    true: float
    colour: str
    words: str


def draw_roc(
    curves: Mapping[str, RocCurve], colours: Mapping[str, str],
    bands: Mapping[str, tuple[np.ndarray, np.ndarray, np.ndarray]] | None = None, title: str = "",
    marks: Sequence[Mark] = (), *, dashes: Mapping[str, str] = MappingProxyType({}),
    remarks: Mapping[str, str] = MappingProxyType({}),
) -> go.Figure:
    """ROC curves of several models, each with its 95% band; hover tells threshold, sensitivity, specificity and PPV.

    A curve's points can be clicked; its `legendgroup` is the model's name. Curves of fewer than 10 positives are pale,
    and so are their bands.
    `remarks` stand behind a model's name: why it is none to set beside the others.
    """
    figure = go.Figure()
    for name, (grid, low, high) in (bands or {}).items():
        opacity = 0.16 * (1 if curves[name].positives >= FEWEST else PALE)
        figure.add_scatter(
            x=np.r_[grid, grid[::-1]], y=np.r_[high, low[::-1]], fill="toself",
            fillcolor=_pale(colours[name], opacity), line_width=0, hoverinfo="skip", showlegend=False,
            name=f"{name}, 95%", legendgroup=name,
        )
    unseen = {"marker": {"opacity": 0}}  # points that a click can meet, and that do not show
    undrawn = {"marker": {"opacity": 0, "maxdisplayed": 1}}  # a thousand circles a curve took most of its time
    for name, curve in curves.items():
        at = thinned(len(curve.false))
        beside = np.c_[1 - curve.false, curve.predictive_value()][at]
        figure.add_scatter(
            x=curve.false[at], y=curve.true[at], mode="lines+markers",
            line={"color": colours[name], "width": 2, "dash": dashes.get(name, "solid")},
            name=f"{remarked(name, remarks)}  {number(curve.auc)}", customdata=beside, legendgroup=name, **undrawn,
            selected=unseen, unselected=unseen, opacity=1 if curve.positives >= FEWEST else PALE,
            text=[three_digits(threshold) for threshold in curve.thresholds[at]],
            hovertemplate=f"{remarked(name, remarks)}<br>threshold %{{text}}<br>sensitivity %{{y:.1%}}<br>"
                          "specificity %{customdata[0]:.1%}<br>PPV on these films %{customdata[1]:.1%}<extra></extra>",
        )
    _chance(figure)
    for mark in marks:
        figure.add_scatter(
            x=[mark.false], y=[mark.true], mode="markers", showlegend=False, hoverinfo="skip", name=mark.words,
            marker={"size": 13, "color": mark.colour, "symbol": "circle", "line": {"color": INK, "width": 2}},
        )
        figure.add_annotation(
            x=mark.false, y=mark.true, text=mark.words, ax=16, ay=20, xanchor="left", arrowcolor=FAINT, arrowwidth=1,
            font={"size": 12, "color": INK}, bgcolor="rgba(11,15,20,.7)",
        )
    _square(figure, "1 − specificity", "sensitivity", title)
    return figure.update_layout(dragmode="zoom")


def remarked(name: str, remarks: Mapping[str, str]) -> str:
    """A model's name, with why it is none to set beside the others behind it."""
    return f"{name} ({remarks[name]})" if remarks.get(name) else name


def draw_averages(
    averages: Mapping[str, Averages], colours: Mapping[str, str], *, dashes: Mapping[str, str] = MappingProxyType({}),
    remarks: Mapping[str, str] = MappingProxyType({}),
) -> go.Figure:
    """Average ROC curves by model: macro, and micro, dashed (otherwise than macro, where that is as well).

    A model has one entry in the legend, with both areas.
    """
    figure = go.Figure()
    for name, one in averages.items():
        dash = dashes.get(name, "solid")
        looks = {"macro": ("mean", {"width": 2, "dash": dash}),
                 "micro": ("pooled", {"width": 1.6, "dash": _POOLED[dash]})}
        areas = ", ".join(f"{kind} {number(area)}" for kind, _, area in one.lines)
        for kind, (false, true), _ in one.lines:
            at, (what, line) = thinned(len(false)), looks[kind]
            figure.add_scatter(
                x=false[at], y=true[at], mode="lines", name=f"{remarked(name, remarks)}  {areas}", legendgroup=name,
                line={"color": colours[name], **line}, showlegend=kind == "macro",
                hovertemplate=f"{remarked(name, remarks)}<br>{what} sensitivity %{{y:.1%}} at 1 − specificity "
                              "%{x:.1%}<extra></extra>",
            )
    _chance(figure)
    _square(figure, "1 − specificity", "sensitivity (dashed: micro)", "")
    return figure


def draw_roc_grid(
    curves: Mapping[str, Mapping[str, RocCurve]], colours: Mapping[str, str], columns: int = 5,
    dashes: Mapping[str, str] = MappingProxyType({}), remarks: Mapping[str, str] = MappingProxyType({}),
) -> go.Figure:
    """One small ROC a finding, all models in each; a finding of fewer than 10 positives is pale.

    The charts have no legend: `remarks` stand in a line under them, and where a curve is pointed at.
    """
    findings = list(curves)
    rows = -(-len(findings) // columns)
    figure = make_subplots(rows, columns, subplot_titles=[_small_title(key, curves[key]) for key in findings],
                           horizontal_spacing=0.03, vertical_spacing=0.24 / rows)
    for place, finding in enumerate(findings):
        row, column = divmod(place, columns)
        where = {"row": row + 1, "col": column + 1}
        figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", line={"color": FAINT, "width": 0.7, "dash": "dot"},
                           hoverinfo="skip", showlegend=False, **where)
        for name, curve in curves[finding].items():
            at = thinned(len(curve.false), MOST // 5)
            figure.add_scatter(
                x=curve.false[at], y=curve.true[at], mode="lines",
                line={"color": colours[name], "width": 1.6, "dash": dashes.get(name, "solid")},
                opacity=1 if curve.positives >= FEWEST else PALE, name=name, showlegend=False,
                hovertemplate=f"{remarked(name, remarks)}<br>sensitivity %{{y:.1%}} at 1 − specificity %{{x:.1%}}"
                              "<extra></extra>", **where,
            )
    figure.update_xaxes(range=[0, 1], showticklabels=False, gridcolor=GRID, zeroline=False, dtick=0.5)
    figure.update_yaxes(range=[0, 1.01], showticklabels=False, gridcolor=GRID, zeroline=False, dtick=0.5)
    figure.update_annotations(font={"size": 11, "color": INK})
    dark(figure, height=170 * rows + 20, margin={"l": 4, "r": 4, "t": 24, "b": 4})
    apart = [remarked(name, remarks) for name in dict.fromkeys(name for told in curves.values() for name in told)
             if remarks.get(name)]
    return stamped(figure, [f"Not to be set beside the others: {', '.join(apart)}"] if apart else [])


def draw_precision_recall(
    lines: Mapping[str, PrecisionRecall], shares: Mapping[str, tuple[int, int]],
    colours: Mapping[str, str], title: str = "", *, dashes: Mapping[str, str] = MappingProxyType({}),
    remarks: Mapping[str, str] = MappingProxyType({}),
) -> go.Figure:
    """Precision over recall of several models, and the prevalence: the precision of calling every film.

    The lines are steps, so that the area under them is the average precision that tables give: straight lines between
    the points would hold more. The scale ends above what there is from a recall of `FITTED` on, as a rare finding would
    lie in its lowest part; what the first few films that are called come to may lie above, and is found by zooming out.
    `shares` are by model the films with the finding and all its films: each that there is has a line of its own, with
    the names of its models where there are several.
    """
    figure = go.Figure()
    for name, line in lines.items():
        at = line.rises[thinned(len(line.rises))]
        figure.add_scatter(
            x=line.recall[at], y=line.precision[at], mode="lines", name=remarked(name, remarks), legendgroup=name,
            line={"color": colours[name], "width": 2, "dash": dashes.get(name, "solid"), "shape": "vh"},
            opacity=1 if shares[name][0] >= FEWEST else PALE, text=list(map(three_digits, line.thresholds[at])),
            hovertemplate=f"{remarked(name, remarks)}<br>threshold %{{text}}<br>recall %{{x:.1%}}<br>"
                          "precision %{y:.1%}<extra></extra>",
        )
    sets = dict.fromkeys(shares[name] for name in lines)
    for positives, films in sets:
        of = [name for name in lines if shares[name] == (positives, films)]
        figure.add_hline(
            positives / films, line={"color": FAINT, "width": 1, "dash": "dot"}, annotation_position="top left",
            annotation={"text": f"prevalence {positives / films:.1%}" + (f", {', '.join(of)}" if len(sets) > 1 else ""),
                        "font": {"size": 11, "color": FAINT}},
        )
    _square(figure, "recall (sensitivity)", "precision (PPV)", title)
    figure.update_yaxes(range=[0, fitted_to(lines, [positives / films for positives, films in sets])])
    return figure.update_layout(dragmode="zoom")


def fitted_to(lines: Mapping[str, PrecisionRecall], prevalences: Sequence[float]) -> float:
    """Where the scale of precision ends: above the lines from a recall of `FITTED` on, and above the prevalences."""
    heights = [line.precision[line.rises][line.recall[line.rises] >= FITTED].max() for line in lines.values()]
    return min(1.005, 1.25 * max([*heights, *prevalences], default=1.0))


def stamped(figure: go.Figure, lines: Sequence[str]) -> go.Figure:
    """The figure with small lines under it that say what it was made of: they leave with its picture."""
    if not lines:
        return figure
    depth = figure.layout.margin.b or 0
    figure.add_annotation(
        text="<br>".join(lines), x=0, y=0, xref="paper", yref="paper", xanchor="left", yanchor="top", align="left",
        yshift=-depth, showarrow=False, font={"size": 10, "color": FAINT},
    )
    more = 13 * len(lines) + 6
    return figure.update_layout(margin={"b": depth + more}, height=figure.layout.height + more)


def thinned(count: int, most: int = MOST) -> np.ndarray:
    """Places of at most `most` of `count` points, evenly chosen, the first and the last among them."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(int))


def _small_title(finding: str, curves: Mapping[str, RocCurve]) -> str:
    """The finding, the AUC of a curve that is alone, and the films with it, where they are as many for all curves."""
    if not curves:
        return f"{title_of(finding)} · one class only"
    counts = {curve.positives for curve in curves.values()}
    told = [f"{curve.auc:.2f}" for curve in curves.values()] if len(curves) == 1 else []
    told += [f"{count:,}+" for count in counts] if len(counts) == 1 else []
    return " · ".join([title_of(finding), *told])


def _chance(figure: go.Figure) -> None:
    figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", line={"color": FAINT, "width": 1, "dash": "dot"},
                       hoverinfo="skip", showlegend=False)


def _square(figure: go.Figure, across: str, up: str, title: str) -> None:
    figure.update_xaxes(
        title=across, range=[0, 1], gridcolor=GRID, zeroline=False, tickformat=".0%", constrain="domain"
    )
    figure.update_yaxes(title=up, range=[0, 1.005], gridcolor=GRID, zeroline=False, tickformat=".0%")
    # above the plot: in it, it would cover curves. A saved picture has not the page's own font: names measured in it
    # would be cut short by a wider one
    figure.update_layout(title={"text": title, "font": {"size": 14}}, legend={
        "orientation": "h", "x": 0, "y": 1.01, "yanchor": "bottom", "tracegroupgap": 0,
        "font": {"size": 11, "family": "system-ui, sans-serif"},
    })
    above = (34 if title else 10) + 19 * _legend_lines(figure)
    dark(figure, height=460 + above, margin={"l": 60, "r": 24, "t": above, "b": 48})


def _legend_lines(figure: go.Figure) -> int:
    """How many lines a legend above the figure takes at most: the figure is so much taller, and its plot no smaller.

    Each name is a group of its own, so that they follow each other as words do, not in columns as wide as the longest.
    """
    lines, left = 0, 0
    for name in (one.name for one in figure.data if one.showlegend is not False):
        wide = 45 + 6 * len(name)
        lines, left = (lines, left - wide) if wide <= left else (lines + 1, _NARROW - wide)
    return lines


def dark(figure: go.Figure, **layout) -> go.Figure:
    """The figure in the house's dark dress, with what else its layout needs."""
    return figure.update_layout(template=TEMPLATE, paper_bgcolor=GROUND, plot_bgcolor="#0e151d",
                                font={"family": "Source Sans, system-ui, sans-serif", "color": INK},
                                hovermode="closest", **layout)


def _pale(colour: str, opacity: float) -> str:
    red, green, blue = (int(colour[place:place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity:.3g})"
