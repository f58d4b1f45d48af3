"""A map of films as a Plotly figure: one dot a film, coloured by what is known of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from cxr_core.render.figures import FAINT, GROUND, INK, PALETTE, dark

_REST, _PALE = "#2b3846", "#52657a"
_NOT = ("without", "unknown")  # how words begin that say a film has it not: pale, and behind the others
_FEW_MORE = [[0, "#26506e"], [0.5, "#56b4e9"], [1, "#f0e442"]]
_SIDE = 1.04  # the map is -1 to 1


def draw_map(
    places: np.ndarray, xy: np.ndarray, values: Sequence[str] | np.ndarray, words: Sequence[str], bright: np.ndarray,
    title: str = "", picked: np.ndarray | None = None, form: str = ".0f",
) -> go.Figure:
    """Films as dots on which a lasso selects.

    Parameters
    ----------
    places : ndarray of int, shape (films,)
        What a dot carries with it.
    xy : ndarray of shape (films, 2), -1 to 1
    values : of shape (films,)
        What dots are coloured by: words, a colour each as they stand sorted; or numbers, NaN unknown.
    words : of shape (films,)
        What is said of a dot that is pointed at.
    bright : ndarray of bool, shape (films,)
        Which films are asked for; the others are faint and cannot be selected.
    picked : ndarray of bool, shape (films,), optional
        Which stand out.
    """
    figure = go.Figure()
    _dots(figure, xy[~bright], "not selected", _REST, size=4)
    is_number = np.asarray(values).dtype.kind == "f"
    told, words = np.asarray(values), np.asarray(words, object)
    groups = [("known", bright & np.isfinite(told)), ("unknown", bright & ~np.isfinite(told))] if is_number else [
        (str(one), bright & (told == one)) for one in sorted({str(one) for one in told[bright]})
    ]
    groups.sort(key=lambda group: not group[0].startswith(_NOT))  # stable: the order of words stays
    named = [name for name, _ in groups if not name.startswith(_NOT)]
    for name, rows in groups:
        if not rows.any():
            continue
        colour = _PALE
        if not name.startswith(_NOT):
            colour = told[rows] if is_number else PALETTE[named.index(name) % len(PALETTE)]
        label = f"{name}, {int(rows.sum()):,}"
        _dots(figure, xy[rows], label, colour, places[rows], words[rows], None if picked is None else picked[rows],
              scale=(title, form) if is_number and name == "known" else None)
    for axis in (figure.update_xaxes, figure.update_yaxes):
        axis(visible=False, range=[-_SIDE, _SIDE])
    figure.update_yaxes(scaleanchor="x", scaleratio=1)
    figure.update_layout(
        dragmode="lasso", hovermode="closest", uirevision="map", showlegend=not is_number,
        legend={"x": 1.01, "y": 0.94, "traceorder": "reversed", "itemsizing": "constant", "font": {"size": 11}},
        newselection={"line": {"color": INK, "width": 1, "dash": "dot"}},
        modebar={"bgcolor": "rgba(0,0,0,0)", "color": FAINT, "activecolor": INK},
    )
    return dark(figure, height=620, margin={"l": 4, "r": 4, "t": 4, "b": 4})


def _dots(
    figure: go.Figure, xy: np.ndarray, name: str, colour: str | np.ndarray, places: np.ndarray | None = None,
    words: np.ndarray | None = None, picked: np.ndarray | None = None, size: float = 6,
    scale: tuple[str, str] | None = None,
) -> None:
    marker = {"color": colour, "size": size, "opacity": 0.85, "line": {"width": 0.5, "color": GROUND}}
    if scale is not None:
        bar = {"title": {"text": scale[0], "font": {"size": 11}}, "tickformat": scale[1], "thickness": 10, "len": 0.6,
               "outlinewidth": 0, "tickfont": {"size": 10.5}}
        marker |= {"colorscale": _FEW_MORE, "showscale": True, "colorbar": bar}
    figure.add_scattergl(
        x=xy[:, 0], y=xy[:, 1], mode="markers", name=name, marker=marker,
        customdata=None if places is None else places[:, None], text=words, showlegend=places is not None,
        hoverinfo="skip" if places is None else "text",
        selectedpoints=None if picked is None else np.flatnonzero(picked),
        selected={"marker": {"opacity": 1}}, unselected={"marker": {"opacity": 0.85 if picked is None else 0.18}},
    )
