"""SmoothGrad: a map averaged over noisy copies of the film (Smilkov et al. 2017, arXiv:1706.03825)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np


def smooth(
    attribute: Callable[[np.ndarray], np.ndarray],
    film: np.ndarray,
    *,
    samples: int = 8,
    spread: float = 0.1,
    squared: bool = False,
    seed: int = 0,
) -> Iterator[np.ndarray]:
    """Yield the mean map over the noisy films so far, `samples` times.

    Parameters
    ----------
    attribute : callable
        Film (H, W, C) -> map (F, H, W).
    film : ndarray of shape (H, W, C), float32
    spread : float
        Standard deviation of the noise, as a part of the film's own range; all channels get the same noise, as they
        hold the same grey.
    squared : bool
        Average the squares of the maps (Hooker et al. 2019, arXiv:1806.10758): stronger contrast, no sign.
    """
    noise = np.random.default_rng(seed)
    sigma = spread * float(film.max() - film.min())
    total = 0.0
    for taken in range(1, samples + 1):
        noisy = film + noise.normal(0, sigma, (*film.shape[:2], 1))
        values = attribute(noisy.astype(np.float32)).astype(np.float64)
        total = total + (values**2 if squared else values)
        yield (total / taken).astype(np.float32)
