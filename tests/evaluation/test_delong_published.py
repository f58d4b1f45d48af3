"""DeLong against a published example, two independent forms, and variances counted by hand."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from scipy.stats import rankdata

from cxr_core.evaluation.delong import delong

# Published: 113 patients after a bleeding of an aneurysm (Turck et al., Intensive Care Medicine 36 (2010) 107-115), the
# data set aSAH of the R package pROC (Robin et al., BMC Bioinformatics 12 (2011) 77). A digit or a number a patient.
POOR = (
    "00001101001011001011101000000000100110110000000001100010001010011101101111000110100000010000000000001111110001000"
)
WFNS = (
    "11113254125255125225211112121134214541425511241125521251222151125214524414121421232421451154221113125225552445111"
)
S100B = (
    13, 14, 10, 4, 13, 10, 47, 16, 18, 10, 12, 10, 44, 71, 4, 8, 49, 4, 7, 33, 9, 9, 7, 11, 7, 17, 7, 11, 13, 19, 5, 16,
    41, 14, 34, 35, 48, 9, 96, 25, 50, 46, 16, 7, 43, 45, 11, 8, 9, 86, 52, 8, 6, 13, 207, 10, 14, 15, 7, 6, 77, 5, 9,
    30, 3, 9, 4, 23, 70, 9, 27, 71, 8, 26, 8, 16, 9, 13, 10, 8, 11, 33, 11, 28, 7, 10, 32, 22, 7, 5, 24, 38, 10, 15, 8, 14,
    10, 7, 4, 19, 56, 14, 58, 32, 82, 74, 15, 47, 17, 44, 15, 50, 48,
)  # hundredths of a microgram per litre


def test_the_published_example_of_proc() -> None:
    """It prints Z = 2.209, p = 0.02718, areas 0.8236789 and 0.7313686; of the second 95% CI: 0.6301-0.8326 (DeLong)."""
    positive = np.array([*map(int, POOR)])
    told = delong(positive, np.stack([[*map(int, WFNS)], S100B], axis=1).astype(float))
    assert (len(positive), positive.sum()) == (113, 41)
    np.testing.assert_allclose(told.auc, [0.8236789, 0.7313686], atol=5e-8)
    reach = 1.959964 * np.sqrt(told.covariance[1, 1])  # its interval is that of the plain scale
    assert (told.auc[1] - reach, told.auc[1] + reach) == pytest.approx((0.6301, 0.8326), abs=5e-5)
    z, p = told.test()
    assert (z, p) == (pytest.approx(2.209, abs=5e-4), pytest.approx(0.02718, abs=5e-6))


def by_mid_ranks(positive: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sun and Xu 2014, algorithm 2, as written there: mid-ranks of the ill, of the well, and of both together."""
    ill, well = scores[positive == 1].T, scores[positive == 0].T
    m, n = ill.shape[1], well.shape[1]
    both = np.concatenate([ill, well], axis=1)
    tx, ty, tz = (np.stack([rankdata(row) for row in part]) for part in (ill, well, both))
    v01, v10 = (tz[:, :m] - tx) / n, 1 - (tz[:, m:] - ty) / m
    return tz[:, :m].sum(axis=1) / m / n - (m + 1) / 2 / n, np.cov(v01) / m + np.cov(v10) / n


def test_the_mid_rank_form_gives_the_same() -> None:
    rng = np.random.default_rng(12)
    for count in (30, 400):
        positive = (np.arange(count) % 5 == 0).astype(int)
        scores = np.round(rng.normal(size=(count, 3)) + positive[:, None], 1)
        told, (auc, covariance) = delong(positive, scores), by_mid_ranks(positive, scores)
        np.testing.assert_allclose(told.auc, auc, atol=1e-12)
        np.testing.assert_allclose(told.covariance, covariance, atol=1e-12)


def test_a_variance_counted_by_hand() -> None:
    """Ill .8 and .4, well .6, .4 and .1. The ill are above 3 and 1.5 of three: 1 and 1/2, variance 1/8. The well are
    under 1, 1.5 and 2 of two: 1/2, 3/4 and 1, variance 1/16. AUC 3/4, its variance 1/8 / 2 + 1/16 / 3 = 1/12."""
    told = delong(np.array([1, 1, 0, 0, 0]), np.array([0.8, 0.4, 0.6, 0.4, 0.1]))
    assert told.auc[0] == pytest.approx(3 / 4) and told.covariance[0, 0] == pytest.approx(1 / 12)


def exactly(ill: tuple[int, ...], well: tuple[int, ...]) -> tuple[Fraction, Fraction]:
    """AUC and variance by the definition, in fractions."""
    above = [[Fraction((one > other) * 2 + (one == other), 2) for other in well] for one in ill]

    def spread(parts: list[Fraction]) -> Fraction:
        mean = sum(parts) / len(parts)
        return sum((part - mean) ** 2 for part in parts) / (len(parts) - 1) / len(parts)

    of_ill, of_well = [sum(row) / len(well) for row in above], [sum(row) / len(ill) for row in zip(*above)]
    return sum(of_ill) / len(ill), spread(of_ill) + spread(of_well)


def test_every_small_case_is_exact() -> None:
    """All scores of three values of two or three ill and two or three well films."""
    for m, n in product((2, 3), repeat=2):
        positive = np.repeat([1, 0], [m, n])
        for scores in product(range(3), repeat=m + n):
            told, (auc, variance) = delong(positive, np.array(scores, float)), exactly(scores[:m], scores[m:])
            assert abs(told.auc[0] - float(auc)) < 1e-12 and abs(told.covariance[0, 0] - float(variance)) < 1e-12
