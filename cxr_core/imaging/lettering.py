"""Large letters burnt into a film: what a network may read in place of the lungs.

Letters are hard edges that stand close together in a row, and a line along the row crosses many of them. A marker of
one or two letters, a wire, a tube or a clip makes no row: it is not looked for, and not found.
"""

from __future__ import annotations

import cv2
import numpy as np

from cxr_core.imaging.quality import shrunk

_SIDE = 256
_HARD, _CONTRAST, _CROSSINGS = 0.25, 0.3, 6
_GAPS = 0.05, 0.1  # of the film's longer side: between edges of one row, in common letters and in very large ones
_LEAST_HEIGHT, _MOST_HEIGHT = 0.043, 0.25  # of the film's longer side


def widest_row(display: np.ndarray) -> float:
    """The length of the longest row of large letters, level or on its side, 0 to 1 of the film's longer side.

    Parameters
    ----------
    display : ndarray of shape (H, W), float32, 0 to 1
    """
    small = shrunk(display, _SIDE)
    return max(_widest_row(way, gap) for way in (small, np.ascontiguousarray(small.T)) for gap in _GAPS)


def _widest_row(small: np.ndarray, gap: float) -> float:
    side = max(small.shape)
    hard = (cv2.morphologyEx(small, cv2.MORPH_GRADIENT, np.ones((3, 3))) > _HARD).astype(np.uint8)
    joined = cv2.morphologyEx(hard, cv2.MORPH_CLOSE, np.ones((1, max(3, round(gap * side)))))
    thick = max(2, round(gap * side / 2))
    rows = cv2.morphologyEx(joined, cv2.MORPH_OPEN, np.ones((thick, 2 * thick)))
    places = cv2.connectedComponentsWithStats(rows, connectivity=4)[2][1:]
    return max((wide / side for left, top, wide, high, _ in places.tolist()
                if _LEAST_HEIGHT <= high / side <= _MOST_HEIGHT
                and _is_lettered(small[top:top + high, left:left + wide])), default=0.0)


def _is_lettered(row: np.ndarray) -> bool:
    """Whether a line along the row crosses the edges of several letters."""
    dark, bright = np.percentile(row, (5, 95))
    crossings = np.abs(np.diff((row > (dark + bright) / 2).astype(np.int8), axis=1)).sum(axis=1)
    return bool(bright - dark > _CONTRAST and np.median(crossings) >= _CROSSINGS)
