"""The row of figures of each finding as the cells of a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple

from cxr_core.evaluation.curves import Worth
from cxr_core.findings import title_of
from cxr_core.render.html_table import number, percent, span

HEADS = (
    "Finding", "n", "+", "AUC", "95% by patient", "95% DeLong", "AUPRC", "sens.", "spec.", "Brier", "ECE", "ECE, mass",
)


def worth_cells(rows: Sequence[Worth]) -> list[list[str]]:
    """Cells below `HEADS`, a list a finding."""
    return [
        [title_of(one.finding), f"{one.n:,}", str(one.positives), number(one.auc), span(*one.by_patient),
         span(*one.delong), number(one.average_precision), percent(one.sensitivity), percent(one.specificity),
         *map(number, astuple(one.calibration))]
        for one in rows
    ]
