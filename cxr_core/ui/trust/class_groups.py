"""Is a model of exclusive classes as good for everyone? Each class's AUC against the others, by sex, age and view."""

from __future__ import annotations

from html import escape

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from cxr_core.evaluation.by_group import AUC
from cxr_core.evaluation.results import Results
from cxr_core.evaluation.sheets import sheet_of
from cxr_core.evaluation.stamp import Stamp, in_lines
from cxr_core.evaluation.subgroups import FEWEST_FILMS, Gap
from cxr_core.findings import title_of
from cxr_core.render.figures import stamped
from cxr_core.render.trust_figures import draw_gaps
from cxr_core.ui import measured, stored
from cxr_core.ui.trust.choice import Shown
from cxr_core.ui.trust.class_curves import class_curves
from cxr_core.ui.trust.figures import show_figure
from cxr_core.ui.trust.groups import sentence
from cxr_core.ui.trust.saving import save_sheet


def show_class_groups(model: Shown, films: str, stamps: list[Stamp]) -> None:
    """The AUC of a class by group, where the films say whose they are."""
    if not (classes := list(class_curves(model, films).bands)):
        st.info("Nothing to measure: these films are all of one class.")
        return
    results = stored.results(model.id, films)
    known = known_traits(results)
    if not known:
        st.info(f"Neither sex nor age nor view is known of half of these {len(results):,} films: too few to set groups "
                "against all others.")
        return
    finding = st.selectbox("Class", classes, key="class_group", width=200, format_func=title_of)
    drawing = measured.gaps(model.digest, model.id, films, finding, AUC)
    what = f"{title_of(finding)}: {AUC}"
    if not drawing.is_done:
        measured.show_progress([drawing], f"{what} by group of people", "group after group")
        return
    told = tuple(one for one in drawing.result() if known.issuperset(one.trait.split(" and ")))
    st.html(f"<p class='said'>{escape(sentence(told, what))}</p>")
    show_figure(_figure(told, model.colour, what, tuple(stamps)), "class_gaps", f"groups-{what}-{model.id}-{films}",
                alt=f"{what} by group of people, with 95% intervals")
    save_sheet(sheet_of(told), f"groups {what} {model.id} {films}", stamps)
    st.caption("Against all other classes. Bars are 95% intervals by patient, wide enough for small groups. Groups of "
               f"fewer than {FEWEST_FILMS} films are left out; crossings are in the CSV.")


def known_traits(results: Results) -> frozenset[str]:
    """Which of sex, age and view are known of half of the films and more.

    Of joined data sets one may tell what another does not: all others of a group would be the other's films.
    """
    films = results.films
    known = {"sex": films["sex"].isin(("F", "M")), "view": films["view"].isin(("AP", "PA")),
             "age": np.isfinite(films["age"].astype(float))}
    return frozenset(trait for trait, films in known.items() if films.mean() >= 0.5)


@st.cache_resource(max_entries=32, show_spinner=False)
def _figure(told: tuple[Gap, ...], colour: str, what: str, stamps: tuple[Stamp, ...]) -> go.Figure:
    single = [one for one in told if " and " not in one.trait]
    return stamped(draw_gaps(single, colour, what, told), in_lines(stamps, 80))
