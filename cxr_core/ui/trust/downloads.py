"""What leaves the page at once: the numbers of the curves as CSV, and a model's whole report."""

from __future__ import annotations

import streamlit as st

from cxr_core.evaluation.sheets import precision_sheet, reliability_sheet, roc_sheet, worth_sheet
from cxr_core.findings import title_of
from cxr_core.ui import measured, stored
from cxr_core.ui.trust.choice import Choice
from cxr_core.ui.trust.curves import banded_sheet
from cxr_core.ui.trust.figures import grid_curves, precision_lines, reliability_bins
from cxr_core.ui.trust.reports import report_of
from cxr_core.ui.trust.saving import show_format


def show_downloads(choice: Choice) -> None:
    """The popover of downloads."""
    with st.popover("Downloads"):
        show_format()
        title, stamps = title_of(choice.finding), choice.stamps
        what = f"{choice.finding}-{choice.films}".replace(" ", "-")
        st.html("<h2>Numbers, as CSV</h2>")
        with st.container(horizontal=True):
            for label, sheet, name in (
                (f"ROC, {title}", lambda: banded_sheet(choice), "roc"),
                (f"Precision and recall, {title}",
                 lambda: precision_sheet(choice.finding, precision_lines(choice)), "precision-recall"),
                (f"Calibration, {title}", lambda: reliability_sheet(choice.finding, reliability_bins(choice)),
                 "calibration"),
            ):
                _button(label, lambda sheet=sheet: sheet().to_csv(stamps), f"{name}-{what}.csv")
            films = choice.films.replace(" ", "-")
            _button("ROC, all findings", lambda: roc_sheet(grid_curves(choice)).to_csv(stamps), f"roc-all-{films}.csv")
            _button("Figures of all findings", lambda: worth_sheet({
                one.id: measured.rows(one.digest, one.id, choice.films) for one in choice.models
            }).to_csv(stamps), f"figures-{films}.csv")
        st.html("<h2>Whole report, one HTML file that needs no network</h2>")
        with st.container(horizontal=True):
            for model in choice.models:
                _button(stored.title(model.id), lambda model=model: report_of(model, choice.films, choice.finding),
                        f"report-{model.id}-{films}.html", "text/html")


def _button(label: str, make, file: str, kind: str = "text/csv") -> None:
    st.download_button(label, make, file, kind, key=f"download {file}", on_click="ignore")
