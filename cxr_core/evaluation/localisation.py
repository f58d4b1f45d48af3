"""Do maps lie where readers drew boxes? Hit rates and the pointing game, on the boxes of NIH (Wang et al. 2017)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cxr_core.geometry import Box, iobb, iou

THRESHOLDS = (0.1, 0.25, 0.5)
MEASURES = (*(f"iobb_{at}" for at in THRESHOLDS), *(f"iou_{at}" for at in THRESHOLDS), "pointing")


@dataclass(frozen=True)
class Overlap:
    """How a map of a finding lies on one drawn box: the best of its boxes, and whether its highest point is inside."""

    iobb: float
    iou: float
    pointed: bool

    def hits(self) -> np.ndarray:
        """`MEASURES` of this box, float64, 0 or 1: an overlap over the threshold is a hit."""
        return np.array(
            [*(self.iobb > at for at in THRESHOLDS), *(self.iou > at for at in THRESHOLDS), self.pointed], np.float64
        )


@dataclass(frozen=True)
class Rate:
    """A hit rate over `boxes` drawn boxes of `patients` patients, with its 95% interval by patient; all 0 to 1."""

    measure: str
    boxes: int
    patients: int
    value: float
    low: float
    high: float


def judge_map(heatmap: np.ndarray, boxes: Sequence[Box], truth: Box) -> Overlap:
    """Compare a map and the boxes found on it with a drawn box.

    Parameters
    ----------
    heatmap : ndarray of shape (grid, grid)
        Its highest point is what the pointing game asks for; the middle of them, where several are as high.
    boxes : sequence of Box
        Found on the map. None at all is a miss.
    truth : Box
        Drawn by a reader. All boxes are in cells of the grid.
    """
    overlaps = [(iobb(box, truth), iou(box, truth)) for box in boxes] or [(0.0, 0.0)]
    highest = np.argwhere(heatmap == heatmap.max())
    down, across = highest[len(highest) // 2] + 0.5  # the middle of a cell
    inside = truth.x <= across <= truth.x + truth.w and truth.y <= down <= truth.y + truth.h
    pointed = bool(inside and heatmap.max() > heatmap.min())  # a flat map points nowhere
    return Overlap(max(one for one, _ in overlaps), max(other for _, other in overlaps), pointed)


def centre_box(size: int, label: str) -> Box:
    """A control that knows only that findings lie in the lungs: the middle half of the film, in cells."""
    return Box(size / 4, size / 4, size / 2, size / 2, label)


def hit_rates(hits: np.ndarray, patients: np.ndarray, *, replicates: int = 1000, seed: int = 0) -> tuple[Rate, ...]:
    """The share of drawn boxes that are hit, by measure.

    Parameters
    ----------
    hits : ndarray of shape (boxes, len(MEASURES)), 0 or 1
    patients : ndarray of shape (boxes,)
        Replicates draw patients with all their boxes.
    """
    names, place = np.unique(patients, return_inverse=True)
    if not len(hits):
        return tuple(Rate(measure, 0, 0, *(3 * [float("nan")])) for measure in MEASURES)
    per_patient = np.zeros((len(names), hits.shape[1]))
    np.add.at(per_patient, place, hits)
    count = np.bincount(place)
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), size=replicates)
    rates = (drawn @ per_patient) / (drawn @ count)[:, None]
    low, high = np.percentile(rates, (2.5, 97.5), axis=0)
    return tuple(
        Rate(measure, len(hits), len(names), float(value), float(low[at]), float(high[at]))
        for at, (measure, value) in enumerate(zip(MEASURES, hits.mean(axis=0), strict=True))
    )
