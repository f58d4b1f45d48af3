"""Where the lungs are, crudely: enough to say how much of a map lies outside them.

By grey values and shape alone, nothing is learned: a film whose lungs are white, or that shows one lung, may be missed,
and is then said to be. The region is the convex hull around both lungs; heart and mediastinum lie in it, letters, arms,
neck and most of the belly outside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

SIDE = 128  # px: the film is looked at this small
MARGIN = 0.05  # of a map, at least: maps that know nothing differ by more from one another
_WIDER = 4  # px of that by which the region is widened: a lung's rim is a part of it
_LEAST, _MOST = 0.02, 0.35  # of the film: no lung is smaller or larger


@dataclass(frozen=True)
class LungShare:
    """How much of a map lies in the region around both lungs, what a map that knows nothing has there, and how large
    the region is as a part of the film; all 0 to 1. `margin` is what the two must differ by for it to mean anything."""

    share: float
    control: float
    area: float
    margin: float = MARGIN

    @property
    def is_outside(self) -> bool:
        """The map has less there than one that knows nothing: a hint that the network looks at something else."""
        return self.share < self.control - self.margin

    @property
    def is_inside(self) -> bool:
        """The map has more there than one that knows nothing."""
        return self.share > self.control + self.margin


def find_lungs(display: np.ndarray) -> np.ndarray | None:
    """The region around both lungs of a frontal film.

    Parameters
    ----------
    display : ndarray of shape (H, W), 0 to 1
        Air is dark.

    Returns
    -------
    ndarray of shape (128, 128), bool, or None
        None where two dark regions that could be lungs are not found.
    """
    small = cv2.resize(display.astype(np.float32), (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    grey = cv2.GaussianBlur(np.round(np.clip(small, 0, 1) * 255).astype(np.uint8), (0, 0), 1.5)
    grey = cv2.createCLAHE(2.0, (4, 4)).apply(grey)
    middle = grey[SIDE // 8: -SIDE // 8, SIDE // 10: -SIDE // 10]
    limit, _ = cv2.threshold(middle.reshape(-1, 1), 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    for darker in (1.0, 0.85, 1.15, 0.7):  # lungs that run into the dark around the body come apart at another limit
        lungs = _two_lungs(_without_surroundings(grey < limit * darker))
        if lungs is not None:
            return lungs
    return None


def lung_share(heatmap: np.ndarray, controls: Sequence[np.ndarray], lungs: np.ndarray) -> LungShare:
    """How much of a map (h, w), 0 and over, lies in the region that `find_lungs` found.

    `controls` are maps that know nothing: it is held against their mean, and by no less than they differ by.
    """
    shares = [_inside(control, lungs) for control in controls]
    return LungShare(
        _inside(heatmap, lungs), float(np.mean(shares)), float(lungs.mean()), max(MARGIN, float(np.ptp(shares)))
    )


def _inside(heatmap: np.ndarray, lungs: np.ndarray) -> float:
    how = cv2.INTER_AREA if heatmap.shape[0] > SIDE else cv2.INTER_LINEAR
    mass = np.maximum(cv2.resize(heatmap.astype(np.float32), lungs.shape[::-1], interpolation=how), 0)
    return float(mass[lungs].sum() / mass.sum()) if mass.sum() > 0 else float("nan")


def _without_surroundings(dark: np.ndarray) -> np.ndarray:
    """The dark regions but for the air around the body, which touches the film's edge."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
    opened = cv2.morphologyEx(dark.astype(np.uint8), cv2.MORPH_OPEN, disc)
    _, parts = cv2.connectedComponents(opened)
    rim = 2
    outer = np.concatenate([parts[:rim].ravel(), parts[:, :rim].ravel(), parts[:, -rim:].ravel()])
    return np.where(np.isin(parts, np.unique(outer[outer > 0])), 0, opened).astype(np.uint8)


def _two_lungs(dark: np.ndarray) -> np.ndarray | None:
    """The hull of the largest dark region in each half of the film, None unless both could be lungs."""
    count, parts, regions, centres = cv2.connectedComponentsWithStats(dark)
    chosen = np.zeros_like(dark)
    for left in (True, False):
        half = [
            part for part in range(1, count)
            if (centres[part][0] < SIDE / 2) == left and _LEAST < regions[part][cv2.CC_STAT_AREA] / SIDE**2 < _MOST
            and regions[part][cv2.CC_STAT_HEIGHT] > SIDE / 6 and 0.15 < centres[part][1] / SIDE < 0.8
        ]
        if not half:
            return None
        chosen[parts == max(half, key=lambda part: regions[part][cv2.CC_STAT_AREA])] = 1
    chosen |= _mirrored(chosen)
    hull = cv2.convexHull(np.argwhere(chosen)[:, ::-1].astype(np.int32))
    region = cv2.fillConvexPoly(np.zeros_like(dark), hull, 1)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * _WIDER + 1, 2 * _WIDER + 1))
    return cv2.dilate(region, disc).astype(bool)


def _mirrored(lungs: np.ndarray) -> np.ndarray:
    """Each lung in the other's place, so that one that is white in part counts as large as the other."""
    down, across = np.nonzero(lungs)
    is_left = across < SIDE / 2
    there = round(across[is_left].mean() + across[~is_left].mean()) - across  # about the middle between both
    stays = (there >= 0) & (there < SIDE)
    mirrored = np.zeros_like(lungs)
    mirrored[down[stays], there[stays]] = 1
    return mirrored
