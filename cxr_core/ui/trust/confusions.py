"""Confusion matrices of stored results, measured and drawn once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from cxr_core.evaluation.classes import Confusion
from cxr_core.evaluation.exclusive import measure_confusion
from cxr_core.evaluation.results import Results
from cxr_core.evaluation.stamp import Stamp, in_lines
from cxr_core.models.registry import MODELS
from cxr_core.render.figures import stamped
from cxr_core.render.trust_figures import draw_confusion
from cxr_core.ui import resources, stored
from cxr_core.ui.trust.choice import Shown


@st.cache_resource(max_entries=16, show_spinner=False)
def confused(model: Shown, films: str) -> tuple[Results, Confusion, go.Figure] | None:
    """The films of a set that have a class by their labels, their confusion matrix and its figure; None without."""
    told = stored.whole(model.id)
    part = told.where((told.films["subset"] == films).to_numpy() & (told.labels.sum(axis=1) == 1))
    if not len(part):
        return None
    confusion = measure_confusion(
        films, part.findings, part.labels.argmax(axis=1), part.probability.argmax(axis=1), np.asarray(part.patients)
    )
    return part, confusion, stamped(draw_confusion(confusion), in_lines([class_stamp(model, films, part)], 80))


def class_stamp(model: Shown, films: str, part: Results) -> Stamp:
    """What figures of these films were made of; a shipped model's sets are of several data sets and labels."""
    made = Stamp.of(part, films, model.weights)
    known = resources.card_of(model.id).subsets if model.id in MODELS else ()
    version = next((one.label_version for one in known if one.name == films), "")
    return replace(made, label_version=version or made.label_version)
