"""Where to draw the line, and how surely it can be drawn."""

from __future__ import annotations

from dataclasses import dataclass

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


@dataclass(frozen=True)
class Consequences:
    """What calling films at a threshold leads to: counts on the films measured, values at a prevalence of one's own.

    `positive_value` and `negative_value` are PPV and NPV at that prevalence; `needed` is the number of called films a
    reader looks at to find one that is truly ill. NaN where nothing is called, or all is.
    """

    true_positive: int
    false_positive: int
    false_negative: int
    true_negative: int
    sensitivity: float
    specificity: float
    positive_value: float
    negative_value: float
    needed: float


def consequences(positive: np.ndarray, probability: np.ndarray, threshold: float, prevalence: float) -> Consequences:
    """Count what a threshold calls; a film at it is called. `prevalence` is 0 to 1."""
    ill, called = positive.astype(bool), probability >= threshold
    counts = [int((a & b).sum()) for a, b in ((ill, called), (~ill, called), (ill, ~called), (~ill, ~called))]
    tp, fp, fn, tn = counts
    sensitivity, specificity = (_ratio(tp, tp + fn), _ratio(tn, tn + fp))
    called_ill, called_well = sensitivity * prevalence, (1 - specificity) * (1 - prevalence)
    left_ill, left_well = (1 - sensitivity) * prevalence, specificity * (1 - prevalence)
    ppv = _ratio(called_ill, called_ill + called_well)
    return Consequences(*counts, sensitivity, specificity, ppv, _ratio(left_well, left_well + left_ill), _ratio(1.0, ppv))


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole > 0 else float("nan")
