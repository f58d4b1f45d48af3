"""The curves of exclusive classes, each against the others, measured and drawn once."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from cxr_core.evaluation.calibration import reliability
from cxr_core.evaluation.classes import Confusion, Rate
from cxr_core.evaluation.curves import RocCurve, Worth, precision_recall, roc_band, worth
from cxr_core.evaluation.results import Results
from cxr_core.evaluation.stamp import in_lines
from cxr_core.evaluation.summary import measure_findings
from cxr_core.findings import title_of
from cxr_core.render.calibration_figure import draw_calibration
from cxr_core.render.figures import PALETTE, draw_precision_recall, draw_roc, stamped
from cxr_core.ui.trust.choice import Shown
from cxr_core.ui.trust.confusions import class_stamp, confused

_COLOURS = (PALETTE[13], PALETTE[10], PALETTE[9])  # of classes: those of models mean a model


@dataclass(frozen=True)
class ClassCurves:
    """ROC curves, precision over recall, reliability of each class against the others, and a row of figures a class;
    None without a class that has films and leaves others. `bands` are the ROC curves' 95% bands by patient, by class,
    of every class that has a curve."""

    rows: list[Worth]
    bands: dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]
    roc: go.Figure | None
    precision: go.Figure | None
    calibration: go.Figure


@st.cache_resource(max_entries=16, show_spinner="Drawing patients, 1,000 times …")
def class_curves(model: Shown, films: str) -> ClassCurves | None:
    """All of it, of a model on one of its sets of films; None where no film has a class."""
    if (found := confused(model, films)) is None:
        return None
    part, confusion, _ = found
    curves, bands, lines = {}, {}, {}
    for column, key in enumerate(part.findings):
        positive, scores = part.labels[:, column], part.probability[:, column]
        if (curve := RocCurve.from_predictions(positive, scores)) is not None:
            curves[title_of(key)] = curve
            bands[key] = roc_band(positive, scores, part.patients)
            lines[title_of(key)] = precision_recall(positive, scores)
    stamp = in_lines([class_stamp(model, films, part)], 80)
    colours = dict(zip(map(title_of, part.findings), _COLOURS, strict=True))
    roc = draw_roc(curves, colours, {title_of(key): band for key, band in bands.items()}) if curves else None
    shares = {name: (curve.positives, curve.n) for name, curve in curves.items()}
    precision = draw_precision_recall(lines, shares, colours) if curves else None
    is_tempered = not np.array_equal(part.raw, part.probability)
    calibration = draw_calibration(_bins(part, part.raw) if is_tempered else {}, _bins(part, part.probability), colours)
    drawn = (stamped(one, stamp) if one else None for one in (roc, precision, calibration))
    return ClassCurves(_rows(part, confusion), bands, *drawn)


def _bins(part: Results, scores: np.ndarray) -> dict[str, tuple]:
    return {title_of(key): reliability(part.labels[:, c], scores[:, c]) for c, key in enumerate(part.findings)}


def _rows(part: Results, confusion: Confusion) -> list[Worth]:
    """A row a class; sensitivity and specificity are of the likeliest class, as no threshold calls one."""
    told = measure_findings(part.findings, part.labels, part.probability, part.patients)
    rows = [
        worth(one.finding, part.labels[:, c], part.probability[:, c], None, one.interval)
        for c, one in enumerate(told.findings)
    ]
    return [
        replace(row, sensitivity=_value(confusion.sensitivity.get(row.finding)),
                specificity=_value(confusion.specificity.get(row.finding))) for row in rows
    ]


def _value(rate: Rate | None) -> float:
    return float("nan") if rate is None else rate.value
