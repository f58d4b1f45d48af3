"""Do maps lie where readers drew boxes? Hit rates and the pointing game, on the boxes of NIH (Wang et al. 2017)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cxr_core.evaluation.bootstrap import all_or_none, chance, interval, mean_of_known
from cxr_core.geometry import Box, iobb, iou

CONTROLS = {"random": "a random map", "centre": "the middle of the film"}  # what knows nothing of the film
THRESHOLDS = (0.1, 0.25, 0.5)
MEAN, ALL = "mean of the findings", "all boxes"  # beside the findings themselves
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


@dataclass(frozen=True)
class Lead:
    """How much more often one method hits than another, on the same boxes; `p` is how often chance alone gives such a
    difference, two-sided, from the same draws of patients as the 95% interval."""

    measure: str
    difference: float
    low: float
    high: float
    p: float


@dataclass(frozen=True)
class Localisation:
    """How often the maps of each method hit the boxes of each finding, and the same in replicates drawn by patient.

    `hits` has shape (1 + replicates, findings, methods, measures), `boxes` (1 + replicates, findings, methods): sums,
    of the films as they are first. All methods share the draws, so that they can be compared. `patients` has shape
    (findings, methods): how many have such a box; `all_patients` (methods,) counts those with any.
    """

    findings: tuple[str, ...]
    methods: tuple[str, ...]
    hits: np.ndarray
    boxes: np.ndarray
    patients: np.ndarray
    all_patients: np.ndarray

    @classmethod
    def of(
        cls, findings: np.ndarray, methods: np.ndarray, patients: np.ndarray, hits: np.ndarray, *,
        replicates: int = 1000, seed: int = 0,
    ) -> Localisation:
        """Measure judged boxes.

        Parameters
        ----------
        findings, methods, patients : ndarray of shape (rows,)
            A row is one drawn box, judged by one method. Replicates draw patients with all their boxes.
        hits : ndarray of shape (rows, len(MEASURES)), 0 or 1
        """
        of_finding, finding = _places(findings)
        of_method, method = _places(methods)
        names, patient = np.unique(patients, return_inverse=True)
        summed = np.zeros((len(names), len(of_finding), len(of_method), hits.shape[1] + 1))
        np.add.at(summed, (patient, finding, method), np.c_[hits, np.ones(len(hits))])
        count = max(len(names), 1)
        drawn = np.random.default_rng(seed).multinomial(len(names), np.full(count, 1 / count), size=replicates)
        times = np.concatenate([np.ones((1, len(names))), drawn[:, :len(names)]])
        totals = np.tensordot(times, summed, axes=1)
        has = summed[..., -1] > 0
        return cls(of_finding, of_method, totals[..., :-1], totals[..., -1], has.sum(axis=0),
                   has.any(axis=1).sum(axis=0))

    def rates(self, method: str, finding: str = MEAN) -> tuple[Rate, ...]:
        """The share of boxes hit by measure: of a finding's, of all (`ALL`), or the mean of the findings' (`MEAN`)."""
        if method not in self.methods or finding not in (MEAN, ALL, *self.findings):
            return tuple(Rate(measure, 0, 0, *(3 * [float("nan")])) for measure in MEASURES)
        place = self.methods.index(method)
        among = slice(None) if finding in (MEAN, ALL) else [self.findings.index(finding)]
        boxes = int(self.boxes[0, among, place].sum())
        patients = int((self.all_patients if finding in (MEAN, ALL) else self.patients[among][0])[place])
        drawn = self._drawn(method, finding)
        return tuple(
            Rate(measure, boxes, patients, float(drawn[0, at]), *_span(drawn[:, at], patients))
            for at, measure in enumerate(MEASURES)
        )

    def leads(self, method: str, over: str, finding: str = MEAN) -> tuple[Lead, ...]:
        """What a method is ahead of another one, by measure; negative where it is behind."""
        ahead = self._drawn(method, finding) - self._drawn(over, finding)
        return tuple(
            Lead(measure, float(ahead[0, at]), *interval(ahead[1:, at]), chance(ahead[1:, at]))
            for at, measure in enumerate(MEASURES)
        )

    def _drawn(self, method: str, finding: str) -> np.ndarray:
        """Rates (1 + replicates, measures); NaN where a replicate has no such box."""
        place = self.methods.index(method)
        hits, boxes = self.hits[:, :, place], self.boxes[:, :, place, None]
        if finding == MEAN:
            return np.stack([mean_of_known(_share(hits[..., at], boxes[..., 0])) for at in range(hits.shape[-1])], 1)
        if finding == ALL:
            return _share(hits.sum(axis=1), boxes.sum(axis=1))
        at = self.findings.index(finding)
        return _share(hits[:, at], boxes[:, at])


def _span(drawn: np.ndarray, patients: int) -> tuple[float, float]:
    """The interval of a rate and its replicates; where all boxes are hit or none, these would claim a certainty."""
    return all_or_none(drawn[0], patients) if drawn[0] in (0.0, 1.0) else interval(drawn[1:])


def _share(hits: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    return np.divide(hits, boxes, out=np.full(hits.shape, np.nan), where=boxes > 0)


def _places(names: np.ndarray) -> tuple[tuple[str, ...], np.ndarray]:
    """The names there are, in the order of their first row, and each row's place among them."""
    known = {name: place for place, name in enumerate(dict.fromkeys(map(str, names)))}
    return tuple(known), np.array([known[str(name)] for name in names], int)
