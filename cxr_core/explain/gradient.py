"""The plain gradient: the map that every other has to beat (Simonyan, Vedaldi, Zisserman 2013, arXiv:1312.6034)."""

from __future__ import annotations

import numpy as np

from cxr_core.errors import ExplanationError
from cxr_core.explain.integrated_gradients import GradientFunction


def input_gradient(gradients: GradientFunction, film: np.ndarray) -> np.ndarray:
    """How much each output moves with each pixel's grey: shape (F, H, W), float32, 0 and over.

    `film` has shape (H, W, C), float32. Its channels hold one grey, so their gradients are added before the sign goes.
    """
    _, slopes = gradients(film[None].astype(np.float32))
    if not np.isfinite(slopes).all():
        raise ExplanationError("The network's gradient for this film is not a number; no map can be drawn.")
    return np.abs(slopes[:, 0].sum(axis=-1)).astype(np.float32)
