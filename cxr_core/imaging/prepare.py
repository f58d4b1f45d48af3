"""Film -> the exact pixels a network sees."""

from __future__ import annotations

import cv2
import numpy as np


def prepare_pixels(display: np.ndarray, size: int) -> np.ndarray:
    """Stretch the whole film to a square, as NIH stretched its films.

    Parameters
    ----------
    display : ndarray of shape (H, W), float32, 0 to 1
    size : int
        Side of the square in pixels.

    Returns
    -------
    ndarray of shape (size, size), float32, 0 to 1
        Area averaging when shrinking, cubic when enlarging.
    """
    shrinks = display.shape[0] >= size and display.shape[1] >= size
    method = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return np.clip(cv2.resize(display, (size, size), interpolation=method), 0, 1)
