"""Stored results for the pages: read once, measured once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import streamlit as st

from cxr_core.evaluation.comparison import Comparison, compare
from cxr_core.evaluation.curves import RocCurve, Worth, roc_band, worth
from cxr_core.evaluation.results import FILE, Results, load_results, subset
from cxr_core.models.registry import find_spec
from cxr_core.models.weights import find_weights
from cxr_core.ui import resources


def models_with_results() -> list[str]:
    """Ids of the trained models that have stored results on NIH's films; exclusive classes have films of others."""
    return [
        model_id for model_id in resources.trained_models()
        if (find_weights(find_spec(model_id)) / FILE).is_file() and not find_spec(model_id).exclusive
    ]


def results(model_id: str, films: str) -> Results:
    """A model's stored results on one of `SUBSETS`; read from disk once, and again when the file has changed."""
    file = find_weights(find_spec(model_id)) / FILE
    changed = file.stat().st_mtime_ns if file.is_file() else 0
    return _subset(file.parent, films, changed)


@st.cache_resource(max_entries=16, show_spinner=False)
def _subset(folder: Path, films: str, changed: int) -> Results:
    return subset(_whole(folder, changed), films)


@st.cache_resource(max_entries=8, show_spinner="Reading results …")
def _whole(folder: Path, changed: int) -> Results:
    return load_results(folder)


def roc(model_id: str, films: str, finding: str) -> RocCurve | None:
    """The ROC curve of a finding, None where there is one class only or the model has not the finding."""
    told = results(model_id, films)
    if finding not in told.findings:
        return None
    column = told.column(finding)
    return RocCurve.from_predictions(told.labels[:, column], told.probability[:, column])


@st.cache_resource(max_entries=256, show_spinner=False)
def band(digest: str, model_id: str, films: str, finding: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The 95% band of a ROC curve by patient; `digest` is the model's, so that other weights have another band."""
    told = results(model_id, films)
    column = told.column(finding)
    return roc_band(told.labels[:, column], told.probability[:, column], told.patients)


@st.cache_resource(max_entries=64, show_spinner=False)
def rows(digest: str, model_id: str, films: str) -> list[Worth]:
    """A row of figures per finding; the interval by patient is the card's, made when the model was scored."""
    told, card = results(model_id, films), resources.card_of(model_id)
    made = []
    for column, finding in enumerate(told.findings):
        kept = card.finding(finding)
        figure = kept.figures.get(films)
        by_patient = (figure.low, figure.high) if figure else (float("nan"), float("nan"))
        made.append(worth(finding, told.labels[:, column], told.probability[:, column], kept.operating_point, by_patient))
    return made


@st.cache_resource(max_entries=32, show_spinner="Comparing, 1,000 draws of patients …")
def comparison(digests: tuple[str, str], first: str, second: str, films: str) -> Comparison:
    """Two models on the same films."""
    return compare(results(first, films), results(second, films))
