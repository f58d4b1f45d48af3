"""The page's figures, each drawn once for what it shows, and how they leave: by the camera above them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

import plotly.graph_objects as go
import streamlit as st

from cxr_core.evaluation.averages import macro_average, micro_average
from cxr_core.evaluation.calibration import reliability
from cxr_core.evaluation.curves import RocCurve, precision_recall
from cxr_core.evaluation.stamp import in_lines
from cxr_core.findings import NO_FINDING
from cxr_core.render import figures
from cxr_core.ui import stored
from cxr_core.ui.trust.choice import Choice

FORMATS = ("SVG", "PNG")


def show_figure(
    figure: go.Figure, key: str, name: str, *, alt: str, on_select: Literal["ignore"] | Callable[[], None] = "ignore"
) -> None:
    """A figure with a camera that saves it, under this name, in the format chosen among the downloads."""
    kind = str(st.session_state.get("figure_format", FORMATS[0])).lower()
    st.plotly_chart(figure, key=key, alt=alt, on_select=on_select, selection_mode="points", config={
        "displaylogo": False, "modeBarButtons": [["toImage"]],
        "toImageButtonOptions": {"format": kind, "filename": name.replace(" ", "-"), "scale": 2},
    })


@st.cache_resource(max_entries=64, show_spinner=False)
def roc_figure(choice: Choice, marks: tuple[figures.Mark, ...]) -> go.Figure:
    """ROC curves of a finding with their bands by patient, and the points to be marked."""
    curves = {one.id: stored.roc(one.id, choice.films, choice.finding) for one in choice.having}
    bands = {one.id: stored.band(one.digest, one.id, choice.films, choice.finding) for one in choice.having}
    return _stamped(figures.draw_roc(curves, choice.colours, bands, marks=marks), choice)


@st.cache_resource(max_entries=64, show_spinner=False)
def precision_figure(choice: Choice) -> go.Figure:
    """Precision over recall of a finding."""
    first = stored.roc(choice.having[0].id, choice.films, choice.finding)
    prevalence = first.positives / first.n
    return _stamped(figures.draw_precision_recall(precision_lines(choice), prevalence, choice.colours), choice)


def precision_lines(choice: Choice) -> dict[str, tuple]:
    """Recall and precision by model."""
    return {one.id: precision_recall(*_scores(one.id, choice)) for one in choice.having}


@st.cache_resource(max_entries=64, show_spinner=False)
def reliability_figure(choice: Choice) -> go.Figure:
    """Share of ill films over calibrated probability."""
    return _stamped(figures.draw_reliability(reliability_bins(choice), choice.colours), choice)


def reliability_bins(choice: Choice) -> dict[str, tuple]:
    """Mean probability, share and its interval by model."""
    return {one.id: reliability(*_scores(one.id, choice)) for one in choice.having}


@st.cache_resource(max_entries=64, show_spinner=False)
def averages_figure(choice: Choice) -> go.Figure | None:
    """Macro and micro average of each model, over the findings it has ROC curves of; None where there is none."""
    averages = {}
    for one in choice.models:
        told = stored.results(one.id, choice.films)
        curves = {key: curve for key in told.findings
                  if key != NO_FINDING and (curve := stored.roc(one.id, choice.films, key))}
        if curves:
            columns = [told.column(key) for key in curves]
            area = sum(curve.auc for curve in curves.values()) / len(curves)
            micro = micro_average(told.labels[:, columns], told.probability[:, columns])
            averages[one.id] = (macro_average(list(curves.values())), area, micro)
    return _stamped(figures.draw_averages(averages, choice.colours), choice) if averages else None


@st.cache_resource(max_entries=32, show_spinner=False)
def grid_figure(choice: Choice) -> go.Figure:
    """A small ROC of every finding."""
    return _stamped(figures.draw_roc_grid(grid_curves(choice), choice.colours), choice)


def grid_curves(choice: Choice) -> Mapping[str, Mapping[str, RocCurve]]:
    """ROC curves by finding and model."""
    return {
        key: {one: curve for one in choice.ids if (curve := stored.roc(one, choice.films, key))}
        for key in choice.findings
    }


def _scores(model_id: str, choice: Choice) -> tuple:
    told = stored.results(model_id, choice.films)
    column = told.column(choice.finding)
    return told.labels[:, column], told.probability[:, column]


def _stamped(figure: go.Figure, choice: Choice) -> go.Figure:
    return figures.stamped(figure, in_lines(choice.stamps))
