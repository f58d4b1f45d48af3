"""ROC and precision-recall curves, and what they are worth in one row of numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

import numpy as np

from cxr_core.evaluation.bootstrap import auc, draw_patients
from cxr_core.evaluation.calibration import Calibration, wilson
from cxr_core.evaluation.ranks import called_at
from cxr_core.evaluation.summary import FEWEST, measure_finding

_AT_ONCE = 1_000_000  # weights held in memory


@dataclass(frozen=True)
class RocCurve:
    """Sensitivity and 1 - specificity at every threshold, from none called to all called."""

    false: np.ndarray
    true: np.ndarray
    thresholds: np.ndarray
    auc: float
    positives: int
    n: int

    @classmethod
    def from_predictions(cls, positive: np.ndarray, probability: np.ndarray) -> RocCurve | None:
        """The curve, or None where there is one class only."""
        positives = int(positive.sum())
        if not 0 < positives < len(positive):
            return None
        false, true, thresholds = called_at(positive, probability)
        turned = (np.diff(false[1:], 2) != 0) | (np.diff(true[1:], 2) != 0)  # what does not turn lies on its lines
        turns = np.r_[True, True, turned, True][:len(false)]
        return cls(false[turns] / false[-1], true[turns] / true[-1], thresholds[turns], auc(positive, probability),
                   positives, len(positive))

    def predictive_value(self) -> np.ndarray:
        """Positive predictive value at every threshold; NaN where no film is called."""
        called_ill = self.true * self.positives
        called = called_ill + self.false * (self.n - self.positives)
        return np.divide(called_ill, called, out=np.full(len(called), np.nan), where=called > 0)


@dataclass(frozen=True)
class Worth:
    """One finding of one model on one set of films, as a row of figures; NaN where there is nothing to measure."""

    finding: str
    n: int
    positives: int
    auc: float
    delong: tuple[float, float]
    by_patient: tuple[float, float]
    average_precision: float
    sensitivity: float
    specificity: float
    calibration: Calibration

    @property
    def claims(self) -> bool:
        """Whether there are enough positives to say anything."""
        return self.positives >= FEWEST


class PrecisionRecall(NamedTuple):
    """Recall and precision at every threshold, recall ascending from 0, where no film is called and precision is 1."""

    recall: np.ndarray
    precision: np.ndarray
    thresholds: np.ndarray
    positives: int
    n: int

    @property
    def rises(self) -> np.ndarray:
        """Places of the points at which recall rises, and of the ends: what lies between adds nothing to the area."""
        return np.flatnonzero(np.r_[True, np.diff(self.recall[:-1]) > 0, True])


def precision_recall(positive: np.ndarray, probability: np.ndarray) -> PrecisionRecall:
    """Precision over recall; there must be a film with the finding."""
    false, true, thresholds = called_at(positive, probability)
    return PrecisionRecall(true / true[-1], np.r_[1.0, true[1:] / (true[1:] + false[1:])], thresholds, int(true[-1]),
                           len(positive))


def average_precision(positive: np.ndarray, probability: np.ndarray) -> float:
    """Precision at every threshold, weighted by the recall it adds: the step-wise area, never an interpolated one."""
    recall, precision, *_ = precision_recall(positive, probability)
    return float(np.sum(np.diff(recall) * precision[1:]))


def worth(
    finding: str, positive: np.ndarray, probability: np.ndarray, operating_point: float | None,
    by_patient: tuple[float, float],
) -> Worth:
    """The row of figures; `by_patient` is the interval that the bootstrap by patient gave.

    The average precision is NaN for one class: where every film is ill each call is right, and nothing is told. Without
    an operating point there is no sensitivity and no specificity: they are NaN.
    """
    positive = np.asarray(positive).astype(bool)
    nothing, told = float("nan"), measure_finding(finding, positive, probability, by_patient)
    called = np.full(len(positive), nothing)
    if operating_point is not None:
        called = (probability >= operating_point).astype(float)
    return Worth(
        finding, told.n, told.positives, told.auc, told.delong, by_patient,
        average_precision(positive, probability) if 0 < told.positives < told.n else nothing,
        float(called[positive].mean()) if told.positives else nothing,
        float(1 - called[~positive].mean()) if told.positives < told.n else nothing,
        Calibration.of(positive, probability),
    )


def roc_band(
    positive: np.ndarray, probability: np.ndarray, patients: np.ndarray, *, replicates: int = 200, seed: int = 0,
    points: int = 51, level: float = 0.95, on_step: Callable[[int, int], None] | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """False positive rates (points,) and the band of sensitivity there, low and high, by a bootstrap of patients.

    Where nearly all ill films are called, or hardly any, the replicates cannot vary enough, and would claim a
    sensitivity of 1: with fewer than `FEWEST` patients found or missed the band is not narrower than Wilson's interval
    of all who have the finding. It begins at 0, as no film tells of thresholds above all well ones. Films are sorted
    once for all replicates. `on_step` is called with (replicates done, in all). NaN where every replicate has one class
    only.
    """
    grid = np.linspace(0, 1, points)
    at_once = max(1, _AT_ONCE // max(len(patients), 1))
    place, drawn = draw_patients(patients, replicates, seed, at_once=at_once)
    order = np.argsort(-np.asarray(probability), kind="stable")
    ill, place, scores = np.asarray(positive)[order].astype(bool), place[order], np.asarray(probability)[order]
    last = np.flatnonzero(np.r_[scores[1:] != scores[:-1], True])  # of the films of one score
    lines, done = [], 0
    whole = np.ones((1, int(place.max(initial=-1)) + 1), int)  # the films as they are, first
    for times in chain([whole], drawn):
        heavy = times[:, place].astype(np.float64)
        hits, alarms = (
            np.pad(np.cumsum(heavy * which, axis=1)[:, last], ((0, 0), (1, 0))) for which in (ill, ~ill)
        )
        lines += [
            np.interp(grid, alarm / alarm[-1], hit / hit[-1])
            for hit, alarm in zip(hits, alarms, strict=True) if hit[-1] > 0 and alarm[-1] > 0
        ]
        done += len(times)
        if on_step:
            on_step(done - 1, replicates)  # the first are the films as they are
    if len(lines) < 2:
        return grid, np.full(points, np.nan), np.full(points, np.nan)
    low, high = np.percentile(lines[1:], (50 - 50 * level, 50 + 50 * level), axis=0)
    count = len(np.unique(place[ill]))
    least, most = wilson(lines[0], count, level)
    few = count * np.minimum(lines[0], 1 - lines[0]) < FEWEST
    low, high = np.where(few, np.minimum(low, least), low), np.where(few, np.maximum(high, most), high)
    low[0], low[-1] = 0, 1
    return grid, low, high
