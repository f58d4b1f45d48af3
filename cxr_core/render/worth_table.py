"""The row of figures of each finding as the cells of a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple

from cxr_core.evaluation.curves import Worth
from cxr_core.findings import title_of
from cxr_core.render.html_table import number, percent, span
from cxr_core.render.trust_figures import averaged, mean_auc

HEADS = (
    "Finding", "n", "+", "AUC", "95% by patient", "95% DeLong", "AUPRC", "sens.", "spec.", "Brier", "ECE", "ECE, mass",
)


def worth_cells(rows: Sequence[Worth], mean: tuple[float, float] | None = None) -> list[list[str]]:
    """Cells below `HEADS`, a list a finding.

    With `mean`, the 95% interval by patient of the mean AUC, a last row has it, where there are findings to average.
    """
    cells = [
        [title_of(one.finding), f"{one.n:,}", f"{one.positives:,}", number(one.auc), span(*one.by_patient),
         span(*one.delong), number(one.average_precision), percent(one.sensitivity), percent(one.specificity),
         *map(number, astuple(one.calibration))]
        for one in rows
    ]
    if mean is not None and (count := len(averaged(rows))) > 1:
        told = [f"Mean of {count} findings", "", "", number(mean_auc(rows)), span(*mean)]
        cells.append([*told, *[""] * (len(HEADS) - len(told))])
    return cells
