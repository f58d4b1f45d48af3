"""XRAI: regions of the film by how much attribution they hold (Kapishnikov et al. 2019, arXiv:1906.02825)."""

from __future__ import annotations

import cv2
import numpy as np
from skimage.segmentation import felzenszwalb

_SCALES = (50, 100, 150, 250, 500, 1200)  # the paper's
_GRID, _SMOOTHING, _LEAST_SEGMENT, _DILATION = 224, 0.8, 150, 5


def find_regions(film: np.ndarray) -> np.ndarray:
    """Overlapping regions of a film by its edges, coarse and fine: bool, shape (regions, H, W).

    `film` has shape (H, W), any range. It is segmented at 224 px and -1 to 1, which the paper's scales are made for,
    and each region is grown by 5 px, so that edges belong to both sides.
    """
    least, most = float(film.min()), float(film.max())
    grey = (film.astype(np.float32) - least) / max(most - least, 1e-6) * 2 - 1
    small = cv2.resize(grey, (_GRID, _GRID), interpolation=cv2.INTER_AREA)
    disc = _disc(_DILATION)
    regions = []
    for scale in _SCALES:
        parts = felzenszwalb(small, scale=scale, sigma=_SMOOTHING, min_size=_LEAST_SEGMENT)
        parts = cv2.resize(parts.astype(np.int32), film.shape[::-1], interpolation=cv2.INTER_NEAREST)
        regions += [cv2.dilate((parts == part).astype(np.uint8), disc).astype(bool) for part in np.unique(parts)]
    return np.stack(regions)


def xrai(values: np.ndarray, regions: np.ndarray, *, least_new: int = 50) -> np.ndarray:
    """Rank regions by the density of attribution that each adds to those before it.

    Parameters
    ----------
    values : ndarray of shape (H, W)
        Attribution, in units of the output.
    regions : ndarray of shape (regions, H, W), bool
    least_new : int
        Regions that add fewer px than this are left out.

    Returns
    -------
    ndarray of shape (H, W), float32
        Each pixel's value is the density of the region that brought it in; their sum is that of `values`.
    """
    flat = values.astype(np.float64).ravel()
    masks = regions.reshape(len(regions), -1)
    result, open_ = np.zeros(flat.size), np.ones(flat.size, bool)
    sizes, sums = masks.sum(axis=1).astype(np.int64), masks @ flat
    while (sizes >= least_new).any():
        density = np.where(sizes >= least_new, sums / np.maximum(sizes, 1), -np.inf)
        best = int(density.argmax())
        new = np.flatnonzero(masks[best] & open_)
        result[new], open_[new] = density[best], False
        sizes -= masks[:, new].sum(axis=1)  # only what a region would still add counts from here on
        sums -= masks[:, new] @ flat[new]
    if open_.any():
        result[open_] = flat[open_].mean()
    return result.reshape(values.shape).astype(np.float32)


def _disc(radius: int) -> np.ndarray:
    across = np.arange(-radius, radius + 1)
    return (across[:, None] ** 2 + across**2 <= radius**2).astype(np.uint8)
