"""Film -> the exact pixels a network sees."""

from __future__ import annotations

import cv2
import numpy as np

from cxr_core.imaging.radiograph import Radiograph
from cxr_core.models.spec import ModelSpec

# Red, green and blue over ImageNet's training pictures, 0 to 1: the figures every ImageNet network is published with.
IMAGENET_MEAN = np.array((0.485, 0.456, 0.406), np.float32)
IMAGENET_STD = np.array((0.229, 0.224, 0.225), np.float32)


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
    return scale(np.round(prepare_pixels(radiograph.display(), spec.size) * 255)[None] / np.float32(255), spec)


def scale(films: np.ndarray, spec: ModelSpec) -> np.ndarray:
    """Films of 0 to 1, shape (N, H, W), as the network's input: (N, H, W, channels), float32, in the spec's scaling."""
    low, high = ends(spec)
    return (films[..., None] * (high - low) + low).astype(np.float32)


def ends(spec: ModelSpec) -> tuple[np.ndarray, np.ndarray]:
    """What black and white are in the network's input: two arrays of shape (channels,), float32.

    Raises
    ------
    ValueError
        When the scaling is "imagenet", which is of colours, and the channels are not 3.
    """
    if spec.scaling == "imagenet":
        if spec.channels != len(IMAGENET_MEAN):
            raise ValueError(f"{spec.id}: imagenet scaling is for 3 channels, not {spec.channels}.")
        return -IMAGENET_MEAN / IMAGENET_STD, (1 - IMAGENET_MEAN) / IMAGENET_STD
    black = -1.0 if spec.scaling == "symmetric" else 0.0
    return np.full(spec.channels, black, np.float32), np.ones(spec.channels, np.float32)


def network_view(batch: np.ndarray, spec: ModelSpec) -> np.ndarray:
    """What the network saw, to be looked at: shape (size, size), uint8."""
    low, high = ends(spec)
    grey = (batch[0, ..., 0] - low[0]) / (high[0] - low[0])
    return np.round(grey * 255).astype(np.uint8)
