"""ROC curves over all findings: macro, where each finding counts the same, and micro, where each cell does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cxr_core.evaluation.curves import RocCurve
from cxr_core.evaluation.results import Results
from cxr_core.findings import NO_FINDING

MACRO = "mean sensitivity over the findings at each false positive rate: each finding counts the same"
MICRO = "all films × findings pooled as one: findings with many positives count most, and scores must share one scale"

Line = tuple[np.ndarray, np.ndarray]  # false positive rates, and sensitivity there


@dataclass(frozen=True)
class Averages:
    """A model's average ROC curves over the findings but No Finding; `area` is that of the macro one."""

    macro: Line
    area: float
    micro: RocCurve | None

    @classmethod
    def of(cls, results: Results, curves: Mapping[str, RocCurve]) -> Averages | None:
        """Over the findings that have a curve, which are these; None where none but No Finding has."""
        named = {results.column(key): curve for key, curve in curves.items() if key != NO_FINDING}
        if not named:
            return None
        micro = micro_average(results.labels[:, [*named]], results.probability[:, [*named]])
        return cls(macro_average([*named.values()]), float(np.mean([curve.auc for curve in named.values()])), micro)

    @property
    def lines(self) -> tuple[tuple[str, Line, float], ...]:
        """Name, points and area of each."""
        macro = ("macro", self.macro, self.area)
        return (macro,) if self.micro is None else (
            macro, ("micro", (self.micro.false, self.micro.true), self.micro.auc)
        )


def macro_average(curves: Sequence[RocCurve]) -> tuple[np.ndarray, np.ndarray]:
    """False positive rates and the mean sensitivity there, both (points,); the area under it is the mean of the areas.

    Each curve is taken as it is drawn, straight between its points; where one rises at a rate, so does the mean.
    """
    rates = np.unique(np.concatenate([curve.false for curve in curves]))
    sides = np.mean([_sides(curve, rates) for curve in curves], axis=0)
    return np.repeat(rates, 2), sides.T.ravel()


def _sides(curve: RocCurve, rates: np.ndarray) -> np.ndarray:
    """The curve's sensitivity as it reaches each of the rates and as it leaves it, (2, rates)."""
    known, first = np.unique(curve.false, return_index=True)
    low, high = curve.true[first], curve.true[np.r_[first[1:], len(curve.false)] - 1]
    at = np.searchsorted(known, rates)
    before = np.maximum(at - 1, 0)
    gap = known[at] - known[before]
    part = np.divide(rates - known[before], gap, out=np.zeros(len(rates)), where=gap > 0)
    between = high[before] + part * (low[at] - high[before])
    here = known[at] == rates
    return np.where(here, (low[at], high[at]), between)


def micro_average(labels: np.ndarray, probability: np.ndarray) -> RocCurve | None:
    """The curve of all cells of (films, findings) pooled; None where they are all of one class."""
    return RocCurve.from_predictions(labels.ravel(), probability.ravel())
