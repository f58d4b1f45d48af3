"""Is a model as good for everyone? By sex, age and view."""

from __future__ import annotations

from html import escape

import plotly.graph_objects as go
import streamlit as st

from cxr_core.evaluation.by_group import AUC, CALLED_HEALTHY, MEASURES, SENSITIVITY, illnesses
from cxr_core.evaluation.curves import FEWEST
from cxr_core.evaluation.results import Results
from cxr_core.evaluation.sheets import sheet_of
from cxr_core.evaluation.stamp import WIDTH, in_lines
from cxr_core.evaluation.subgroups import FEWEST_FILMS, Gap
from cxr_core.findings import NO_FINDING, title_of
from cxr_core.render.figures import stamped
from cxr_core.render.trust_figures import draw_gaps
from cxr_core.ui import measured, stored
from cxr_core.ui.resources import MODEL_WIDTH
from cxr_core.ui.tables import three_digits
from cxr_core.ui.trust.choice import Choice, Shown, stamp
from cxr_core.ui.trust.saving import save_sheet
from cxr_core.ui.trust.figures import show_figure


def show_groups(choice: Choice) -> None:
    """By sex, age and view: is the model as good for everyone?"""
    films, finding = choice.films, choice.finding
    with st.container(horizontal=True, vertical_alignment="center"):
        model_id = st.selectbox("Model", choice.ids, key="group_model", format_func=stored.title, width=MODEL_WIDTH,
                                persist_state="session")
        measure = st.segmented_control("Measure", MEASURES, default=AUC, key="group_measure", required=True,
                                       persist_state="session")
    results = stored.results(model_id, films)
    if measure != CALLED_HEALTHY and finding not in results.findings:
        st.info(f"{stored.title(model_id)} does not know {title_of(finding)}.")
        return
    if measure == CALLED_HEALTHY and not illnesses(results):
        st.info(f"{stored.title(model_id)} knows none of NIH's findings: nothing says who is ill.")
        return
    if measure == SENSITIVITY and stored.operating_point(model_id, finding) is None:
        whose = f"{stored.title(model_id)} has no operating point for {title_of(finding)}"
        st.info(f"{whose}: only its AUC can be measured.")
        return
    if measure == CALLED_HEALTHY and not stored.has_operating_points(model_id):
        st.info(f"{stored.title(model_id)} came without operating points: only its AUC can be measured.")
        return
    shown = next(one for one in choice.models if one.id == model_id)
    drawing = measured.gaps(shown.digest, model_id, films, "" if measure == CALLED_HEALTHY else finding, measure)
    if not drawing.is_done:
        measured.show_progress([drawing], f"{measure} by group of people", "group after group")
        return
    told = drawing.result()
    what = measure if measure == CALLED_HEALTHY else f"{title_of(finding)}: {measure}"
    if not told:
        st.info("These results do not say whose films they are: no sex, age or view of twenty films and more.")
        return
    said = what
    if measure == SENSITIVITY:
        said = f"{what} at the card's operating point {three_digits(stored.operating_point(model_id, finding))}"
    st.html(f"<p class='said'>{escape(sentence(told, said))}</p>")
    if measure == CALLED_HEALTHY:
        st.caption(definition(results))
    single, crossed = st.columns(2, gap="medium")
    for place, part in ((single, tuple(one for one in told if " and " not in one.trait)),
                        (crossed, tuple(one for one in told if " and " in one.trait))):
        with place:
            which = "single" if place is single else "crossed"
            show_figure(_figure(shown, films, part, said, told), f"gaps {which}", f"groups-{which}-{what}-{model_id}",
                        alt=f"{what} by group of people, with 95% intervals")
    save_sheet(sheet_of(told), f"groups {what} {model_id} {films}", [stamp(shown, films)])
    st.caption(f"Bars are 95% intervals by patient, wide enough for small groups. Groups of fewer than {FEWEST_FILMS} "
               "films are left out. Labels were mined from reports: a group whose reports are written otherwise can "
               "look better or worse than it is.")


def definition(results: Results) -> str:
    """What an ill film is here, and what calls it healthy: both hang on what the model knows."""
    count = len(illnesses(results))
    ill = f"Ill: a film with any of the {count} findings of this model's own by its labels"
    if NO_FINDING in results.findings:
        return f"{ill}. Called healthy: its No Finding is at or over its operating point, whatever the others say."
    return (f"{ill}. Called healthy: none of the {count} is at or over its operating point, as this model has no "
            "output for No Finding. A model of other findings is measured on other films: never set them side by side.")


def sentence(told: tuple[Gap, ...], what: str) -> str:
    """Which groups differ from all other films beyond chance, Holm's correction over all of them."""
    named = [gap for gap in told if gap.exceeds_chance]
    few = "" if all(gap.claims for gap in told) else (
        f" Pale groups have fewer than {FEWEST} films of a class, in the group or outside: no claim."
    )
    if not named:
        return f"{what}: no group differs from all others beyond chance, corrected for all groups at once.{few}"
    words = "; ".join(f"{gap.group} {gap.value:.2f} against {gap.others:.2f}" for gap in named)
    return f"{what}: beyond chance, corrected for all groups at once, differ {words}.{few}"


@st.cache_resource(max_entries=64, show_spinner=False)
def _figure(shown: Shown, films: str, part: tuple[Gap, ...], what: str, told: tuple[Gap, ...]) -> go.Figure:
    return stamped(draw_gaps(part, shown.colour, what, told), in_lines([stamp(shown, films)], WIDTH - 14))
