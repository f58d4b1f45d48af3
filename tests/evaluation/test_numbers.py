"""Numbers against truths: counted examples, the definition, scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from cxr_core.evaluation.bootstrap import SortedScores, auc, bootstrap_auc, interval
from cxr_core.evaluation.calibration import expected_calibration_error, fit_platt
from cxr_core.evaluation.operating import unsure_band, youden_point

RNG = np.random.default_rng(0)


def test_auc_of_a_counted_example() -> None:
    assert auc(np.array([1, 0, 1, 0]), np.array([0.9, 0.8, 0.7, 0.7])) == pytest.approx((2 + 0.5) / 4)


def test_auc_equals_scikit_learn_with_ties_and_weights() -> None:
    positive, scores, weights = RNG.integers(0, 2, 300), RNG.integers(0, 20, 300) / 20, RNG.integers(0, 4, 300)
    assert auc(positive, scores) == pytest.approx(roc_auc_score(positive, scores))
    drawn = SortedScores.of(positive, scores, np.arange(300)).auc(weights)
    assert float(drawn) == pytest.approx(roc_auc_score(positive, scores, sample_weight=weights))


def test_one_class_has_no_auc() -> None:
    assert np.isnan(auc(np.zeros(5), np.arange(5.0)))


def test_films_of_one_patient_widen_the_interval() -> None:
    positive = RNG.integers(0, 2, 60).repeat(8)
    scores = (positive[::8] + RNG.normal(size=60) * 1.5).repeat(8)
    by_patient = interval(bootstrap_auc(positive[:, None], scores[:, None], np.arange(60).repeat(8), replicates=300)[:, 0])
    by_film = interval(bootstrap_auc(positive[:, None], scores[:, None], np.arange(480), replicates=300)[:, 0])
    assert by_patient[1] - by_patient[0] > 2 * (by_film[1] - by_film[0])


def test_platt_finds_the_truth_and_calibrates() -> None:
    logits = RNG.normal(size=20_000)
    positive = (RNG.random(20_000) < 1 / (1 + np.exp(-(2 * logits - 1)))).astype(int)
    a, b = fit_platt(positive, 1 / (1 + np.exp(-logits)))
    assert (a, b) == (pytest.approx(2, abs=0.1), pytest.approx(-1, abs=0.1))
    assert expected_calibration_error(positive, 1 / (1 + np.exp(-(a * logits + b)))) < 0.02


def test_ece_of_a_counted_example() -> None:
    assert expected_calibration_error(np.array([1, 0, 0, 0]), np.full(4, 0.75)) == pytest.approx(0.5)


def test_ece_of_equal_mass_sees_what_bins_of_equal_width_hide() -> None:
    """All films in the first fifteenth: said .03 and .01, true 0 and .04. Their means agree, their halves do not."""
    probability = np.r_[np.linspace(0.029, 0.031, 100), np.linspace(0.009, 0.011, 100)]
    positive = np.r_[np.zeros(100), np.ones(4), np.zeros(96)]
    assert expected_calibration_error(positive, probability) == pytest.approx(0)
    halves = expected_calibration_error(positive, probability, bins=2, equal_mass=True)
    assert halves == pytest.approx((0.03 + 0.03) / 2)


@pytest.mark.parametrize("equal_mass", [False, True])
def test_ece_does_not_hang_on_the_order_of_tied_films(equal_mass: bool) -> None:
    positive, probability = RNG.integers(0, 2, 400), RNG.integers(0, 4, 400) / 4
    turned = RNG.permutation(400)
    expected = sum(  # each score is a bin of its own
        abs(positive[probability == one].mean() - one) * (probability == one).mean() for one in np.unique(probability)
    )
    for rows in (np.arange(400), turned, np.argsort(positive)):
        told = expected_calibration_error(positive[rows], probability[rows], equal_mass=equal_mass)
        assert told == pytest.approx(expected)


def test_a_constant_score_has_one_point_of_reliability() -> None:
    from cxr_core.evaluation.calibration import reliability

    positive = np.arange(90) % 3 == 0
    mean, share, low, high = reliability(positive[np.argsort(positive)], np.full(90, 0.25))
    assert (mean.tolist(), share.tolist()) == ([0.25], [pytest.approx(1 / 3)]) and low < share < high


def test_calibration_of_no_film_is_no_number_and_of_a_sure_truth_is_none() -> None:
    from dataclasses import astuple

    from cxr_core.evaluation.calibration import Calibration

    assert np.isnan(astuple(Calibration.of(np.zeros(0), np.zeros(0)))).all()
    assert astuple(Calibration.of(np.array([1, 0, 1]), np.array([1.0, 0.0, 1.0]))) == (0, 0, 0)


def test_youden_of_a_counted_example_lies_in_its_band() -> None:
    positive, probability = np.array([0, 0, 1, 1]), np.array([0.1, 0.4, 0.6, 0.9])
    assert youden_point(positive, probability) == 0.6
    low, high = unsure_band(positive.repeat(20), probability.repeat(20), np.arange(80))
    assert low <= 0.6 <= high


def test_consequences_of_a_counted_example() -> None:
    """Bayes by hand: sensitivity 1/2, specificity 3/4, prevalence 20%: PPV = .1 / (.1 + .2) = 1/3, NPV = .6 / .7."""
    from cxr_core.evaluation.operating import consequences

    positive, probability = np.array([1, 1, 0, 0, 0, 0]), np.array([0.9, 0.2, 0.8, 0.1, 0.1, 0.3])
    told = consequences(positive, probability, 0.5, 0.2)
    assert (told.true_positive, told.false_positive, told.false_negative, told.true_negative) == (1, 1, 1, 3)
    assert told.positive_value == pytest.approx(1 / 3) and told.negative_value == pytest.approx(6 / 7)
    assert told.needed == pytest.approx(3)
    assert np.isnan(consequences(positive, probability, 1.1, 0.2).positive_value)


def test_reliability_of_a_perfect_forecaster_lies_on_the_line() -> None:
    from cxr_core.evaluation.calibration import reliability

    probability = RNG.random(20_000)
    mean, share, low, high = reliability((RNG.random(20_000) < probability).astype(float), probability)
    assert np.abs(mean - share).max() < 0.03 and ((low <= mean) & (mean <= high)).mean() >= 0.7
    assert (low <= share).all() and (share <= high).all()
