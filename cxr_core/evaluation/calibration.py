"""Scores -> probabilities that can be believed, and how far they can be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm, rankdata
from sklearn.linear_model import LogisticRegression

BINS = 15  # of an expected calibration error


@dataclass(frozen=True)
class Calibration:
    """How far probabilities are from what comes true: Brier's score, and the expected calibration error in bins of
    equal width and of equal mass; all 0 to 1, the less the better. NaN without films."""

    brier: float
    equal_width: float
    equal_mass: float

    @classmethod
    def of(cls, positive: np.ndarray, probability: np.ndarray) -> Calibration:
        """Measured on films: 0 or 1, and a probability each."""
        if not len(positive):
            return cls(*(3 * [float("nan")]))
        return cls(
            float(np.mean((probability - positive) ** 2)),
            expected_calibration_error(positive, probability),
            expected_calibration_error(positive, probability, equal_mass=True),
        )


def fit_platt(positive: np.ndarray, raw: np.ndarray) -> tuple[float, float]:
    """Platt's `a` and `b` of sigmoid(a * logit(raw) + b), fitted by maximum likelihood with a weak prior.

    Raises
    ------
    ValueError
        When there is one class only.
    """
    p = np.clip(raw.astype(np.float64), 1e-7, 1 - 1e-7)
    model = LogisticRegression(C=10.0).fit(np.log(p / (1 - p))[:, None], positive.astype(int))
    return float(model.coef_[0, 0]), float(model.intercept_[0])


def reliability(
    positive: np.ndarray, probability: np.ndarray, bins: int = 8, level: float = 0.95
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Mean probability and share of positives in bins of equal mass, with Wilson's interval of the share.

    Returns four arrays of at most `bins` values: probability, share, low, high. Films count as independent.
    """
    mean, share, count = _bins(positive, probability, bins, equal_mass=True)
    z = norm.ppf(0.5 + level / 2)
    centre = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    reach = z / (1 + z**2 / count) * np.sqrt(share * (1 - share) / count + z**2 / (4 * count**2))
    return mean, share, np.clip(centre - reach, 0, share), np.clip(centre + reach, share, 1)


def expected_calibration_error(
    positive: np.ndarray, probability: np.ndarray, bins: int = BINS, *, equal_mass: bool = False
) -> float:
    """Mean over bins of |share of positives - mean probability|, weighted by films.

    Bins are of equal width, or hold as many films each (Nixon et al. 2019, arXiv:1904.01685): of a rare finding nearly
    all films lie in the first bin of equal width, and what they hide in there is not seen.
    """
    mean, share, count = _bins(positive, probability, bins, equal_mass=equal_mass)
    return float((np.abs(share - mean) * count).sum() / count.sum())


def _bins(
    positive: np.ndarray, probability: np.ndarray, bins: int, *, equal_mass: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean probability, share of positives and films of each bin that has films.

    Films of one score are never parted: which of them would fall into which bin hangs on their order alone.
    """
    probability = np.asarray(probability, np.float64)
    if equal_mass:
        place = ((rankdata(probability) - 0.5) * bins / len(probability)).astype(int)  # a tie's middle rank
    else:
        place = np.minimum((probability * bins).astype(int), bins - 1)
    count, ill, total = (
        np.bincount(place, weights, bins) for weights in (None, np.asarray(positive, np.float64), probability)
    )
    some = count > 0
    return total[some] / count[some], ill[some] / count[some], count[some]
