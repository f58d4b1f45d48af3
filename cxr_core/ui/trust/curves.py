"""The curves of a finding, and beside them what a threshold leads to."""

from __future__ import annotations

from dataclasses import astuple
from functools import partial

import streamlit as st

from cxr_core.evaluation.averages import MACRO, MICRO
from cxr_core.evaluation.calibration import Calibration
from cxr_core.evaluation.curves import FEWEST
from cxr_core.evaluation.drawn import BAND_REPLICATES
from cxr_core.evaluation.sheets import Sheet, averages_sheet, roc_sheet
from cxr_core.findings import title_of
from cxr_core.render.figures import FITTED, Mark
from cxr_core.ui import clicks, frame, measured, stored
from cxr_core.ui.kept_zoom import keep_zoom
from cxr_core.ui.trust import behind, figures, threshold
from cxr_core.ui.tables import number
from cxr_core.ui.trust.choice import Choice
from cxr_core.ui.trust.saving import save_sheet, show_table

state = st.session_state
CALIBRATION = ("", "Brier", "calibrated", "ECE, width", "calibrated", "ECE, mass", "calibrated")


def show_curves(choice: Choice) -> None:
    """ROC, precision and recall, calibration, averages; a threshold, and the films behind it."""
    _show(choice)
    keep_zoom()
    waiting = [band for one in choice.having if not (band := figures.band_of(one, choice)).is_done]
    if waiting:
        measured.show_progress(waiting, "The bands of the curves", f"drawing patients, {BAND_REPLICATES} times")


@st.fragment
def _show(choice: Choice) -> None:
    """A change of the threshold runs this alone, not the page."""
    clicks.take_all()
    if not choice.having:
        st.info(f"No curve: these films hold no {title_of(choice.finding)}, or nothing else.")
        return
    with frame.problems_shown():
        left, right = st.columns([1.15, 1], gap="medium")
        with right:
            drawn = threshold.show_threshold(choice)
        with left:
            _curves(choice, threshold.mark_of(choice, drawn))
        behind.show_behind(choice, drawn)


def _curves(choice: Choice, mark: Mark) -> None:
    """The open one of the tabs; the others are drawn when they are opened."""
    draw = {
        "ROC": lambda: _show_roc(choice, mark), "Precision and recall": lambda: _show_precision(choice),
        "Calibration": lambda: _show_calibration(choice), "Averages": lambda: _show_averages(choice),
    }
    for name, tab in zip(draw, st.tabs(list(draw), key="curves", on_change="rerun"), strict=True):
        if tab.open:
            with tab:
                draw[name]()
    first = choice.curve(choice.having[0])
    if first.positives < FEWEST:
        st.caption(f"Only {first.positives} positives: these figures support no claim.")


def _show_roc(choice: Choice, mark: Mark) -> None:
    banded = tuple(one.id for one in choice.having if figures.band_of(one, choice).is_done)
    figures.show_figure(
        figures.roc_figure(choice, banded, (mark,)), "roc", f"roc-{choice.finding}-{choice.films}",
        alt=f"ROC curves of {title_of(choice.finding)}", zoom=True, on_click=partial(threshold.take_click, choice),
    )
    save_sheet(lambda: banded_sheet(choice), f"roc {choice.finding} {choice.films}", choice.stamps,
               "The numbers of this figure with its bands as CSV")


def banded_sheet(choice: Choice) -> Sheet:
    """The curves with their bands, which are waited for."""
    curves = {one.id: choice.curve(one) for one in choice.having}
    bands = {one.id: figures.band_of(one, choice).result() for one in choice.having}
    return roc_sheet({choice.finding: curves}, {choice.finding: bands})


def _show_precision(choice: Choice) -> None:
    whole = figures.precision_figure(choice)
    figures.show_figure(whole, "pr", f"precision-recall-{choice.finding}-{choice.films}", zoom=True,
                        alt=f"Precision over recall of {title_of(choice.finding)}")
    if whole.layout.yaxis.range[1] < 1:
        st.caption(f"The scale fits recalls of {FITTED:.0%} and more; zoom out for what lies above it.")


def _show_calibration(choice: Choice) -> None:
    title = title_of(choice.finding)
    figures.show_figure(
        figures.calibration_figure(choice), "reliability", f"calibration-{choice.finding}-{choice.films}",
        alt=f"Share of films with {title} over their scores, before and after calibration",
    )
    show_table(CALIBRATION, [
        [stored.title(name), *(number(value) for pair in _pairs(*told) for value in pair)]
        for name, told in figures.calibrations(choice).items()
    ], f"calibration {choice.finding} {choice.films}", choice.stamps, models=[one.id for one in choice.having])
    st.caption("Each point is an eighth of the films, its bar Wilson's 95% interval, films taken as independent. "
               "ECE: expected calibration error, in 15 bins of equal width, or of as many films each. The "
               "calibration was fitted on val alone: where these films are ill more often, it can do harm.")


def _show_averages(choice: Choice) -> None:
    whole = figures.averages_figure(choice.of_all)
    if whole is None:
        return
    figures.show_figure(whole, "averages", f"averages-{choice.films}", alt="Average ROC curves of all findings")
    save_sheet(lambda: averages_sheet(figures.averages(choice.of_all)), f"averages {choice.films}", choice.stamps)
    st.caption(f"Macro: {MACRO}; its area is the mean of their AUCs. Micro, dashed: {MICRO}. No Finding is in neither.")


def _pairs(before: Calibration | None, after: Calibration) -> list[tuple[float | None, float]]:
    """Each of `CALIBRATION`'s measures before and after; None where there was no calibration."""
    own = astuple(before) if before else (None, None, None)
    return list(zip(own, astuple(after), strict=True))
