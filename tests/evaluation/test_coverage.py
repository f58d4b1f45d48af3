"""95% intervals hold the truth 95 times of 100: simulated where the truth is known in closed form."""

from __future__ import annotations

import numpy as np
from scipy.stats import norm

from cxr_core.evaluation.bootstrap import bootstrap_auc, interval
from cxr_core.evaluation.delong import delong
from cxr_core.evaluation.operating import rates_by_patient


def test_delongs_interval_covers_the_true_auc() -> None:
    """Scores of well and ill films are normal, one apart: the true AUC is Phi(1 / sqrt 2)."""
    rng, truth, held = np.random.default_rng(5), float(norm.cdf(1 / np.sqrt(2))), 0
    positive = np.arange(200) < 70
    for _ in range(2000):
        low, high = delong(positive, rng.normal(size=200) + positive).interval()
        held += low <= truth <= high
    assert 0.93 <= held / 2000 <= 0.97


def _clustered(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """200 patients of 2 films each, ill or well as a whole, whose scores share most of their variance."""
    ill = rng.random(200) < 0.4
    scores = (np.sqrt(0.8) * rng.normal(size=200) + ill).repeat(2) + np.sqrt(0.2) * rng.normal(size=400)
    return ill.repeat(2), scores, np.arange(200).repeat(2)


def test_the_bootstrap_by_patient_covers_the_true_auc_where_films_cluster_and_delong_does_not() -> None:
    rng, truth = np.random.default_rng(6), float(norm.cdf(1 / np.sqrt(2)))
    by_patient = by_film = 0
    for _ in range(400):
        positive, scores, patients = _clustered(rng)
        drawn = bootstrap_auc(positive[:, None], scores[:, None], patients, replicates=300)
        low, high = interval(drawn[:, 0])
        by_patient += low <= truth <= high
        low, high = delong(positive, scores).interval()
        by_film += low <= truth <= high
    assert 0.93 <= by_patient / 400 <= 0.97 and by_film / 400 < 0.90


def test_the_interval_of_sensitivity_and_specificity_covers_the_truth() -> None:
    rng, held = np.random.default_rng(7), np.zeros(2)
    truth = norm.sf(0.5 - 1), norm.cdf(0.5)
    for _ in range(400):
        positive, scores, patients = _clustered(rng)
        rates = rates_by_patient(positive, scores, 0.5, patients)
        held += [rate.low <= true <= rate.high for rate, true in zip(rates, truth)]
    assert (held / 400 >= 0.92).all() and (held / 400 <= 0.97).all()
