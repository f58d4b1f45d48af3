"""Is a model as good for everyone? By sex, age and view."""

from __future__ import annotations

from html import escape

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from cxr_core.evaluation.curves import FEWEST
from cxr_core.evaluation.sheets import sheet_of
from cxr_core.evaluation.stamp import WIDTH, in_lines
from cxr_core.evaluation.subgroups import Gap, auc_gaps, missed_illness_gaps, sensitivity_gaps
from cxr_core.findings import NIH14, NO_FINDING, title_of
from cxr_core.render.figures import stamped
from cxr_core.render.trust_figures import draw_gaps
from cxr_core.ui import stored
from cxr_core.ui.trust.choice import Choice, Shown, stamp
from cxr_core.ui.trust.downloads import save_sheet
from cxr_core.ui.trust.figures import show_figure

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


def show_groups(choice: Choice) -> None:
    """By sex, age and view: is the model as good for everyone?"""
    films, finding = choice.films, choice.finding
    with st.container(horizontal=True, vertical_alignment="center"):
        model_id = st.selectbox("Model", choice.ids, key="group_model", format_func=stored.title, width=320)
        measure = st.segmented_control("Measure", MEASURES_OF_GROUPS, default="AUC", key="group_measure", required=True)
    if measure != "ill films called healthy" and finding not in stored.results(model_id, films).findings:
        st.info(f"{stored.title(model_id)} does not know {title_of(finding)}.")
        return
    if measure != "AUC" and stored.operating_point(model_id, stored.results(model_id, films).findings[0]) is None:
        st.info(f"{stored.title(model_id)} came without operating points: only its AUC can be measured.")
        return
    shown = next(one for one in choice.models if one.id == model_id)
    told = gaps(shown.digest, model_id, films, finding, measure)
    what = measure if measure == "ill films called healthy" else f"{title_of(finding)}: {measure}"
    if not told:
        st.info("These results do not say whose films they are: no sex, age or view of twenty films and more.")
        return
    st.html(f"<p class='said'>{escape(sentence(told, what))}</p>")
    single, crossed = st.columns(2, gap="medium")
    for place, part in ((single, tuple(one for one in told if " and " not in one.trait)),
                        (crossed, tuple(one for one in told if " and " in one.trait))):
        with place:
            which = "single" if place is single else "crossed"
            show_figure(_figure(shown, films, part, what), f"gaps {which}", f"groups-{which}-{what}-{model_id}",
                        alt=f"{what} by group of people, with 95% intervals")
    save_sheet(sheet_of(told), f"groups {what} {model_id} {films}")
    st.caption("Bars are 95% intervals by patient. Groups of fewer than 20 films are left out. Labels were mined from "
               "reports: a group whose reports are written otherwise can look better or worse than it is.")


def sentence(told: tuple[Gap, ...], what: str) -> str:
    """Which groups differ from all other films beyond chance, Holm's correction within each trait."""
    named = [gap for gap in told if gap.exceeds_chance]
    few = "" if all(gap.claims for gap in told) else (
        f" Pale groups have fewer than {FEWEST} films of a class, in the group or outside: no claim."
    )
    if not named:
        return f"{what}: no group differs from all others beyond chance, corrected for the groups of its trait.{few}"
    words = "; ".join(f"{gap.group} {gap.value:.2f} against {gap.others:.2f}" for gap in named)
    return f"{what}: beyond chance, corrected for the groups of its trait alone, differ {words}.{few}"


@st.cache_resource(max_entries=64, show_spinner=False)
def _figure(shown: Shown, films: str, part: tuple[Gap, ...], what: str) -> go.Figure:
    return stamped(draw_gaps(part, shown.colour, what), in_lines([stamp(shown.digest, shown.id, films)], WIDTH - 14))
