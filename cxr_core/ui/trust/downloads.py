"""What leaves the page: figures by their cameras, their numbers and the tables as CSV, a model's whole report."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from cxr_core.evaluation.provenance import now
from cxr_core.evaluation.sheets import Sheet, precision_sheet, reliability_sheet, roc_sheet, worth_sheet
from cxr_core.findings import title_of
from cxr_core.models.weights import weights_folder
from cxr_core.render.report import Told, make_report
from cxr_core.ui import measured, resources, stored
from cxr_core.ui.tables import html_table
from cxr_core.ui.trust.choice import Choice, Shown, stamp
from cxr_core.ui.trust.figures import FORMATS, grid_curves, precision_lines, reliability_bins


def show_downloads(choice: Choice) -> None:
    """The popover of downloads."""
    with st.popover("Downloads"):
        st.segmented_control("Figures, by the camera above each, as", FORMATS, default=FORMATS[0], required=True,
                             key="figure_format", persist_state="session")
        title, stamps = title_of(choice.finding), choice.stamps
        what = f"{choice.finding}-{choice.films}".replace(" ", "-")
        st.html("<h2>Numbers, as CSV</h2>")
        with st.container(horizontal=True):
            for label, sheet, name in (
                (f"ROC, {title}", lambda: roc_sheet({choice.finding: grid_curves(choice)[choice.finding]}), "roc"),
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
                _button(stored.title(model.id), lambda model=model: report_of(model, choice.films),
                        f"report-{model.id}-{films}.html", "text/html")


def show_table(
    heads: Sequence[str], rows: Sequence[Sequence[str]], name: str, pale: Sequence[bool] = (), before: str = ""
) -> None:
    """A table, and below it a button that saves it as CSV."""
    st.html(before + html_table(heads, rows, pale))
    save_sheet(Sheet(tuple(heads), tuple(tuple(row) for row in rows)), name, "This table as CSV")


def save_sheet(
    sheet: Sheet, name: str, what: str = "The numbers of this figure as CSV", label: str = "CSV"
) -> None:
    """A small button that saves the numbers of the figure or table above it."""
    with st.container(key=f"csv_{name}", horizontal_alignment="right"):
        st.download_button(label, sheet.to_csv, f"{name.replace(' ', '-')}.csv", "text/csv", key=f"save {name}",
                           on_click="ignore", type="tertiary", help=what)


def report_of(model: Shown, films: str) -> str:
    """A model's whole report on a set of films."""
    results = stored.results(model.id, films)
    history = weights_folder() / model.id / "history.csv"
    ours = stored.model_of(model.id)
    return make_report(Told(
        stored.title(model.id), results, stamp(model.digest, model.id, films),
        measured.rows(model.digest, model.id, films),
        {key: stored.band(model.digest, model.id, films, key) for key in results.findings
         if stored.roc(model.id, films, key)},
        {key: stored.operating_point(model.id, key) for key in results.findings}, model.colour, now(),
        resources.card_of(ours) if ours else None, pd.read_csv(history) if history.is_file() else None,
    ))


def _button(label: str, make, file: str, kind: str = "text/csv") -> None:
    st.download_button(label, make, file, kind, key=f"download {file}", on_click="ignore")
