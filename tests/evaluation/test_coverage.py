"""95% intervals hold the truth 95 times of 100: simulated where the truth is known in closed form.

Patients have two films each, ill or well as a whole, whose scores share most of their variance.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from cxr_core.evaluation.bootstrap import bootstrap_auc, interval
from cxr_core.evaluation.calibration import reliability
from cxr_core.evaluation.comparison import mean_difference_span
from cxr_core.evaluation.curves import roc_band
from cxr_core.evaluation.delong import delong
from cxr_core.evaluation.exclusive import rate
from cxr_core.evaluation.operating import rates_by_patient
from cxr_core.evaluation.subgroups import auc_gaps, sensitivity_gaps
from cxr_core.evaluation.summary import measure_findings

DRAWS = 2000
TRUTH = float(norm.cdf(1 / np.sqrt(2)))  # the AUC of normal scores one standard deviation apart


def is_95(held: float | np.ndarray, draws: int = DRAWS) -> bool:
    return bool(np.all((0.93 <= held / draws) & (held / draws <= 0.97)))


def clustered(rng: np.random.Generator, ill: np.ndarray, apart: float = 1.0) -> np.ndarray:
    """Scores of two films of each patient: unit variance, of which the patient has .8."""
    count = len(ill)
    return (np.sqrt(0.8) * rng.normal(size=count) + apart * ill).repeat(2) + np.sqrt(0.2) * rng.normal(size=2 * count)


def test_delongs_interval_covers_the_true_auc() -> None:
    rng, held, positive = np.random.default_rng(5), 0, np.arange(200) < 70
    for _ in range(DRAWS):
        low, high = delong(positive, rng.normal(size=200) + positive).interval()
        held += low <= TRUTH <= high
    assert is_95(held)


def test_the_bootstrap_by_patient_covers_the_true_auc_where_films_cluster_and_delong_does_not() -> None:
    rng, by_patient, by_film, patients = np.random.default_rng(6), 0, 0, np.arange(120).repeat(2)
    for _ in range(DRAWS):
        ill = rng.random(120) < 0.4
        positive, scores = ill.repeat(2), clustered(rng, ill)
        low, high = interval(bootstrap_auc(positive[:, None], scores[:, None], patients, replicates=300)[:, 0])
        by_patient += low <= TRUTH <= high
        low, high = delong(positive, scores).interval()
        by_film += low <= TRUTH <= high
    assert is_95(by_patient) and by_film / DRAWS < 0.90


@pytest.mark.parametrize(("ill", "apart"), [(12, 1.0), (12, 2.0), (30, 2.0), (49, 2.0)])
def test_the_interval_by_patient_on_card_and_page_covers_the_true_auc_with_few_ill_patients_too(
    ill: int, apart: float
) -> None:
    """Of 12 and 150 patients percentiles hold an AUC of .76 90 times of 100, and one of .92 87 times; logits 93."""
    rng, held, draws, few = np.random.default_rng(19), 0, DRAWS // 2, np.arange(150 + ill) < ill
    for _ in range(draws):
        scores = clustered(rng, few, apart)
        told = measure_findings(("Mass",), few.repeat(2)[:, None], scores[:, None], np.arange(len(few)).repeat(2),
                                replicates=20)
        low, high = told.findings[0].interval
        held += low <= norm.cdf(apart / np.sqrt(2)) <= high
    assert 0.92 <= held / draws <= 0.97


def test_the_interval_of_sensitivity_and_specificity_covers_the_truth() -> None:
    rng, held, patients = np.random.default_rng(7), np.zeros(2), np.arange(200).repeat(2)
    truth, ill = (norm.sf(0.5 - 1), norm.cdf(0.5)), np.arange(200) < 80
    for _ in range(DRAWS):
        rates = rates_by_patient(ill.repeat(2), clustered(rng, ill), 0.5, patients)
        held += [rate.low <= true <= rate.high for rate, true in zip(rates, truth, strict=True)]
    assert is_95(held)


@pytest.mark.parametrize(("count", "share"), [(12, 0.5), (12, 0.8), (20, 0.8), (30, 0.8), (30, 0.95), (60, 0.9)])
def test_the_interval_of_a_rate_covers_it_with_few_patients_too(count: int, share: float) -> None:
    """One to eight films each: percentiles of replicates hold it 84 times of 100 at 30 patients and a share of .95."""
    rng, held = np.random.default_rng(17), 0
    for _ in range(DRAWS):
        patients = np.arange(count).repeat(rng.integers(1, 9, count))
        scores = np.sqrt(0.7) * rng.normal(size=count)[patients] + np.sqrt(0.3) * rng.normal(size=len(patients))
        told = rate(scores < norm.ppf(share), patients)
        held += told.low <= share <= told.high
    assert is_95(held)


def test_the_interval_of_a_mean_difference_covers_the_true_one() -> None:
    """Two findings; one model sets ill films one standard deviation apart, the other half of one. Both see one film."""
    rng, held, patients, count = np.random.default_rng(8), 0, np.arange(80).repeat(2), 80
    truth = TRUTH - norm.cdf(0.5 / np.sqrt(2))
    for _ in range(DRAWS):
        ill, film = rng.random((count, 2)) < 0.4, rng.normal(size=(count, 2))
        first, second = (
            (0.6 * film + np.sqrt(0.44) * rng.normal(size=(count, 2)) + apart * ill).repeat(2, axis=0)
            + np.sqrt(0.2) * rng.normal(size=(2 * count, 2)) for apart in (1, 0.5)
        )
        low, high = mean_difference_span(ill.repeat(2, axis=0), first, second, patients, replicates=200)
        held += low <= truth <= high
    assert is_95(held)


@pytest.mark.parametrize(("each", "apart"), [(70, 1.0), (50, 1.0), (50, 2.0), (30, 2.0)])
def test_the_interval_of_a_groups_auc_covers_the_truth_in_small_groups_too(each: int, apart: float) -> None:
    """Women and men, two groups a draw, of so many patients each: percentiles of replicates hold it 85 to 93 times."""
    rng, held, patients, draws = np.random.default_rng(9), 0, np.arange(2 * each), DRAWS // 4
    truth = norm.cdf(apart / np.sqrt(2))
    films = pd.DataFrame({
        "patient": patients.repeat(2), "sex": np.array(["F", "M"])[patients % 2].repeat(2), "age": np.nan, "view": "",
    })
    for _ in range(draws):
        ill = rng.random(2 * each) < 0.4
        gaps = auc_gaps(films, ill.repeat(2), clustered(rng, ill, apart))
        held += sum(gap.low <= truth <= gap.high for gap in gaps)
    assert is_95(held, 2 * draws)


def test_the_interval_of_a_groups_sensitivity_covers_the_truth_and_is_none_of_certainty() -> None:
    rng, held, draws, patients = np.random.default_rng(12), 0, DRAWS // 4, np.arange(60)
    films = pd.DataFrame({
        "patient": patients.repeat(2), "sex": np.array(["F", "M"])[patients % 2].repeat(2), "age": np.nan, "view": "",
    })
    for _ in range(draws):
        called = clustered(rng, np.ones(60, bool)) > 0.2
        gaps = sensitivity_gaps(films, np.ones(120, bool), called)
        held += sum(gap.low <= norm.sf(0.2 - 1) <= gap.high for gap in gaps)
    assert is_95(held, 2 * draws)
    all_called = sensitivity_gaps(films, np.ones(120, bool), np.ones(120, bool))
    assert {(gap.low, gap.value, gap.high) for gap in all_called} == {(0.025 ** (1 / 30), 1.0, 1.0)}


def test_wilsons_interval_covers_the_true_share_of_a_bin() -> None:
    """Films that are ill as often as is said: what is true of a bin is its mean probability."""
    rng, held, bins = np.random.default_rng(10), 0, 0
    for _ in range(DRAWS):
        probability = rng.uniform(0.02, 0.6, 300)
        mean, _, low, high = reliability(rng.random(300) < probability, probability)
        held, bins = held + ((low <= mean) & (mean <= high)).sum(), bins + len(mean)
    assert bins == 8 * DRAWS and is_95(held, bins)


def test_the_band_of_a_roc_curve_covers_the_true_one_and_claims_no_certainty_at_its_ends() -> None:
    """At rates where ten patients and more are found and missed it is the bootstrap's; beyond, at least as wide."""
    rng, points, patients = np.random.default_rng(11), 6, np.arange(200).repeat(2)
    ill, grid = np.arange(200) < 80, np.linspace(0, 1, points)
    truth, held = norm.cdf(1 + norm.ppf(grid)), np.zeros(points)
    for _ in range(DRAWS // 2):
        _, low, high = roc_band(ill.repeat(2), clustered(rng, ill), patients, points=points)
        held += (low <= truth) & (truth <= high)
    assert truth[2] < 1 - 10 / 80 < truth[3]
    held *= 2
    assert is_95(held[1:3]) and (held[3:] / DRAWS >= 0.95).all() and held[0] == held[-1] == DRAWS
