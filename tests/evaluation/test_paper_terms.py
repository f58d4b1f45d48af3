"""What papers give beside AUC by finding, against counted examples."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from cxr_core.evaluation.paper_terms import cell_accuracy, in_paper_terms
from cxr_core.evaluation.published import PUBLISHED, figures_of
from cxr_core.evaluation.results import ABOUT, Results
from cxr_core.findings import NIH14, NO_FINDING


def results(labels: np.ndarray, raw: np.ndarray, findings: tuple[str, ...]) -> Results:
    films = pd.DataFrame({name: "" for name in ABOUT}, index=range(len(labels))).assign(subset="test")
    return Results("mine", findings, "none", films, labels.astype(float), raw, np.full_like(raw, np.nan))


def test_accuracy_counts_every_cell_and_stands_beside_that_of_finding_nothing() -> None:
    labels = np.array([[1, 0], [0, 0], [0, 1], [np.nan, 0]])
    raw = np.array([[0.6, 0.5], [0.4, 0.1], [0.2, 0.9], [0.9, 0.9]])
    counted = cell_accuracy(results(labels, raw, ("Mass", "Nodule")))
    assert (counted.network, counted.nothing, counted.cells) == (pytest.approx(5 / 7), pytest.approx(5 / 7), 7)
    assert np.isnan(cell_accuracy(results(labels[:0], raw[:0], ("Mass", "Nodule"))).network)


def test_a_paper_that_does_not_say_which_mean_it_gives_gets_both_over_as_many_outputs() -> None:
    findings = (*NIH14, NO_FINDING)
    random = np.random.default_rng(0)
    labels, raw = random.random((200, 15)) < 0.3, random.random((200, 15))
    raw[:, 0] = labels[:, 0]  # one finding told without fault
    lines = in_paper_terms(results(labels, raw, findings), figures_of("inceptionv3-299-nih15"))
    positive, healthy = raw[labels], raw[~labels]
    micro = (positive[:, None] > healthy).mean() + (positive[:, None] == healthy).mean() / 2
    of = [(raw[labels[:, at], at][:, None] > raw[~labels[:, at], at]).mean() for at in range(15)]
    area = next(line for line in lines if line.startswith("AUC"))
    assert f"macro {np.mean(of):.3f}, micro {micro:.3f}" in area and "0.730" in area
    labels[:, 3] = False  # no area without an ill film: no mean over 15 either
    assert not any(line.startswith("AUC") for line in in_paper_terms(
        results(labels, raw, findings), figures_of("inceptionv3-299-nih15")))


def test_mean_outputs_stand_beside_the_published_ones_and_a_paper_without_such_figures_says_nothing() -> None:
    khan = figures_of("mobilenet-128-nih6")
    mine = results(np.zeros((4, 6)), np.tile([0.1, 0.2, 0.3, 0.4, 0.5, 0.6], (4, 1)), tuple(khan.predicted))
    told = in_paper_terms(mine, khan)[-1]
    assert "test, 4 films" in told and "Atelectasis 10.0% (24.1%)" in told and "Pneumothorax 60.0% (11.2%)" in told
    assert in_paper_terms(mine, replace(khan, cell_accuracy=float("nan"), predicted={})) == []
    assert in_paper_terms(mine, None) == []


def test_what_stands_in_a_remark_is_the_figure_that_is_compared() -> None:
    for paper in PUBLISHED:
        if np.isfinite(paper.cell_accuracy):
            assert f"{paper.cell_accuracy:.4f}".lstrip("0") in paper.remark and paper.accuracy_on
