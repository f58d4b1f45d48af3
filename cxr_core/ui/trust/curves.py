"""The curves of a finding, and beside them what a threshold leads to."""

from __future__ import annotations

from dataclasses import astuple

import streamlit as st

from cxr_core.evaluation.averages import MACRO, MICRO
from cxr_core.evaluation.calibration import Calibration
from cxr_core.evaluation.curves import FEWEST
from cxr_core.evaluation.drawn import BAND_REPLICATES
from cxr_core.evaluation.sheets import averages_sheet
from cxr_core.findings import title_of
from cxr_core.render.figures import Mark
from cxr_core.ui import frame, measured, stored
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
        measured.show_progress(waiting, "The bands of the curves", BAND_REPLICATES)


@st.fragment
def _show(choice: Choice) -> None:
    """A change of the threshold runs this alone, not the page."""
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
    roc, precision, calibration, averages = st.tabs(["ROC", "Precision and recall", "Calibration", "Averages"])
    what = f"{choice.finding}-{choice.films}"
    title = title_of(choice.finding)
    banded = tuple(one.id for one in choice.having if figures.band_of(one, choice).is_done)
    with roc:
        figures.show_figure(
            figures.roc_figure(choice, banded, (mark,)), "roc", f"roc-{what}", alt=f"ROC curves of {title}",
            on_select=lambda: threshold.take_click(choice), zoom=True,
        )
    with precision:
        figures.show_figure(figures.precision_figure(choice), "pr", f"precision-recall-{what}",
                            alt=f"Precision over recall of {title}")
    with calibration:
        figures.show_figure(figures.calibration_figure(choice), "reliability", f"calibration-{what}",
                            alt=f"Share of films with {title} over their scores, before and after calibration")
        show_table(CALIBRATION, [
            [stored.title(name), *(number(value) for pair in _pairs(*told) for value in pair)]
            for name, told in figures.calibrations(choice).items()
        ], f"calibration {choice.finding} {choice.films}", choice.stamps, models=[one.id for one in choice.having])
        st.caption("Each point is an eighth of the films, its bar Wilson's 95% interval, films taken as independent. "
                   "ECE: expected calibration error, in 15 bins of equal width, or of as many films each. The "
                   "calibration was fitted on val alone: where these films are ill more often, it can do harm.")
    with averages:
        whole = figures.averages_figure(choice.of_all)
        if whole is not None:
            figures.show_figure(whole, "averages", f"averages-{choice.films}",
                                alt="Average ROC curves of all findings")
            save_sheet(lambda: averages_sheet(figures.averages(choice.of_all)), f"averages {choice.films}", choice.stamps)
            st.caption(f"Macro: {MACRO}; its area is the mean of their AUCs. Micro, dashed: "
                       f"{MICRO}. No Finding is in neither.")
    first = choice.curve(choice.having[0])
    if first.positives < FEWEST:
        st.caption(f"Only {first.positives} positives: these figures support no claim.")


def _pairs(before: Calibration | None, after: Calibration) -> list[tuple[float | None, float]]:
    """Each of `CALIBRATION`'s measures before and after; None where there was no calibration."""
    own = astuple(before) if before else (None, None, None)
    return list(zip(own, astuple(after), strict=True))
