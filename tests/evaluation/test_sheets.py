"""CSV of figures: every number as it is, and no cell that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import numpy as np
import pytest

from cxr_core.evaluation.curves import RocCurve, precision_recall
from cxr_core.evaluation.sheets import (
    Sheet, audit_sheet, averages_sheet, confusion_sheet, precision_sheet, rates_sheet, reliability_sheet, roc_sheet,
    sheet_of,
)
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


def test_a_band_leaves_with_its_curve_and_a_curve_without_one_has_nothing_there() -> None:
    curve = RocCurve.from_predictions(np.array([1, 0, 1, 0]), np.array([0.9, 0.8, 0.3, 0.1]))
    band = (np.array([0, 1.0]), np.array([0, 0.5]), np.array([0.6, 1]))
    text = roc_sheet({"Mass": {"one": curve, "two": curve}}, {"Mass": {"one": band}}).to_csv()
    rows = list(csv.DictReader(io.StringIO(text)))
    for row in (row for row in rows if row["model"] == "one"):
        rate = float(row["false_positive_rate"])
        ends = [float(row[f"sensitivity_{end}_by_patient"]) for end in ("low", "high")]
        assert ends == pytest.approx([rate / 2, 0.6 + 0.4 * rate])
    assert {row["sensitivity_low_by_patient"] for row in rows if row["model"] == "two"} == {""}
    assert {(row["positives"], row["n"]) for row in rows} == {("2", "4")}


def test_points_of_precision_and_recall_have_their_threshold_and_how_many_films_they_are_of() -> None:
    line = precision_recall(np.array([1, 0, 1, 0]), np.array([0.9, 0.8, 0.3, 0.1]))
    rows = list(csv.DictReader(io.StringIO(precision_sheet("Mass", {"one": line}).to_csv([STAMP]))))
    told = [(float(row["threshold"]), float(row["recall"]), float(row["precision"])) for row in rows]
    np.testing.assert_allclose(told, [(np.inf, 0, 1), (0.9, 0.5, 1), (0.8, 0.5, 0.5), (0.3, 1, 2 / 3), (0.1, 1, 0.5)])
    assert {(row["positives"], row["n"]) for row in rows} == {("2", "4")}


def test_a_formula_becomes_a_text_and_a_number_stays_one() -> None:
    text = Sheet(("film", "difference"), (("=cmd()", "+0.012"), ("@sum", -0.5), ("a,\"b\"", float("nan")),
                                        ("+cmd|'/C calc'!A0", "-cmd()"), ("-1.5e-3", "+inf"))).to_csv()
    assert list(csv.reader(io.StringIO(text)))[1:] == [
        ["'=cmd()", "+0.012"], ["'@sum", "-0.5"], ['a,"b"', ""], ["'+cmd|'/C calc'!A0", "'-cmd()"], ["-1.5e-3", "+inf"],
    ]


def test_each_row_says_whose_it_is_and_what_is_of_papers_nothing() -> None:
    other = replace(STAMP, model="two", digest="ef" * 32, overlap=7)
    rows = (("One", 0.7), ("Two", 0.6), ("a paper", 0.8))
    table = list(csv.DictReader(io.StringIO(Sheet(("", "auc"), rows, ("one", "two", "")).to_csv([STAMP, other]))))
    assert [row["model_sha256"] for row in table] == ["ab" * 32, "ef" * 32, ""]
    assert [row["patients_shared_with_training"] for row in table] == ["0", "7", ""]
    (both,) = csv.DictReader(io.StringIO(Sheet(("finding", "p"), (("Mass", 0.1),)).to_csv([STAMP, other])))
    assert both["made_of_model"] == "one and two" and both["films"] == "test"
    (evil,) = csv.DictReader(io.StringIO(Sheet(("a", "b"), (("x", 1),)).to_csv([replace(STAMP, films="=cmd()")])))
    assert evil["films"] == "'=cmd()"


def test_confusion_counts_and_records_become_rows() -> None:
    from cxr_core.evaluation.exclusive import measure_confusion

    told = measure_confusion("test", ("a", "b"), np.array([0, 0, 1]), np.array([0, 1, 1]), np.arange(3))
    assert confusion_sheet(told).to_csv() == "true,called a,called b\na,1,1\nb,0,1\n"
    rates = list(csv.DictReader(io.StringIO(rates_sheet(told).to_csv())))
    assert [(row["measure"], row["class"], float(row["value"])) for row in rates] == [
        ("accuracy", "", 2 / 3), ("sensitivity", "a", 0.5), ("sensitivity", "b", 1), ("specificity", "a", 1),
        ("specificity", "b", 0.5),
    ]
    assert all(float(row["low"]) <= float(row["value"]) <= float(row["high"]) for row in rates)
    assert sheet_of([told.accuracy]).heads == ("value", "low", "high") and sheet_of([]).to_csv() == "\n"


def test_the_points_of_average_curves_come_back_as_they_were() -> None:
    from cxr_core.evaluation.averages import Averages

    curves = [RocCurve.from_predictions(np.array([1, 0, 1, 0]), np.array(one)) for one in ([.9, .8, .3, .1], [.9, 0, 1, 0])]
    told = Averages((curves[0].false, curves[0].true), 0.75, curves[1])
    rows = list(csv.DictReader(io.StringIO(averages_sheet({"one": told}).to_csv([STAMP]))))
    macro, micro = ([row for row in rows if row["average"] == kind] for kind in ("macro", "micro"))
    assert [float(row["sensitivity"]) for row in macro] == list(curves[0].true)
    assert [float(row["false_positive_rate"]) for row in micro] == list(curves[1].false)
    assert {row["area"] for row in macro} == {"0.75"} and {row["area"] for row in micro} == {"1.0"}


def test_bins_before_and_after_calibration_stand_apart() -> None:
    bins = {"one": tuple(np.array([value]) for value in (0.2, 0.3, 0.1, 0.5))}
    text = reliability_sheet("Mass", {"before": bins, "after": {}}).to_csv()
    assert text.splitlines()[1:] == ["one,Mass,before,0.2,0.3,0.1,0.5"]


def test_every_row_of_an_audit_is_kept() -> None:
    from cxr_core.evaluation.classes import Audit, Called, Rate, ToldApart

    rate = Rate(0.25, 0.125, 0.5)
    audit = Audit((Called("adults", 40, 30, {"a": rate, "b": rate}),), (ToldApart("a", "old", "young", (3, 4), rate, "age"),))
    rows = list(csv.DictReader(io.StringIO(audit_sheet(audit).to_csv())))
    assert [(row["what"], row["class"], row["n"]) for row in rows] == [
        ("called", "a", "40"), ("called", "b", "40"), ("told apart, AUC", "a", "7"),
    ]
    assert {row["high"] for row in rows} == {"0.5"} and rows[2]["films"] == "old from young"
