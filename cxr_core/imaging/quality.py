"""How a chest film was exposed and framed: shares that an eye would notice at once."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

_SIDE = 256
_WHITE, _BLACK, _FRAME = 0.99, 0.01, 0.02


@dataclass(frozen=True)
class Quality:
    """`white`: share of pure white; `frame`: share of black that reaches in from the edges; `bright`: the grey that a
    tenth of the film is brighter than; `spread`: standard deviation of the greys. All 0 to 1."""

    white: float
    frame: float
    bright: float
    spread: float


def measure_quality(display: np.ndarray) -> Quality:
    """Measure a film, bones bright, shape (H, W), float32, 0 to 1."""
    small = shrunk(display, _SIDE)
    return Quality(
        white=float((small > _WHITE).mean()), frame=_frame_share(small), bright=float(np.percentile(small, 90)),
        spread=float(small.std()),
    )


def shrunk(display: np.ndarray, most: int) -> np.ndarray:
    """The film with its longer side at `most` pixels, or as it is when it is no longer."""
    height, width = display.shape
    scale = most / max(height, width)
    if scale >= 1:
        return np.ascontiguousarray(display)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return cv2.resize(display, size, interpolation=cv2.INTER_AREA)


def _frame_share(small: np.ndarray) -> float:
    """Black in one piece with an edge; a film lying askew on a plate has no black rows or columns to count."""
    count, places = cv2.connectedComponents((small < _FRAME).astype(np.uint8), connectivity=4)
    edges = np.concatenate([places[0], places[-1], places[:, 0], places[:, -1]])
    reaches = np.zeros(count, bool)
    reaches[edges] = True
    reaches[0] = False
    return float(reaches[places].mean())
