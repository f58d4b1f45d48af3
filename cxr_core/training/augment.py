"""Augmentations: one film in, one film out, 0 to 1 float32 of shape (H, W)."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

Augment = Callable[[np.ndarray, np.random.Generator], np.ndarray]


def none(film: np.ndarray, rng: np.random.Generator) -> np.ndarray:  # noqa: ARG001
    """The film as it is."""
    return film


def flip(film: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A left-right flip of every other film (Ibisoglu, Akcay 2021)."""
    return film[:, ::-1] if rng.random() < 0.5 else film


def published_xception(film: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Rotation by 0, 90, 180 or 270 degrees and a left-right flip (Mondal 2019)."""
    film = np.rot90(film, rng.integers(4))
    return film[:, ::-1] if rng.random() < 0.5 else film


def radiograph(film: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """What differs between films of one patient: position, size, exposure, sharpness.

    Turn within 8 degrees, shift within 6%, size within 10%, left-right flip, gamma 0.75 to 1.35, and in
    one of three films a loss of detail, so that resolution tells the network less about the label.
    """
    side = film.shape[0]
    matrix = cv2.getRotationMatrix2D((side / 2, side / 2), rng.uniform(-8, 8), rng.uniform(0.92, 1.12))
    matrix[:, 2] += rng.uniform(-0.06, 0.06, 2) * side
    if rng.random() < 0.5:
        film = film[:, ::-1]
    film = cv2.warpAffine(np.ascontiguousarray(film), matrix, (side, side), borderMode=cv2.BORDER_REFLECT_101)
    if rng.random() < 0.33:
        small = int(side * rng.uniform(0.5, 0.9))
        film = cv2.resize(cv2.resize(film, (small, small), interpolation=cv2.INTER_AREA), (side, side))
    return np.clip(film, 0, 1) ** rng.uniform(0.75, 1.35)


def radiograph_strong(film: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """As `radiograph`, wider, for longer runs: 12 degrees, 8%, size 0.85 to 1.25, contrast, and loss of detail
    in half of the films, down to 0.35 of the side.
    """
    side = film.shape[0]
    matrix = cv2.getRotationMatrix2D((side / 2, side / 2), rng.uniform(-12, 12), rng.uniform(0.85, 1.25))
    matrix[:, 2] += rng.uniform(-0.08, 0.08, 2) * side
    if rng.random() < 0.5:
        film = film[:, ::-1]
    film = cv2.warpAffine(np.ascontiguousarray(film), matrix, (side, side), borderMode=cv2.BORDER_REFLECT_101)
    if rng.random() < 0.5:
        small = int(side * rng.uniform(0.35, 0.95))
        film = cv2.resize(cv2.resize(film, (small, small), interpolation=cv2.INTER_AREA), (side, side))
    film = np.clip(film, 0, 1) ** rng.uniform(0.7, 1.45)
    return np.clip((film - 0.5) * rng.uniform(0.8, 1.2) + 0.5 + rng.uniform(-0.08, 0.08), 0, 1)


AUGMENTATIONS: dict[str, Augment] = {
    "none": none, "flip": flip, "published_xception": published_xception, "radiograph": radiograph,
    "radiograph_strong": radiograph_strong,
}
