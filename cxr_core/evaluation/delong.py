"""Variance and covariance of areas under ROC curves, in O(n log n).

DeLong, DeLong, Clarke-Pearson, Biometrics 44 (1988) 837-845; the fast form of Sun and Xu, IEEE Signal Processing
Letters 21 (2014) 1389-1393: placements from sorted scores. DeLong takes films as independent. Where one patient has
many, its test calls equal models different up to seven times too often; `obuchowski` and `bootstrap.py` do not.
Obuchowski, Nonparametric analysis of clustered ROC curve data, Biometrics 53 (1997) 567-578.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from cxr_core.evaluation.ranks import placed


@dataclass(frozen=True)
class DeLong:
    """AUC of K score columns on the same films, shape (K,), with their covariance (K, K).

    Of one ill or one well film (or patient, where they are the draws) nothing is known of how such films vary: the
    covariance is NaN, and X    """

    auc: np.ndarray
    covariance: np.ndarray
    freedom: float = math.inf

    def interval(self, column: int = 0, level: float = 0.95) -> tuple[float, float]:
        """Interval of one AUC, on the logit scale so that it stays within 0 to 1.

        NaN where the variance is not known, and at 0, 1 or no variance: films that never vary tell nothing of how films
        do, and the point alone would claim a certainty.
        """
        value, variance = float(self.auc[column]), float(self.covariance[column, column])
        if not 0 < value < 1 or not variance > 0:
            return math.nan, math.nan
        centre, error = np.log(value / (1 - value)), np.sqrt(variance) / (value * (1 - value))
        reach = self._within(level) * error
        low, high = 1 / (1 + np.exp(-(centre - reach))), 1 / (1 + np.exp(-(centre + reach)))
        return float(low), float(high)

    def test(self) -> tuple[float, float]:
        """z (or t) and two-sided p of the difference of the first two columns; (0, 1) when they never differ.

        NaN where the variance is not known.
        """
        variance = self.covariance[0, 0] + self.covariance[1, 1] - 2 * self.covariance[0, 1]
        difference = float(self.auc[0] - self.auc[1])
        if math.isnan(variance):
            return math.nan, math.nan
        if variance <= 1e-18:
            return (0.0, 1.0) if difference == 0 else (float(np.sign(difference) * np.inf), 0.0)
        z = difference / float(np.sqrt(variance))
        if math.isinf(self.freedom):
            return z, math.erfc(abs(z) / math.sqrt(2))
        from scipy.special import stdtr  # a third of a second to import, and most tests ask for none

        return z, float(2 * stdtr(self.freedom, -abs(z)))

    def _within(self, level: float) -> float:
        """How many standard errors hold this share."""
        if math.isinf(self.freedom):
            return NormalDist().inv_cdf(0.5 + level / 2)
        from scipy.special import stdtrit

        return float(stdtrit(self.freedom, 0.5 + level / 2))


def delong(positive: np.ndarray, scores: np.ndarray) -> DeLong:
    """AUCs and covariance of one or several score columns.

    Parameters
    ----------
    positive : ndarray of shape (films,), 0 or 1
    scores : ndarray of shape (films,) or (films, K)

    Raises
    ------
    ValueError
        When either class has no film, or a score is not a number.
    """
    _, of_ill, of_well = _placements(positive, scores)
    covariance = _covariance(of_ill) / of_ill.shape[1] + _covariance(of_well) / of_well.shape[1]
    return DeLong(of_ill.mean(axis=1), covariance)


def obuchowski(positive: np.ndarray, scores: np.ndarray, patients: np.ndarray) -> DeLong:
    """The same where films of a patient hang together: Obuchowski's covariance, patients with all their films as draws.

    The degrees of freedom are one less than the patients of the rarer class: with fifteen of them a normal z calls
    equal models different up to eight times of 100.

    Parameters
    ----------
    positive, scores : ndarray
        As `delong` has them.
    patients : ndarray of shape (films,)

    Raises
    ------
    ValueError
        As `delong` has it.
    """
    names, place = np.unique(patients, return_inverse=True)
    areas, pulls, fewest = patient_pulls(positive, scores, place, len(names))
    if fewest < 2:
        return DeLong(areas, np.full((len(areas), len(areas)), np.nan), 0)
    return DeLong(areas, pulls @ pulls.T, fewest - 1)


def patient_pulls(
    positive: np.ndarray, scores: np.ndarray, place: np.ndarray, count: int
) -> tuple[np.ndarray, np.ndarray, int]:
    """The AUCs (K,), how far each patient pulls them from the truth (K, `count`), and the patients of the rarer class.

    Products of pulls sum to the covariance. `place`, int of shape (films,) and under `count`, says whose a film is.
    """
    ill, of_ill, of_well = _placements(positive, scores)
    areas = of_ill.mean(axis=1)
    pulls, fewest = np.zeros((len(areas), count)), len(ill)
    for part, won in ((ill, of_ill), (~ill, of_well)):
        patients = int(np.count_nonzero(np.bincount(place[part])))
        scale = math.sqrt(patients / max(patients - 1, 1)) / won.shape[1]
        pulls += scale * np.stack([np.bincount(place[part], row, count) for row in won - areas[:, None]])
        fewest = min(fewest, patients)
    return areas, pulls, fewest


def _placements(positive: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Who is ill, (films,), and each ill and each well film's share of won comparisons: (K, ill) and (K, well)."""
    scores = scores[:, None] if scores.ndim == 1 else scores
    ill = np.asarray(positive).astype(bool)
    m, n = int(ill.sum()), int((~ill).sum())
    if not m or not n:
        raise ValueError(f"An AUC needs films of both classes; found {m} positive and {n} negative.")
    if not np.isfinite(scores).all():
        raise ValueError("A score is not a number.")
    of_ill, of_well = np.empty((scores.shape[1], m)), np.empty((scores.shape[1], n))
    for column, values in enumerate(scores.T):
        of_ill[column] = placed(values[ill], values[~ill]) / n
        of_well[column] = 1 - placed(values[~ill], values[ill]) / m
    return ill, of_ill, of_well


def _covariance(rows: np.ndarray) -> np.ndarray:
    if rows.shape[1] < 2:
        return np.full((len(rows), len(rows)), np.nan)
    return np.atleast_2d(np.cov(rows))


def holm(p_values: np.ndarray) -> np.ndarray:
    """P values corrected for their number (Holm, Scandinavian Journal of Statistics 6 (1979) 65-70), in the same order.

    NaN is no test: it stays NaN, and does not count.
    """
    p_values = np.asarray(p_values, np.float64)
    count = int(np.isfinite(p_values).sum())
    order = np.argsort(p_values)[:count]  # NaN is sorted last
    corrected = np.full(len(p_values), np.nan)
    corrected[order] = np.minimum(np.maximum.accumulate((count - np.arange(count)) * p_values[order]), 1)
    return corrected
