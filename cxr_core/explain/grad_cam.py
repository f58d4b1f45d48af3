"""Grad-CAM (Selvaraju et al. 2017, arXiv:1610.02391)."""

from __future__ import annotations

import cv2
import numpy as np

from cxr_core.errors import ExplanationError


def grad_cam(features: np.ndarray, slopes: np.ndarray, size: int) -> np.ndarray:
    """Where the last feature maps that speak for an output are active.

    Parameters
    ----------
    features : ndarray of shape (h, w, K), float32
        The last layer's feature maps for a film.
    slopes : ndarray of shape (F, h, w, K), float32
        Gradients of F outputs to them.
    size : int
        Side of the model's grid in px.

    Returns
    -------
    ndarray of shape (F, size, size), float32, 0 and over
        Stretched bilinearly from the h x w cells, which are all that it knows.
    """
    if not (np.isfinite(features).all() and np.isfinite(slopes).all()):
        raise ExplanationError("The network's gradient for this film is not a number; no map can be drawn.")
    weights = slopes.mean(axis=(1, 2))
    cells = np.maximum(np.einsum("hwk,fk->fhw", features, weights), 0).astype(np.float32)
    return np.stack([cv2.resize(one, (size, size), interpolation=cv2.INTER_LINEAR) for one in cells])
