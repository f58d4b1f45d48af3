"""Guided Integrated Gradients (Kapishnikov et al. 2021, arXiv:2106.09788)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cxr_core.errors import ExplanationError

_CLOSE = 1e-9


def guided_ig(
    gradient: Callable[[np.ndarray], np.ndarray],
    film: np.ndarray,
    baseline: np.ndarray,
    *,
    steps: int = 50,
    fraction: float = 0.25,
    max_distance: float = 0.02,
    on_step: Callable[[int, int], None] | None = None,
) -> np.ndarray:
    """Integrate along a path on which the pixels with the smallest gradient move first.

    The straight path of Integrated Gradients crosses places where the gradient is large for no reason of the film's;
    this one goes around them. Each step depends on the last, so it cannot be batched.

    Parameters
    ----------
    gradient : callable
        Film (H, W, C) -> gradient of one output (H, W, C).
    film, baseline : ndarray of shape (H, W, C), float32
    fraction : float
        The part of the pixels that moves at once.
    max_distance : float
        How far a pixel may leave the straight path, as a part of its way; 0 is Integrated Gradients itself.

    Returns
    -------
    ndarray of shape (H, W), float32
        Summed over channels, in units of the output.
    """
    film, baseline = film.astype(np.float64), baseline.astype(np.float64)
    way = film - baseline
    point, values, whole = baseline.copy(), np.zeros_like(film), np.abs(way).sum()
    for step in range(1, steps + 1):
        if whole == 0:
            break
        slope = np.asarray(gradient(point.astype(np.float32)), np.float64)
        if not np.isfinite(slope).all():
            raise ExplanationError("The network's gradient for this film is not a number; no map can be drawn.")
        least = baseline + max(step / steps - max_distance, 0) * way
        most = baseline + min(step / steps + max_distance, 1) * way
        before = point
        point = _move(point, film, slope, least, most, left=whole * (1 - step / steps), fraction=fraction)
        values += (point - before) * slope
        if on_step:
            on_step(step, steps)
    return values.sum(axis=-1).astype(np.float32)


def _move(
    point: np.ndarray, film: np.ndarray, slope: np.ndarray, least: np.ndarray, most: np.ndarray, *, left: float,
    fraction: float,
) -> np.ndarray:
    """The next point: pixels of small slope move on until the distance to the film is `left`."""
    point, size = point.copy(), np.abs(slope)
    behind = np.abs(film - point) > np.abs(film - least)  # farther from the film than the path's band allows
    point[behind] = least[behind]
    while True:
        distance = np.abs(film - point).sum()
        if distance - left <= _CLOSE * max(distance, 1.0):
            return point
        size[point == most] = np.inf
        free = np.isfinite(size)
        if not free.any():
            return point
        chosen = free & (size <= np.quantile(size, fraction, method="lower"))
        reach = np.abs(most - point)[chosen].sum()
        share = (distance - left) / reach if reach > 0 else np.inf
        if share <= 1:
            point[chosen] += share * (most - point)[chosen]
            return point
        point[chosen] = most[chosen]
