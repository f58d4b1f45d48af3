"""Scores -> probabilities that can be believed, and how far they can be."""

from __future__ import annotations

import numpy as np
from scipy.stats import norm
from sklearn.linear_model import LogisticRegression


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
    order = np.argsort(probability, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    mean = np.array([probability[part].mean() for part in parts])
    share = np.array([positive[part].mean() for part in parts])
    count = np.array([len(part) for part in parts])
    z = norm.ppf(0.5 + level / 2)
    centre = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    reach = z / (1 + z**2 / count) * np.sqrt(share * (1 - share) / count + z**2 / (4 * count**2))
    return mean, share, np.clip(centre - reach, 0, share), np.clip(centre + reach, share, 1)


def expected_calibration_error(positive: np.ndarray, probability: np.ndarray, bins: int = 15) -> float:
    """Mean over equal-width bins of |share of positives - mean probability|, weighted by films."""
    place = np.minimum((probability * bins).astype(int), bins - 1)
    gaps = [
        abs(float(positive[place == b].mean()) - float(probability[place == b].mean())) * float((place == b).mean())
        for b in range(bins) if (place == b).any()
    ]
    return float(sum(gaps))
