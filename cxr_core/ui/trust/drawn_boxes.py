"""Do the maps lie where NIH's readers drew boxes?"""

from __future__ import annotations

from html import escape
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from cxr_core.evaluation.delong import holm
from cxr_core.evaluation.judged_boxes import JudgedBoxes, measure, read_boxes, stored_boxes
from cxr_core.evaluation.localisation import ALL, CONTROLS, MEAN, MEASURES, Localisation, Rate
from cxr_core.evaluation.published import PUBLISHED_LOCALISATION
from cxr_core.evaluation.results import ENDINGS, digest_of_names
from cxr_core.evaluation.sheets import Sheet
from cxr_core.evaluation.stamp import Stamp, in_lines
from cxr_core.findings import title_of
from cxr_core.methods import METHODS, SHORT
from cxr_core.models.weights import weights_folder
from cxr_core.render.boxes_figure import draw_hits, in_order
from cxr_core.render.figures import stamped
from cxr_core.render.report_beside import OnBoxes
from cxr_core.ui import stored
from cxr_core.ui.resources import MODEL_WIDTH
from cxr_core.ui.tables import number
from cxr_core.ui.trust.choice import Choice, Shown
from cxr_core.ui.trust.saving import save_sheet, show_table
from cxr_core.ui.trust.figures import show_figure

NAMES = METHODS | CONTROLS


def show_boxes(choice: Choice) -> None:
    """Do the maps lie where NIH's readers drew boxes? Stored by `evaluate-boxes`."""
    files = {
        one.id: file for one in choice.models if (file := stored_boxes(one.id, weights_folder(), _weights(one)))
    }
    if not files:
        st.info(f"No map was judged on drawn boxes yet. Judge them: python -m cxr_core evaluate-boxes {choice.ids[0]}")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if st.session_state.get("boxes_model") not in files:
            st.session_state["boxes_model"] = next(iter(files))
        model_id = st.selectbox("Model", list(files), key="boxes_model", format_func=stored.title, width=MODEL_WIDTH)
        chosen = st.segmented_control("A hit is", MEASURES, default="iobb_0.25", key="boxes_measure",
                                      required=True, format_func=name_of)
    if lacking := [stored.title(one) for one in choice.ids if one not in files]:
        st.caption(f"Without maps judged on drawn boxes: {', '.join(lacking)}.")
    model = next(one for one in choice.models if one.id == model_id)
    file, changed = str(files[model_id]), files[model_id].stat().st_mtime_ns
    judged, told = _judged(file, changed)
    if judged.digest != _weights(model):
        st.html(f"<p class='care'>These maps are of other weights ({escape(judged.digest[:8] or 'unknown')}) than are "
                f"here. Judge them again: python -m cxr_core evaluate-boxes {escape(model_id)}</p>")
    methods = _methods(told)
    st.html(f"<p class='said'>{escape(sentence(told, methods, chosen))}</p>")
    stamps = [_stamp(judged, model_id)]
    figure = _figure(file, changed, chosen, (_drawn_on(judged), *in_lines(stamps)), model.colour)
    show_figure(figure, "hits", f"boxes-{chosen}-{model_id}",
                alt=f"Share of drawn boxes that each method's maps hit, {name_of(chosen)}, by finding")
    save_sheet(_sheet(model_id, told, methods), f"boxes {model_id}", stamps)
    with st.container(key="wide_boxes"):
        _show_means(model_id, told, methods, stamps)
        _show_findings(model_id, told, methods, chosen, stamps)
    st.caption("Intervals are 95% by patient. IoBB: intersection over the found box; IoU: over the union; "
               "pointing: the map's highest point lies in the box. Lines through the charts: dotted a random map, "
               "dashed the middle half of the film, which look at nothing. The published rows, pale, are of all 984 "
               "boxes, by other networks, and their boxes were made otherwise: they show the range, not a rank.")


def for_report(model: Shown) -> OnBoxes | None:
    """The same for a report; None where no map of these weights was judged."""
    file = stored_boxes(model.id, weights_folder(), _weights(model))
    if file is None:
        return None
    judged, told = _judged(str(file), file.stat().st_mtime_ns)
    if judged.digest != _weights(model):
        return None
    methods, measured = _methods(told), "iobb_0.25"
    heads, rows, _ = _means(model.id, told, methods)
    return OnBoxes(told, tuple(methods), SHORT | CONTROLS, measured, sentence(told, methods, measured),
                   _made_of(judged, model.id), tuple(heads), tuple(map(tuple, rows)))


def sentence(told: Localisation, methods: list[str], chosen: str) -> str:
    """Which methods are ahead of the controls beyond chance and which behind, by Holm for the measure's comparisons.

    Over all measures at once, 1,000 draws give no p small enough to name anything.
    """
    own, controls = ([one for one in methods if (one in CONTROLS) is control] for control in (False, True))
    at = MEASURES.index(chosen)
    pairs = [(method, control) for method in own for control in controls]
    leads = {pair: told.leads(*pair)[at] for pair in pairs}
    known = [pair for pair in pairs if np.isfinite(leads[pair].p)]
    p = dict(zip(known, holm(np.array([leads[pair].p for pair in known])), strict=True)) if known else {}
    if not pairs:
        return "No control was judged beside these maps: they show nothing."

    def named(sign: int) -> str:
        """By control, the methods whose lead has this sign; nothing where none has."""
        words = []
        for control in controls:
            those = [
                one for one in own if p.get((one, control), 1) < 0.05 and sign * leads[one, control].difference > 0
            ]
            told_of = ", ".join(f"{SHORT.get(one, one)} ({leads[one, control].difference:+.2f})" for one in those)
            words += [f"{told_of} {'beyond' if sign > 0 else 'behind'} {CONTROLS[control]}"] if those else []
        return "; ".join(words) or "no method"

    return (f"{name_of(chosen)}, {MEAN}. Ahead beyond chance: {named(1)}. Behind beyond chance: {named(-1)}. "
            f"Each measure is corrected alone, here for {len(known)} comparisons.")


def name_of(measure: str) -> str:
    """A measure as a reader knows it."""
    kind, _, at = measure.partition("_")
    return {"iobb": "IoBB", "iou": "IoU"}.get(kind, kind) + (f" > {at.lstrip('0')}" if at else "")


def _show_means(model_id: str, told: Localisation, methods: list[str], stamps: list[Stamp]) -> None:
    heads, rows, models = _means(model_id, told, methods)
    show_table(heads, rows, f"boxes means {model_id}", stamps, models=models, pale=[not one for one in models])


def _means(
    model_id: str, told: Localisation, methods: list[str]
) -> tuple[list[str], list[list[str]], list[str]]:
    """Heads and rows of the means over findings, and whose each row is: those of papers are nobody's here."""
    gap = [float("nan")] * 3
    rows = [[NAMES.get(one, one), *map(_cell, told.rates(one))] for one in methods]
    papers = [
        [f"published: {one.name}", *map(number, (*one.iobb, *gap, one.pointing))] for one in PUBLISHED_LOCALISATION
    ]
    heads = [f"Mean of {len(told.findings)} findings", *map(name_of, MEASURES)]
    return heads, rows + papers, [model_id] * len(rows) + [""] * len(papers)


def _show_findings(
    model_id: str, told: Localisation, methods: list[str], chosen: str, stamps: list[Stamp]
) -> None:
    findings, at = in_order(told), MEASURES.index(chosen)
    heads = [f"{title_of(key)} · {int(told.boxes[0, told.findings.index(key)].max())}" for key in findings]
    show_table([f"{name_of(chosen)}, boxes", *heads], [
        [NAMES.get(one, one), *(_cell(told.rates(one, key)[at]) for key in findings)] for one in methods
    ], f"boxes {chosen} {model_id}", stamps)


def _cell(rate: Rate) -> str:
    return "–" if np.isnan(rate.value) else f"{rate.value:.2f} ({rate.low:.2f}–{rate.high:.2f})"


def _sheet(model_id: str, told: Localisation, methods: list[str]) -> Sheet:
    """Every rate there is."""
    return Sheet(("model", "finding", "method", "measure", "boxes", "patients", "value", "low", "high"), tuple(
        (model_id, finding, method, one.measure, one.boxes, one.patients, one.value, one.low, one.high)
        for finding in (MEAN, ALL, *in_order(told)) for method in methods for one in told.rates(method, finding)
    ))


def _methods(told: Localisation) -> list[str]:
    """In the order of the core, then what it does not know, then the controls."""
    order = [*METHODS, *(one for one in told.methods if one not in NAMES), *CONTROLS]
    return [one for one in order if one in told.methods]


def _weights(model: Shown) -> str:
    """The sha256 of the weights that are here, else of those that made the model's scores."""
    return stored.weights_of(model.id) or model.weights


def _stamp(judged: JudgedBoxes, model_id: str) -> Stamp:
    films = judged.table["image"].astype(str).unique()
    return Stamp(model_id, judged.digest, judged.films or "films unknown", len(films),
                 judged.table["patient"].nunique(), digest_of_names(films), "BBox_List_2017",
                 _overlap(judged, model_id), judged.date)


def _overlap(judged: JudgedBoxes, model_id: str) -> int | None:
    """The patients shared with training, as far as the model's stored results tell: none of theirs is none of a part of
    them; None where these films, or these weights, are others."""
    scored = stored.whole(model_id)
    known = scored.provenance is not None and scored.provenance.overlap == 0
    if not known or not judged.digest or stored.scored_by(model_id) != judged.digest:
        return None
    films = judged.table["image"].astype(str).str.replace(ENDINGS, "", regex=True)
    return 0 if films.isin(scored.names).all() else None


def _drawn_on(judged: JudgedBoxes) -> str:
    return f"{len(judged.table[['image', 'box']].drop_duplicates())} boxes that NIH's readers drew"


def _made_of(judged: JudgedBoxes, model_id: str) -> str:
    stamp = _stamp(judged, model_id)
    return f"{_drawn_on(judged)}. {stamp.of_films}. {stamp.of_model}"


@st.cache_resource(max_entries=16, show_spinner="Drawing patients, 1,000 times …")
def _judged(file: str, changed: int) -> tuple[JudgedBoxes, Localisation]:
    judged = read_boxes(Path(file))
    return judged, measure(judged.table)


@st.cache_resource(max_entries=64, show_spinner=False)
def _figure(file: str, changed: int, chosen: str, lines: tuple[str, ...], colour: str) -> go.Figure:
    told = _judged(file, changed)[1]
    return stamped(draw_hits(told, _methods(told), SHORT | CONTROLS, chosen, colour), lines)
