"""What leaves the page from where it stands: figures by their cameras, their numbers and the tables as CSV."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from cxr_core.evaluation.sheets import Sheet
from cxr_core.evaluation.stamp import Stamp
from cxr_core.ui.tables import html_table
from cxr_core.ui.trust.figures import FORMATS


def show_format() -> None:
    """In which format a figure's camera saves it."""
    st.segmented_control("Figures, by the camera above each, as", FORMATS, default=FORMATS[0], required=True,
                         key="figure_format", persist_state="session")


def show_table(
    heads: Sequence[str], rows: Sequence[Sequence[str]], name: str, stamps: Sequence[Stamp], *,
    models: Sequence[str] = (), pale: Sequence[bool] = (), before: str = "",
) -> None:
    """A table, and below it a button that saves it as CSV; `models` says of each row whose it is, as `Sheet` has it."""
    st.html(before + html_table(heads, rows, pale))
    sheet = Sheet(tuple(heads), tuple(tuple(row) for row in rows), tuple(models))
    save_sheet(sheet, name, stamps, "This table as CSV")


def save_sheet(
    sheet: Sheet | Callable[[], Sheet], name: str, stamps: Sequence[Stamp],
    what: str = "The numbers of this figure as CSV", label: str = "CSV",
) -> None:
    """A small button that saves the numbers of the figure or table above it, each row with what it was made of; a long
    sheet is made when it is asked for."""
    with st.container(key=f"csv_{name}", horizontal_alignment="right"):
        st.download_button(
            label, lambda: (sheet if isinstance(sheet, Sheet) else sheet()).to_csv(stamps),
            f"{name.replace(' ', '-')}.csv", "text/csv", key=f"save {name}", on_click="ignore", type="tertiary",
            help=what,
        )
