"""Which model answers to which finding."""

from __future__ import annotations

from cxr_core.comparing.columns import Column, all_findings, make_columns
from cxr_core.models.registry import find_spec

NIH, KHAN, COVID = (find_spec(one) for one in ("resnet18-128-nih14", "mobilenet-128-nih6", "resnet18-224-covid3"))


def test_a_model_that_does_not_know_the_finding_is_left_out_and_named() -> None:
    columns, without = make_columns([NIH, KHAN, COVID], "Hernia")
    assert columns == (Column(NIH.id, "Hernia"),) and without == (KHAN, COVID)


def test_a_model_of_three_classes_answers_by_its_nearest_and_says_so() -> None:
    columns, without = make_columns([NIH, KHAN, COVID], "Consolidation")
    assert columns == (Column(NIH.id, "Consolidation"), Column(COVID.id, "Pneumonia", "Consolidation"))
    assert without == (KHAN,) and columns[1].remark == "nearest class to Consolidation" and not columns[0].remark
    assert make_columns([COVID], "Pneumonia")[0] == (Column(COVID.id, "Pneumonia"),)
    assert make_columns([NIH], "COVID-19")[0] == (Column(NIH.id, "Pneumonia", "COVID-19"),)


def test_each_models_own_first_leaves_nobody_out() -> None:
    columns, without = make_columns([NIH, KHAN, COVID], None)
    assert [column.finding for column in columns] == [None] * 3 and not without


def test_the_findings_to_choose_from_are_everybodys_each_once() -> None:
    assert all_findings([KHAN, COVID]) == (*KHAN.findings, *COVID.findings)
    assert all_findings([NIH, KHAN]) == NIH.findings
