"""Scores -> probabilities that can be believed, and how far they can be."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from cxr_core.evaluation.ranks import placed

BINS = 15  # of an expected calibration error
LEAST_SLOPE = 0.01  # of Platt's line: films keep their order in single precision, and the probability hardly moves


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

    A finding that the network does not tell can come out with ill films below well ones, by chance or by what these
    films are. A slope that turns the score round would then be chosen by the same few films, and every figure of the
    score would be of another one than is shown: the slope stays positive. Where the fit asks for less than
    `LEAST_SLOPE` it is that, with the `b` that keeps the mean at the share of positives: a probability that is nearly
    the same for every film, as it should be of a score without information.

    Raises
    ------
    ValueError
        When there is one class only.
    """
    from sklearn.linear_model import LogisticRegression  # takes a second to import, and only what ships is fitted

    logits = _logit(raw)
    model = LogisticRegression(C=10.0).fit(logits[:, None], positive.astype(int))
    slope, shift = float(model.coef_[0, 0]), float(model.intercept_[0])
    if slope >= LEAST_SLOPE:
        return slope, shift
    share = float(np.mean(positive))
    return LEAST_SLOPE, float(np.log(share / (1 - share)) - LEAST_SLOPE * logits.mean())


def platt(raw: np.ndarray, a: np.ndarray | float, b: np.ndarray | float) -> np.ndarray:
    """sigmoid(a * logit(raw) + b), float64: the calibrated probability of network outputs of 0 to 1, in their shape."""
    return 1 / (1 + np.exp(-(a * _logit(raw) + b)))


def _logit(raw: np.ndarray) -> np.ndarray:
    p = np.clip(np.asarray(raw, np.float64), 1e-7, 1 - 1e-7)
    return np.log(p / (1 - p))


def reliability(
    positive: np.ndarray, probability: np.ndarray, bins: int = 8, level: float = 0.95
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Mean probability and share of positives in bins of equal mass, with Wilson's interval of the share.

    Returns four arrays of at most `bins` values: probability, share, low, high. Films count as independent.
    """
    mean, share, count = _bins(positive, probability, bins, equal_mass=True)
    return mean, share, *wilson(share, count, level)


def wilson(share: np.ndarray, count: np.ndarray | int, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Wilson's interval (JASA 22 (1927) 209-212) of a share of `count` independent draws: low and high, 0 to 1."""
    z = NormalDist().inv_cdf(0.5 + level / 2)
    centre = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    reach = z / (1 + z**2 / count) * np.sqrt(share * (1 - share) / count + z**2 / (4 * count**2))
    return np.clip(centre - reach, 0, share), np.clip(centre + reach, share, 1)


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
        place = (placed(probability, probability) * bins / len(probability)).astype(int)  # a tie's middle rank
    else:
        place = np.minimum((probability * bins).astype(int), bins - 1)
    count, ill, total = (
        np.bincount(place, weights, bins) for weights in (None, np.asarray(positive, np.float64), probability)
    )
    some = count > 0
    return total[some] / count[some], ill[some] / count[some], count[some]
