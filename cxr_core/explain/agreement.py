"""Do two maps look at the same place?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from scipy.stats import rankdata

from cxr_core.geometry import Box, iou

GRID = 64  # px: maps of different models are compared on one grid, coarse enough for a step's offset not to matter
TOP = 0.1
_SAME, _PARTLY = 0.527, 0.19  # of the way from chance to all: of two whole tenths .57 shared, and .27


@dataclass(frozen=True)
class Agreement:
    """Two maps of one film: `spearman` -1 to 1; `top` the part of their highest tenths that they share (0 to 1: half of
    either is .5, as a reader counts; intersection over union would be .33); `distance` between their centres of mass as
    a part of the film's diagonal; `boxes` the best IoU of a pair of boxes, NaN where either has none; `chance` what two
    places as large as the tenths share by chance. NaN for a map that is flat."""

    spearman: float
    top: float
    distance: float
    boxes: float
    chance: float = TOP

    @property
    def beyond_chance(self) -> float:
        """What the tenths share as a part of the way from what chance gives to all, up to 1."""
        return (self.top - self.chance) / (1 - self.chance)


def agree(one: np.ndarray, other: np.ndarray, boxes: Sequence[Box] = (), others: Sequence[Box] = ()) -> Agreement:
    """Compare two heat maps, each of shape (h, w), 0 and over, that cover the same film; boxes in film pixels."""
    one, other = _on_grid(one), _on_grid(other)
    pairs = [iou(mine, theirs) for mine in boxes for theirs in others]
    best = max(pairs) if pairs else float("nan")
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        return Agreement(float("nan"), float("nan"), float("nan"), best, float("nan"))
    highest, highest_other = _highest(one), _highest(other)
    first, second = highest.mean(), highest_other.mean()
    shared = 2 * (highest & highest_other).mean() / (first + second)
    chance = 2 * first * second / (first + second)
    apart = np.linalg.norm(_centre(one) - _centre(other)) / np.sqrt(2)
    return Agreement(rank_correlation(one, other), float(shared), float(apart), best, float(chance))


def rank_correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Spearman's, of two maps of one shape; NaN where either is flat."""
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        return float("nan")
    return float(np.corrcoef(rankdata(one.ravel()), rankdata(other.ravel()))[0, 1])


def sentence(agreements: Sequence[Agreement]) -> str:
    """Whether maps look at the same place, over all pairs of them."""
    told = [one for one in agreements if np.isfinite(one.top)]
    if not agreements:
        return "There are no two maps to compare."
    if not told:
        return "The maps cannot be compared: of every two at least one is empty."
    tops, beyond = [one.top for one in told], [one.beyond_chance for one in told]
    chance = float(np.median([one.chance for one in told]))
    is_same, is_partly = min(beyond) > _SAME, float(np.median(beyond)) > _PARTLY
    where = ("look at the same place" if is_same else "partly look at the same place" if is_partly else
             "look at different places")
    if len(told) == 1:
        share = f"they share {tops[0]:.0%} of their"
    elif is_same:
        share = f"every pair shares {min(tops):.0%}{' or more' if min(tops) < 1 else ''} of its"
    else:
        share = f"the median pair shares {float(np.median(tops)):.0%} of its"
    rest = " Maps that are empty are left out." if len(told) < len(agreements) else ""
    return f"The maps {where}: {share} brightest tenth; chance alone gives {chance:.0%}.{rest}"


def consensus(maps: Sequence[np.ndarray]) -> np.ndarray:
    """The mean rank of each place over maps of one film: shape (64, 64), float32, 0 to 1."""
    ranked = [rankdata(_on_grid(one).ravel()).reshape(GRID, GRID) / GRID**2 for one in maps]
    return np.mean(ranked, axis=0).astype(np.float32)


def difference(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Where one map is brighter than the other (over 0), and where it is darker: shape (64, 64), float32, -1 to 1.

    Each is of shape (h, w), 0 to 1, and covers the same film.
    """
    return (_on_grid(one) - _on_grid(other)).astype(np.float32)


def _on_grid(heatmap: np.ndarray) -> np.ndarray:
    how = cv2.INTER_AREA if heatmap.shape[0] > GRID else cv2.INTER_LINEAR
    return cv2.resize(heatmap.astype(np.float32), (GRID, GRID), interpolation=how)


def _highest(heatmap: np.ndarray) -> np.ndarray:
    """The highest tenth. Places as high as the last of it belong to it: of a plateau no part is higher than the other.
    The lowest places never do, however many they are: a map of a single spot names that spot."""
    values = heatmap.ravel()
    last = np.partition(values, -int(TOP * values.size))[-int(TOP * values.size)]
    return (values >= last) & (values > values.min())


def _centre(heatmap: np.ndarray) -> np.ndarray:
    """Centre of mass as parts of height and width."""
    mass = heatmap - heatmap.min()
    down, across = np.mgrid[:GRID, :GRID] + 0.5
    return np.array([(mass * down).sum(), (mass * across).sum()]) / mass.sum() / GRID
