"""A drawn chest, to try the product on: no patient's film, and it says so."""

from __future__ import annotations

import cv2
import numpy as np


def make_phantom(size: int = 1024, seed: int = 0) -> bytes:
    """A PNG of a drawn chest phantom with the word PHANTOM burnt in.

    Parameters
    ----------
    size : int
        Side in pixels.
    seed : int
        Seed of the film's grain.
    """
    y, x = np.mgrid[0:size, 0:size].astype(np.float32) / size
    film = np.full((size, size), 0.62, np.float32)
    film -= 0.5 * ((x < 0.06) | (x > 0.94) | ((y < 0.14) & (np.abs(x - 0.5) > 0.12 + 1.6 * y)))
    for centre in (0.29, 0.71):
        lung = ((x - centre) / 0.16) ** 2 + ((y - 0.46) / 0.31) ** 2
        film -= 0.42 * np.clip(1.6 * (1 - lung), 0, 1)
        for rib in range(8):
            arc = y - (0.2 + 0.075 * rib) - 0.5 * (x - centre) ** 2 * (1 if rib < 4 else 1.4)
            film += 0.07 * np.exp(-((arc / 0.008) ** 2)) * (lung < 1.15)
    heart = ((x - 0.56) / 0.15) ** 2 + ((y - 0.62) / 0.16) ** 2
    film += 0.32 * np.clip(1.5 * (1 - heart), 0, 1)
    film += 0.16 * np.exp(-(((x - 0.5) / 0.05) ** 2))
    dome = np.minimum(((x - 0.29) / 0.26) ** 2, ((x - 0.71) / 0.26) ** 2) * 0.09
    film += 0.25 * np.clip((y - 0.70 - dome) * 14, 0, 1)
    film = cv2.GaussianBlur(film, (0, 0), size / 170)
    film += np.random.default_rng(seed).normal(0, 0.012, film.shape)
    grey = np.clip(film * 205 + 10, 0, 255).astype(np.uint8)
    cv2.putText(grey, "PHANTOM", (int(size * 0.08), int(size * 0.07)), cv2.FONT_HERSHEY_SIMPLEX, size / 800, 235,
                max(1, size // 400), cv2.LINE_AA)
    return cv2.imencode(".png", grey)[1].tobytes()
