"""XRAI: regions of the film by how much attribution they hold (Kapishnikov et al. 2019, arXiv:1906.02825)."""

from __future__ import annotations

import cv2
import numpy as np

_SCALES = (50, 100, 150, 250, 500, 1200)  # the paper's
_GRID, _SMOOTHING, _LEAST_SEGMENT, _DILATION = 224, 0.8, 150, 5
_AT_ONCE = 8  # masks, 6 MB of float64 at 299 px


def find_regions(film: np.ndarray) -> np.ndarray:
    """Overlapping regions of a film by its edges, coarse and fine: bool, shape (regions, H, W).

    `film` has shape (H, W), any range. It is segmented at 224 px and -1 to 1, which the paper's scales are made for,
    and each region is grown by 5 px, so that edges belong to both sides. A real film has about 200 regions; no film can
    have more than 2,004 (334 of the least size at each scale), which at 299 px is 180 MB.
    """
    from skimage.segmentation import felzenszwalb  # a second to import, and pages name this method that never draw it

    least, most = float(film.min()), float(film.max())
    grey = (film.astype(np.float32) - least) / max(most - least, 1e-6) * 2 - 1
    small = cv2.resize(grey, (_GRID, _GRID), interpolation=cv2.INTER_AREA)
    disc = _disc(_DILATION)
    segmented = [
        cv2.resize(felzenszwalb(small, scale=scale, sigma=_SMOOTHING, min_size=_LEAST_SEGMENT).astype(np.int32),
                   film.shape[::-1], interpolation=cv2.INTER_NEAREST)
        for scale in _SCALES
    ]
    wanted = [(parts, part) for parts in segmented for part in np.unique(parts)]
    regions = np.empty((len(wanted), *film.shape), bool)
    for region, (parts, part) in zip(regions, wanted, strict=True):
        region[:] = cv2.dilate((parts == part).astype(np.uint8), disc)
    return regions


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
    sizes, sums = masks.sum(axis=1).astype(np.int64), _sums(masks, flat)
    while (sizes >= least_new).any():
        density = np.where(sizes >= least_new, sums / np.maximum(sizes, 1), -np.inf)
        best = int(density.argmax())
        new = np.flatnonzero(masks[best] & open_)
        result[new], open_[new] = density[best], False
        sizes -= masks[:, new].sum(axis=1)  # only what a region would still add counts from here on
        sums -= _sums(masks[:, new], flat[new])
    if open_.any():
        result[open_] = flat[open_].mean()
    return result.reshape(values.shape).astype(np.float32)


def _disc(radius: int) -> np.ndarray:
    across = np.arange(-radius, radius + 1)
    return (across[:, None] ** 2 + across**2 <= radius**2).astype(np.uint8)


def _sums(masks: np.ndarray, values: np.ndarray) -> np.ndarray:
    """The sum of `values` in each mask, a few masks at a time: a product makes float64 of all that it is given."""
    return np.concatenate([masks[start:start + _AT_ONCE] @ values for start in range(0, len(masks), _AT_ONCE)])
