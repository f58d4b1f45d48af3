"""The lower half of the Performance page: groups of people, published figures, training, drawn boxes."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import numpy as np
import pandas as pd
import streamlit as st

from cxr_core.evaluation.localisation import MEASURES
from cxr_core.evaluation.published import PUBLISHED, PUBLISHED_LOCALISATION
from cxr_core.evaluation.subgroups import Gap, auc_gaps, missed_illness_gaps, sensitivity_gaps
from cxr_core.findings import NIH14, NO_FINDING, title_of
from cxr_core.models.registry import all_models, find_spec
from cxr_core.models.weights import find_weights
from cxr_core.render import trust_figures
from cxr_core.ui import stored
from cxr_core.ui.tables import html_table

QUIET = {"displayModeBar": False}
MEASURES_OF_GROUPS = ("AUC", "sensitivity", "ill films called healthy")


@st.cache_resource(max_entries=64, show_spinner="Drawing patients, 500 times …")
def gaps(digest: str, model_id: str, films: str, finding: str, measure: str) -> tuple[Gap, ...]:
    """A measure by group; `digest` is the model's, so that other weights are measured anew."""
    told = stored.results(model_id, films)
    if measure == "ill films called healthy":
        ill = told.labels[:, [told.column(key) for key in told.findings if key in NIH14]].any(axis=1)
        points = [stored.operating_point(model_id, key) for key in told.findings]
        if NO_FINDING in told.findings:
            healthy = told.probability[:, told.column(NO_FINDING)] >= (points[told.column(NO_FINDING)] or np.inf)
        else:
            limits = np.array([np.inf if point is None else point for point in points])
            healthy = ~(told.probability >= limits).any(axis=1)
        return missed_illness_gaps(told.films, ill, healthy)
    column = told.column(finding)
    if measure == "AUC":
        return auc_gaps(told.films, told.labels[:, column], told.probability[:, column])
    point = stored.operating_point(model_id, finding)
    called = told.probability[:, column] >= (np.inf if point is None else point)
    return sensitivity_gaps(told.films, told.labels[:, column], called)


def show_groups(model_ids: list[str], colours: Mapping[str, str], films: str, finding: str) -> None:
    """By sex, age and view: is the model as good for everyone?"""
    with st.container(horizontal=True, vertical_alignment="center"):
        model_id = st.selectbox("Model", model_ids, key="group_model", format_func=stored.title, width=320)
        measure = st.segmented_control("Measure", MEASURES_OF_GROUPS, default="AUC", key="group_measure", required=True)
    if measure != "ill films called healthy" and finding not in stored.results(model_id, films).findings:
        st.info(f"{stored.title(model_id)} does not know {title_of(finding)}.")
        return
    if measure != "AUC" and stored.operating_point(model_id, stored.results(model_id, films).findings[0]) is None:
        st.info(f"{stored.title(model_id)} came without operating points: only its AUC can be measured.")
        return
    told = gaps(stored.digest(model_id), model_id, films, finding, measure)
    what = measure if measure == "ill films called healthy" else f"{title_of(finding)}: {measure}"
    if not told:
        st.info("These results do not say whose films they are: no sex, age or view of twenty films and more.")
        return
    st.html(f"<p class='said'>{escape(sentence(told, what))}</p>")
    single, crossed = st.columns(2, gap="medium")
    for place, part in ((single, [one for one in told if " and " not in one.trait]),
                        (crossed, [one for one in told if " and " in one.trait])):
        figure = trust_figures.draw_gaps(part, colours[model_id], what)
        place.plotly_chart(figure, key=f"gaps {place is single}", config=QUIET)
    st.caption("Bars are 95% intervals by patient. Groups of fewer than 20 films are left out. Labels were mined from "
               "reports: a group whose reports are written otherwise can look better or worse than it is.")


def sentence(told: tuple[Gap, ...], what: str) -> str:
    """Which groups differ from all other films beyond chance, Holm's correction within each trait."""
    named = [gap for gap in told if gap.exceeds_chance]
    if not named:
        return f"{what}: no group differs from all others beyond chance, after correction for the number of groups."
    words = "; ".join(f"{gap.group} {gap.value:.2f} against {gap.others:.2f}" for gap in named)
    return f"{what}: beyond chance, after correction for the number of groups, differ {words}."


def show_published(model_ids: list[str], films: str) -> None:
    """Published figures beside ours, each with its split: never in one column without saying so."""
    ours: list[list[str]] = []
    for model_id in model_ids:
        known = {row.finding: row.auc for row in stored.rows(stored.digest(model_id), model_id, films)}
        mean = float(np.nanmean([auc for key, auc in known.items() if key != NO_FINDING]))
        n = len(stored.results(model_id, films))
        split = "part of the official test list" if films.startswith("test") and films != "test_wide" else films
        ours.append([f"{stored.title(model_id)}, measured here", split, f"{n:,} films", _number(mean),
                     *(_number(known.get(key)) for key in NIH14)])
    heads = ["", "split", "n", "mean", *(title_of(key) for key in NIH14)]
    rows, pale = ours, [False] * len(ours)
    for paper in sorted(PUBLISHED, key=lambda one: not one.official):
        year = f" {paper.year}" if paper.year else ""
        rows.append([f"{paper.name}{year}", paper.split, paper.n, _number(paper.mean),
                     *(_number(paper.auc.get(key)) for key in NIH14)])
        pale.append(not paper.official)
    st.html(f'<div class="wide">{html_table(heads, rows, pale)}</div>')
    remarks = " ".join(f"{paper.name}: {paper.remark}." for paper in PUBLISHED if paper.remark)
    st.caption("Rows of papers are typed in from them, none was measured here. Pale: not on NIH's official test list, so "
               f"not to be compared with those that are; a random split gives about .03 more. {remarks}")


def show_training(model_ids: list[str], colours: Mapping[str, str]) -> None:
    """Loss and AUC against epochs, as each model's history has them."""
    histories = {}
    for model_id in model_ids:
        if model_id in all_models() and (file := find_weights(find_spec(model_id)) / "history.csv").is_file():
            histories[model_id] = pd.read_csv(file)
    if not histories:
        st.info("These models came without a history of their training.")
        return
    st.plotly_chart(trust_figures.draw_histories(histories, colours), key="histories", config=QUIET)
    st.caption("A dotted line: a new stage, of another size or rate. Losses of different recipes are not on one scale.")


def show_boxes(model_ids: list[str]) -> None:
    """Do the maps lie where NIH's readers drew boxes? Stored by `evaluate-boxes`."""
    from cxr_core.localising import CONTROLS, stored_boxes
    from cxr_core.methods import METHODS
    from cxr_core.models.weights import weights_folder

    files = {model_id: file for model_id in model_ids if (file := stored_boxes(model_id, weights_folder()))}
    if not files:
        st.info(f"No map was judged on drawn boxes yet. Judge them: python -m cxr_core evaluate-boxes {model_ids[0]}")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        model_id = st.selectbox("Model", list(files), key="boxes_model", format_func=stored.title, width=320)
        measure = st.segmented_control("Measure", MEASURES, default="iobb_0.25", key="boxes_measure",
                                       required=True, format_func=_measure)
    told, boxes, images = _judged(str(files[model_id]), files[model_id].stat().st_mtime_ns)
    st.plotly_chart(trust_figures.draw_hits(told, METHODS | CONTROLS, measure), key="hits", config=QUIET)
    heads = ["published, mean of 8 findings", "IoBB over .1", ".25", ".5", "pointing"]
    st.html(html_table(heads, [
        [one.name, *(_number(value) for value in one.iobb), _number(one.pointing)] for one in PUBLISHED_LOCALISATION
    ], pale=[True] * len(PUBLISHED_LOCALISATION)))
    st.caption(f"{boxes} boxes on {images} films; bars are 95% intervals by patient. The published rows are of all 984 "
               "boxes, by other networks, and their boxes were made otherwise: they show the range, not a rank.")


@st.cache_resource(max_entries=16, show_spinner="Drawing patients, 1,000 times …")
def _judged(file: str, changed: int):
    from cxr_core.localising import rates

    table = pd.read_parquet(file)
    return rates(table), len(table[["image", "box"]].drop_duplicates()), int(table["image"].nunique())


def _measure(name: str) -> str:
    kind, _, at = name.partition("_")
    return {"iobb": "IoBB", "iou": "IoU"}.get(kind, kind) + (f" > {at.lstrip('0')}" if at else "")


def _number(value: float | None) -> str:
    return "–" if value is None or np.isnan(value) else f"{value:.3f}".lstrip("0")
