"""The page's figures, each drawn once for what it shows, and how they leave: by the camera above them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from cxr_core.evaluation.averages import Averages
from cxr_core.evaluation.calibration import Calibration, reliability
from cxr_core.evaluation.curves import PrecisionRecall, RocCurve, precision_recall
from cxr_core.evaluation.drawn import Band
from cxr_core.evaluation.stamp import in_lines
from cxr_core.render import figures
from cxr_core.render.calibration_figure import draw_calibration
from cxr_core.ui import clicks, measured, stored
from cxr_core.ui.job import Job
from cxr_core.ui.trust.choice import Choice, Shown

FORMATS = ("SVG", "PNG")
ZOOM = ["zoom2d", "pan2d", "zoomIn2d", "zoomOut2d", "resetScale2d"]


def show_figure(
    figure: go.Figure, key: str, name: str, *, alt: str, zoom: bool = False,
    on_click: Callable[[Mapping[str, Any]], None] | None = None,
) -> None:
    """A figure with a camera that saves it, under this name, in the format chosen among the downloads; with `zoom` its
    axes can be drawn closer, and set back.

    Its zoom then stays for its name when it is drawn anew, as `keep_zoom` has it. `on_click` is called with the
    "points" that were clicked, as `clicks.watch` has it.
    """
    if zoom:
        figure.update_layout(uirevision=name)
    kind = str(st.session_state.get("figure_format", FORMATS[0])).lower()
    on_select = "rerun" if on_click else "ignore"
    st.plotly_chart(figure, key=key, alt=alt, on_select=on_select, selection_mode="points", config={
        "displaylogo": False, "modeBarButtons": [["toImage"], ZOOM] if zoom else [["toImage"]],
        "toImageButtonOptions": {"format": kind, "filename": name.replace(" ", "-"), "scale": 2},
    })
    if on_click:
        clicks.watch(key, on_click)


@st.cache_resource(max_entries=64, show_spinner=False)
def roc_figure(choice: Choice, banded: tuple[str, ...], marks: tuple[figures.Mark, ...]) -> go.Figure:
    """ROC curves of a finding, the bands by patient of those whose band is drawn, and the points to be marked."""
    having = choice.having
    curves = {one.id: choice.curve(one) for one in having}
    bands = {one.id: band_of(one, choice).result() for one in having if one.id in banded}
    figure = figures.draw_roc(curves, choice.colours, bands, marks=marks, dashes=choice.dashes, remarks=choice.marks)
    return _stamped(figure, choice)


def band_of(model: Shown, choice: Choice) -> Job[Band]:
    """The band of a model's ROC curve, perhaps still being drawn."""
    return measured.band(model.digest, model.id, choice.films, choice.finding)


@st.cache_resource(max_entries=64, show_spinner=False)
def precision_figure(choice: Choice) -> go.Figure:
    """Precision over recall of a finding."""
    curves = {one.id: choice.curve(one) for one in choice.having}
    return _stamped(figures.draw_precision_recall(
        precision_lines(choice), {name: (curve.positives, curve.n) for name, curve in curves.items()}, choice.colours,
        dashes=choice.dashes, remarks=choice.marks,
    ), choice)


def precision_lines(choice: Choice) -> dict[str, PrecisionRecall]:
    """Precision over recall by model."""
    return {one.id: precision_recall(*_scores(one.id, choice)) for one in choice.having}


@st.cache_resource(max_entries=64, show_spinner=False)
def calibration_figure(choice: Choice) -> go.Figure:
    """Share of ill films over the network's own score and over the calibrated probability."""
    return _stamped(draw_calibration(*reliability_bins(choice).values(), choice.colours, choice.dashes, choice.marks),
                    choice)


def reliability_bins(choice: Choice) -> dict[str, dict[str, tuple]]:
    """Mean score, share and its interval by model, before and after calibration."""
    return {
        "before": {one.id: reliability(*_scores(one.id, choice, raw=True)) for one in choice.having
                   if _is_calibrated(one.id, choice)},
        "after": {one.id: reliability(*_scores(one.id, choice)) for one in choice.having},
    }


@st.cache_resource(max_entries=64, show_spinner=False)
def calibrations(choice: Choice) -> dict[str, tuple[Calibration | None, Calibration]]:
    """How far each model's scores are from what comes true, before calibration (None without one) and after."""
    return {
        one.id: (Calibration.of(*_scores(one.id, choice, raw=True)) if _is_calibrated(one.id, choice) else None,
                 Calibration.of(*_scores(one.id, choice)))
        for one in choice.having
    }


@st.cache_resource(max_entries=64, show_spinner=False)
def averages_figure(choice: Choice) -> go.Figure | None:
    """Macro and micro average of each model, over the findings it has ROC curves of; None where there is none."""
    known = averages(choice)
    if not known:
        return None
    return _stamped(figures.draw_averages(known, choice.colours, dashes=choice.dashes, remarks=choice.marks), choice)


@st.cache_resource(max_entries=32, show_spinner=False)
def averages(choice: Choice) -> dict[str, Averages]:
    """The average curves by model."""
    known = {}
    for one in choice.models:
        told = stored.results(one.id, choice.films)
        curves = {key: curve for key in told.findings if (curve := choice.curve(one, key))}
        if (average := Averages.of(told, curves)) is not None:
            known[one.id] = average
    return known


@st.cache_resource(max_entries=32, show_spinner=False)
def grid_figure(choice: Choice) -> go.Figure:
    """A small ROC of every finding."""
    return _stamped(figures.draw_roc_grid(
        grid_curves(choice), choice.colours, dashes=choice.dashes, remarks=choice.marks), choice)


def grid_curves(choice: Choice) -> Mapping[str, Mapping[str, RocCurve]]:
    """ROC curves by finding and model."""
    return {
        key: {one.id: curve for one in choice.models if (curve := choice.curve(one, key))}
        for key in choice.findings
    }


def _scores(model_id: str, choice: Choice, *, raw: bool = False) -> tuple:
    told = stored.results(model_id, choice.films)
    column = told.column(choice.finding)
    return told.labels[:, column], (told.raw if raw else told.probability)[:, column]


def _is_calibrated(model_id: str, choice: Choice) -> bool:
    """Whether calibration made other scores of the network's own."""
    raw, probability = (_scores(model_id, choice, raw=raw)[1] for raw in (True, False))
    return not np.array_equal(raw, probability)


def _stamped(figure: go.Figure, choice: Choice) -> go.Figure:
    return figures.stamped(figure, in_lines(choice.stamps))
