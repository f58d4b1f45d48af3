"""CSV of figures: every number as it is, and no cell that a spreadsheet would run."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest

from cxr_core.evaluation.curves import RocCurve
from cxr_core.evaluation.sheets import Sheet, confusion_sheet, roc_sheet, sheet_of
from cxr_core.evaluation.stamp import Stamp

STAMP = Stamp("one", "ab" * 32, "test", 4, 4, "cd" * 32, "2020", 0, "")


def test_the_points_of_a_curve_come_back_as_they_were() -> None:
    curve = RocCurve.from_predictions(np.array([1, 0, 1, 0]), np.array([0.9, 0.8, 0.3, 0.1]))
    rows = list(csv.DictReader(io.StringIO(roc_sheet({"Mass": {"one": curve}}).to_csv([STAMP]))))
    assert [float(row["sensitivity"]) for row in rows] == list(curve.true)
    assert [float(row["threshold"]) for row in rows] == pytest.approx(list(curve.thresholds))
    assert rows[0]["ppv_on_these_films"] == ""  # where nothing is called
    made_of = {(row["model_sha256"], row["films_sha256"], row["labels"]) for row in rows}
    assert made_of == {("ab" * 32, "cd" * 32, "2020")}


def test_a_formula_becomes_a_text_and_a_number_stays_one() -> None:
    text = Sheet(("film", "difference"), (("=cmd()", "+0.012"), ("@sum", -0.5), ("a,\"b\"", float("nan")))).to_csv()
    assert list(csv.reader(io.StringIO(text)))[1:] == [["'=cmd()", "+0.012"], ["'@sum", "-0.5"], ['a,"b"', ""]]


def test_confusion_counts_and_records_become_rows() -> None:
    from cxr_core.evaluation.exclusive import measure_confusion

    told = measure_confusion("test", ("a", "b"), np.array([0, 0, 1]), np.array([0, 1, 1]), np.arange(3))
    assert confusion_sheet(told).to_csv() == "true,called a,called b\na,1,1\nb,0,1\n"
    assert sheet_of([told.accuracy]).heads == ("value", "low", "high") and sheet_of([]).to_csv() == "\n"
