"""No interval claims a certainty: what every draw of patients tells alike says nothing of how patients vary."""

from __future__ import annotations

import numpy as np
import pytest

from cxr_core.evaluation.curves import worth
from cxr_core.evaluation.delong import delong
from cxr_core.evaluation.summary import measure_findings

PATIENTS = np.arange(120)
HALF = (PATIENTS % 2).astype(float)
RNG = np.random.default_rng(4)


def measured(labels: np.ndarray, scores: np.ndarray, patients: np.ndarray = PATIENTS, findings=("Mass", "Nodule")):
    columns = (values.reshape(len(patients), -1) for values in (labels, scores))
    labels, scores = columns
    return measure_findings(findings[:labels.shape[1]], labels, scores, patients, replicates=100)


def test_a_finding_told_without_a_fault_has_clopper_and_pearsons_interval_with_many_patients_too() -> None:
    (one,) = (told := measured(HALF, HALF * 0.9 + 0.05)).findings
    assert one.auc == 1 and one.interval == told.interval == (pytest.approx(0.025 ** (1 / 60)), 1.0)
    (upside_down,) = measured(HALF, -HALF).findings
    assert upside_down.interval == (0.0, pytest.approx(1 - 0.025 ** (1 / 60)))


def test_one_score_for_all_films_has_no_interval() -> None:
    (one,) = (told := measured(HALF, np.full(120, 0.3))).findings
    assert one.auc == told.mean_auc == 0.5 and np.isnan([*one.interval, *one.delong, *told.interval]).all()


def test_the_mean_of_one_finding_has_its_interval_and_of_two_that_never_vary_their_own() -> None:
    scores = HALF + RNG.normal(size=120)
    for patients in (PATIENTS, PATIENTS // 8):  # draws of patients, and in closed form
        told = measured(HALF, scores, patients)
        assert told.interval == told.findings[0].interval and told.interval[0] < told.mean_auc < told.interval[1]
    alike = measured(np.c_[HALF, PATIENTS < 55], np.c_[HALF, PATIENTS < 55])
    lows = [one.interval[0] for one in alike.findings]
    assert alike.mean_auc == 1 and alike.interval == (pytest.approx(np.mean(lows)), 1.0) and lows[0] != lows[1]
    several = measured(np.c_[HALF, HALF], np.c_[scores, RNG.random(120)])
    assert several.interval[0] < several.mean_auc < several.interval[1]


def test_films_of_one_patient_have_a_mean_and_no_interval_of_it() -> None:
    labels = np.c_[np.arange(12) % 2, np.arange(12) % 3 == 0]
    told = measured(labels, RNG.random((12, 2)), np.zeros(12))
    assert 0 < told.mean_auc < 1 and np.isnan(told.interval).all()


@pytest.mark.parametrize("scores", [HALF, 1 - HALF, np.zeros(120)])
def test_delongs_interval_of_what_never_varies_is_none(scores: np.ndarray) -> None:
    assert np.isnan(delong(HALF, scores).interval()).all()
    assert np.isnan(worth("Mass", HALF, scores, None, (0, 1)).delong).all()
