"""Do the maps lie where NIH's readers drew boxes?"""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from cxr_core.evaluation.localisation import MEASURES
from cxr_core.evaluation.published import PUBLISHED_LOCALISATION
from cxr_core.evaluation.sheets import Sheet
from cxr_core.localising import CONTROLS, rates, stored_boxes
from cxr_core.methods import METHODS
from cxr_core.models.weights import weights_folder
from cxr_core.render.figures import stamped
from cxr_core.render.trust_figures import draw_hits
from cxr_core.ui import stored
from cxr_core.ui.tables import number
from cxr_core.ui.trust.choice import Choice
from cxr_core.ui.trust.downloads import save_sheet, show_table
from cxr_core.ui.trust.figures import show_figure


def show_boxes(choice: Choice) -> None:
    """Do the maps lie where NIH's readers drew boxes? Stored by `evaluate-boxes`."""
    files = {model_id: file for model_id in choice.ids if (file := stored_boxes(model_id, weights_folder()))}
    if not files:
        st.info(f"No map was judged on drawn boxes yet. Judge them: python -m cxr_core evaluate-boxes {choice.ids[0]}")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        model_id = st.selectbox("Model", list(files), key="boxes_model", format_func=stored.title, width=320)
        measure = st.segmented_control("Measure", MEASURES, default="iobb_0.25", key="boxes_measure",
                                       required=True, format_func=_measure)
    file, changed = str(files[model_id]), files[model_id].stat().st_mtime_ns
    told, boxes, images = _judged(file, changed)
    digest = next(one.digest for one in choice.models if one.id == model_id)
    line = f"{model_id} sha256 {digest[:8]}: {boxes} boxes that NIH's readers drew on {images} test films"
    show_figure(_figure(file, changed, measure, line), "hits", f"boxes-{measure}-{model_id}",
                alt="Share of drawn boxes that each method's maps hit")
    save_sheet(Sheet(("method", "measure", "boxes", "patients", "value", "low", "high"), tuple(
        (method, one.measure, one.boxes, one.patients, one.value, one.low, one.high)
        for method, rows in told.items() for one in rows
    )), f"boxes {model_id}")
    heads = ["published, mean of 8 findings", "IoBB over .1", ".25", ".5", "pointing"]
    show_table(heads, [
        [one.name, *(number(value) for value in one.iobb), number(one.pointing)] for one in PUBLISHED_LOCALISATION
    ], "published boxes", [True] * len(PUBLISHED_LOCALISATION))
    st.caption(f"{boxes} boxes on {images} films; bars are 95% intervals by patient. The published rows are of all 984 "
               "boxes, by other networks, and their boxes were made otherwise: they show the range, not a rank.")


@st.cache_resource(max_entries=16, show_spinner="Drawing patients, 1,000 times …")
def _judged(file: str, changed: int):
    table = pd.read_parquet(file)
    return rates(table), len(table[["image", "box"]].drop_duplicates()), int(table["image"].nunique())


@st.cache_resource(max_entries=64, show_spinner=False)
def _figure(file: str, changed: int, measure: str, line: str) -> go.Figure:
    return stamped(draw_hits(_judged(file, changed)[0], METHODS | CONTROLS, measure), [line])


def _measure(name: str) -> str:
    kind, _, at = name.partition("_")
    return {"iobb": "IoBB", "iou": "IoU"}.get(kind, kind) + (f" > {at.lstrip('0')}" if at else "")
