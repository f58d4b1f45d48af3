"""Scores -> probabilities that can be believed, and how far they can be."""

from __future__ import annotations

import numpy as np
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


def expected_calibration_error(positive: np.ndarray, probability: np.ndarray, bins: int = 15) -> float:
    """Mean over equal-width bins of |share of positives - mean probability|, weighted by films."""
    place = np.minimum((probability * bins).astype(int), bins - 1)
    gaps = [
        abs(float(positive[place == b].mean()) - float(probability[place == b].mean())) * float((place == b).mean())
        for b in range(bins) if (place == b).any()
    ]
    return float(sum(gaps))
