"""The numbers behind figures and tables as CSV, in full precision, each row with what it was made of."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from types import MappingProxyType
from typing import Any

import numpy as np

from cxr_core.evaluation.averages import Averages
from cxr_core.evaluation.classes import Audit, Confusion
from cxr_core.evaluation.curves import PrecisionRecall, RocCurve, Worth
from cxr_core.evaluation.stamp import Stamp

Cell = str | int | float
Band = tuple[np.ndarray, np.ndarray, np.ndarray]  # false positive rates, sensitivity there: low and high
_MADE_OF = ("model_sha256", "films", "films_sha256", "labels", "patients_shared_with_training", "scored")
_FORMULAS = ("=", "@", "\t", "\r", "+", "-")  # a spreadsheet would run a cell that begins so


@dataclass(frozen=True)
class Sheet:
    """Columns and rows. `models` says of each row whose it is, "" of nobody's here; without it the first column does,
    and a row that names no model is of all."""

    heads: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    models: tuple[str, ...] = ()

    def to_csv(self, stamps: Sequence[Stamp] = ()) -> str:
        """CSV; with stamps each row ends with its model's."""
        text = io.StringIO()
        table = csv.writer(text, lineterminator="\n")
        about = _MADE_OF if "model" in self.heads else ("made_of_model", *_MADE_OF)
        table.writerow([*self.heads, *(about if stamps else ())])
        known = {one.model: (one.model, *_made_of(one))[-len(about):] for one in stamps}
        everyone = tuple(" and ".join(dict.fromkeys(cells)) for cells in zip(*known.values(), strict=True))
        whose = self.models or tuple(str(row[0]) for row in self.rows)
        nobody = ("",) * len(about) if self.models else everyone
        table.writerows(
            [*map(_written, row), *(map(_written, known.get(name, nobody)) if stamps else ())]
            for row, name in zip(self.rows, whose, strict=True)
        )
        return text.getvalue()


def roc_sheet(
    curves: Mapping[str, Mapping[str, RocCurve]], bands: Mapping[str, Mapping[str, Band]] = MappingProxyType({}),
) -> Sheet:
    """Every point of ROC curves by finding and model; with `bands`, by finding and model, the 95% band there."""
    around = ("sensitivity_low_by_patient", "sensitivity_high_by_patient") if bands else ()
    rows = []
    for finding, by_model in curves.items():
        for name, curve in by_model.items():
            grid, *ends = bands.get(finding, {}).get(name, (np.array([0.0]), *2 * (np.array([np.nan]),)))
            columns = [curve.thresholds, curve.false, curve.true, curve.predictive_value(),
                       *(np.interp(curve.false, grid, end) for end in ends[:len(around)])]
            rows += [(name, finding, *map(float, point), curve.positives, curve.n)
                     for point in zip(*columns, strict=True)]
    return Sheet(("model", "finding", "threshold", "false_positive_rate", "sensitivity", "ppv_on_these_films", *around,
                  "positives", "n"), tuple(rows))


def precision_sheet(finding: str, lines: Mapping[str, PrecisionRecall]) -> Sheet:
    """Every point of precision-recall curves by model."""
    return Sheet(("model", "finding", "threshold", "recall", "precision", "positives", "n"), tuple(
        (name, finding, *map(float, point), line.positives, line.n)
        for name, line in lines.items() for point in zip(line.thresholds, line.recall, line.precision, strict=True)
    ))


def reliability_sheet(finding: str, sides: Mapping[str, Mapping[str, tuple[np.ndarray, ...]]]) -> Sheet:
    """Every bin of reliability diagrams by what the scores are ("before" or "after" calibration) and model."""
    return Sheet(("model", "finding", "scores", "mean_score", "share_with_finding", "low", "high"), tuple(
        (name, finding, side, *map(float, one))
        for side, bins in sides.items() for name, values in bins.items() for one in zip(*values, strict=True)
    ))


def averages_sheet(averages: Mapping[str, Averages]) -> Sheet:
    """Every point of the average ROC curves by model."""
    return Sheet(("model", "average", "false_positive_rate", "sensitivity", "area"), tuple(
        (name, kind, float(false), float(true), area)
        for name, one in averages.items() for kind, points, area in one.lines
        for false, true in zip(*points, strict=True)
    ))


def worth_sheet(rows: Mapping[str, Sequence[Worth]]) -> Sheet:
    """A row of figures a finding, by model."""
    return Sheet(
        ("model", "finding", "n", "positives", "auc", "by_patient_low", "by_patient_high", "delong_low", "delong_high",
         "auprc", "sensitivity", "specificity", "brier", "ece_equal_width", "ece_equal_mass"),
        tuple(
            (name, one.finding, one.n, one.positives, one.auc, *one.by_patient, *one.delong, one.average_precision,
             one.sensitivity, one.specificity, *astuple(one.calibration))
            for name, told in rows.items() for one in told
        ),
    )


def rates_sheet(confusion: Confusion) -> Sheet:
    """Accuracy, and each class's sensitivity and specificity, each with its 95% interval by patient."""
    of_class = (("sensitivity", confusion.sensitivity), ("specificity", confusion.specificity))
    rows = [("accuracy", "", confusion.accuracy)]
    rows += [(name, key, rates[key]) for name, rates in of_class for key in confusion.classes if key in rates]
    return Sheet(("measure", "class", "value", "low", "high", "films", "n", "patients"), tuple(
        (name, key, *astuple(rate), confusion.films, confusion.n, confusion.patients) for name, key, rate in rows
    ))


def audit_sheet(audit: Audit) -> Sheet:
    """What films are called that should not be, and what a score tells apart that it should not."""
    called = [
        ("called", row.films, key, row.n, row.patients, *astuple(rate), "")
        for row in audit.called for key, rate in row.shares.items()
    ]
    apart = [
        ("told apart, AUC", f"{row.first} from {row.second}", row.score, sum(row.n), "", *astuple(row.auc), row.remark)
        for row in audit.told_apart
    ]
    return Sheet(("what", "films", "class", "n", "patients", "value", "low", "high", "remark"), (*called, *apart))


def confusion_sheet(confusion: Confusion) -> Sheet:
    """A row a true class: how many of its films are called each."""
    rows = zip(confusion.classes, confusion.counts, strict=True)
    return Sheet(("true", *(f"called {key}" for key in confusion.classes)), tuple((key, *row) for key, row in rows))


def sheet_of(records: Sequence[Any]) -> Sheet:
    """Dataclasses of one kind as rows, their fields as columns."""
    names = tuple(one.name for one in fields(records[0])) if records else ()
    return Sheet(names, tuple(tuple(getattr(one, name) for name in names) for one in records))


def _made_of(stamp: Stamp) -> tuple[str, ...]:
    """Below `_MADE_OF`; what is unknown is said to be."""
    overlap = "unknown" if stamp.overlap is None else str(stamp.overlap)
    return (stamp.digest or "unknown", stamp.films, stamp.split_digest, stamp.label_version or "unknown", overlap,
            stamp.date or "unknown")


def _written(cell: Cell) -> Cell:
    """A cell as a file holds it: nothing for a number that is none, a text that no spreadsheet runs."""
    if isinstance(cell, float):
        return "" if np.isnan(cell) else cell
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULAS) and not _is_number(cell) else cell


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return not cell.startswith(("\t", "\r"))
