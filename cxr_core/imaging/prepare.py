"""Film -> the exact pixels a network sees."""

from __future__ import annotations

import cv2
import numpy as np

from cxr_core.imaging.radiograph import Radiograph
from cxr_core.models.spec import ModelSpec


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


def prepare(radiograph: Radiograph, spec: ModelSpec) -> np.ndarray:
    """The batch of one that the network of `spec` sees: shape (1, size, size, channels), float32.

    Rounded to 256 grey levels, as the training films are, then scaled as `spec.scaling` says.
    """
    grey = np.round(prepare_pixels(radiograph.display(), spec.size) * 255) / np.float32(255)
    scaled = grey * 2 - 1 if spec.scaling == "symmetric" else grey
    return np.repeat(scaled[None, ..., None], spec.channels, axis=-1).astype(np.float32)


def network_view(batch: np.ndarray, spec: ModelSpec) -> np.ndarray:
    """What the network saw, to be looked at: shape (size, size), uint8."""
    grey = (batch[0, ..., 0] + 1) / 2 if spec.scaling == "symmetric" else batch[0, ..., 0]
    return np.round(grey * 255).astype(np.uint8)
