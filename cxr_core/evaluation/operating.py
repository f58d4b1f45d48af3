"""Where to draw the line, how surely it can be drawn, and what it leads to.

A film whose score is the threshold counts as called. Every rule gives a threshold from 0 to 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

import numpy as np

from cxr_core.evaluation.bootstrap import draw_patients
from cxr_core.evaluation.classes import Rate
from cxr_core.evaluation.exclusive import rate
from cxr_core.evaluation.ranks import called_at


def youden_point(positive: np.ndarray, probability: np.ndarray, weights: np.ndarray | None = None) -> float:
    """The threshold with the greatest sensitivity + specificity - 1 (Youden 1950)."""
    false, true, thresholds = called_at(positive, probability, weights)
    return float(np.clip(thresholds[np.argmax(true / true[-1] - false / false[-1])], 0.0, 1.0))


def sensitivity_point(positive: np.ndarray, probability: np.ndarray, least: float) -> float:
    """The highest threshold at which at least this share (0 to 1) of the ill films is called."""
    thresholds, hits, _ = _steps(positive, probability)
    return float(thresholds[np.argmax(hits >= least * hits[-1] - 1e-9)])


def specificity_point(positive: np.ndarray, probability: np.ndarray, least: float) -> float:
    """The lowest threshold at which at least this share (0 to 1) of the well films is not called.

    Where well films have the score 1 none may reach it: then the highest there is.
    """
    thresholds, _, alarms = _steps(positive, probability)
    reached = np.flatnonzero(alarms <= (1 - least) * alarms[-1] + 1e-9)
    return float(thresholds[reached[-1] if len(reached) else 0])


def f1_point(positive: np.ndarray, probability: np.ndarray) -> float:
    """The threshold with the greatest F1, the harmonic mean of sensitivity and PPV on these films."""
    thresholds, hits, alarms = _steps(positive, probability)
    return float(thresholds[np.argmax(2 * hits / (hits + alarms + hits[-1]))])


def cost_point(positive: np.ndarray, probability: np.ndarray, ratio: float, prevalence: float) -> float:
    """The threshold at which misses and false alarms cost least, a miss as much as `ratio` false alarms.

    `prevalence` (0 to 1) is that of where films are read, not of these films. Of equal costs the highest threshold.
    """
    thresholds, hits, alarms = _steps(positive, probability)
    missed, alarmed = 1 - hits / hits[-1], alarms / alarms[-1]
    cost = ratio * prevalence * missed + (1 - prevalence) * alarmed
    return float(thresholds[np.argmax(cost <= cost.min() + 1e-12)])


def _steps(positive: np.ndarray, probability: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Thresholds from the highest, and how many ill and well films each calls; the first calls none where it can.

    Raises
    ------
    ValueError
        When either class has no film, or a score is not a number from 0 to 1.
    """
    ill = np.asarray(positive).astype(bool)
    if not 0 < ill.sum() < len(ill):
        raise ValueError(f"A threshold needs films of both classes; found {int(ill.sum())} positive of {len(ill)}.")
    if not ((probability >= 0) & (probability <= 1)).all():
        raise ValueError("A score is not a number from 0 to 1.")
    order = np.argsort(-probability, kind="stable")
    scores = probability[order]
    last = np.flatnonzero(np.r_[scores[1:] != scores[:-1], True])
    hits, alarms = np.cumsum(ill[order])[last], np.cumsum(~ill[order])[last]
    thresholds = scores[last].astype(np.float64)
    if thresholds[0] < 1:
        return np.r_[1.0, thresholds], np.r_[0, hits], np.r_[0, alarms]
    return thresholds, hits, alarms


def unsure_band(
    positive: np.ndarray, probability: np.ndarray, patients: np.ndarray, *, replicates: int = 200, seed: int = 0
) -> tuple[float, float]:
    """The middle half of the Youden thresholds of replicates by patient: between them a call hangs on chance."""
    place, drawn = draw_patients(patients, replicates, seed)
    points = []
    for times in chain.from_iterable(drawn):
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
    return Consequences(
        *counts, sensitivity, specificity, ppv, _ratio(left_well, left_well + left_ill), _ratio(1.0, ppv)
    )


def rates_by_patient(
    positive: np.ndarray, probability: np.ndarray, threshold: float, patients: np.ndarray
) -> tuple[Rate | None, Rate | None]:
    """Sensitivity and specificity with their 95% intervals by patient; None where there is no such film."""
    ill, called = np.asarray(positive).astype(bool), probability >= threshold
    return (
        rate(called[ill], patients[ill]) if ill.any() else None,
        rate(~called[~ill], patients[~ill]) if (~ill).any() else None,
    )


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole > 0 else float("nan")
