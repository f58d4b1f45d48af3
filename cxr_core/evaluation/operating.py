"""Where to draw the line, and how surely it can be drawn."""

from __future__ import annotations

import numpy as np
from sklearn.metrics import roc_curve


def youden_point(positive: np.ndarray, probability: np.ndarray, weights: np.ndarray | None = None) -> float:
    """The threshold with the greatest sensitivity + specificity - 1 (Youden 1950). A film at it counts as positive."""
    false, true, thresholds = roc_curve(positive, probability, sample_weight=weights)
    return float(np.clip(thresholds[np.argmax(true - false)], 0.0, 1.0))


def unsure_band(
    positive: np.ndarray, probability: np.ndarray, patients: np.ndarray, *, replicates: int = 200, seed: int = 0
) -> tuple[float, float]:
    """The middle half of the Youden thresholds of replicates by patient: between them a call hangs on chance."""
    _, place = np.unique(patients, return_inverse=True)
    count = place.max() + 1
    points = []
    for times in np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), size=replicates):
        weights = times[place].astype(float)
        if weights[positive == 1].sum() > 0:
            points.append(youden_point(positive, probability, weights))
    low, high = np.percentile(points, (25, 75))
    return float(low), float(high)
