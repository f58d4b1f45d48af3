"""How much a picture looks like a frontal chest film: a small quadratic classifier on shape, without a network.

The picture is described twice: by the ranks of a 48 x 48 thumbnail (exposure drops out) and by histograms of
oriented gradients (Dalal and Triggs 2005; polarity drops out). Of both, the principal components of chest films, and
what these leave unexplained, go with their squares into a logistic regression. `training/chest_likeness.py` fits it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np

FILE = Path(__file__).with_name("chest_likeness.npz")
_RANK_SIDE, _SIDE, _CELL, _BINS = 48, 64, 8, 9


@dataclass(frozen=True)
class Likeness:
    """The fitted classifier: two subspaces (mean, components), and weights for `describe`'s values.

    A picture whose `score` is under `limit` is no chest film.
    """

    rank_mean: np.ndarray
    rank_components: np.ndarray
    shape_mean: np.ndarray
    shape_components: np.ndarray
    centre: np.ndarray
    spread: np.ndarray
    weights: np.ndarray
    bias: float
    limit: float

    def score(self, display: np.ndarray) -> float:
        """Log odds that `display` (H, W), 0 to 1, is an upright frontal chest film."""
        values = np.clip((self.describe(display) - self.centre) / self.spread, -8, 8)
        return float(values @ self.weights + self.bias)

    def describe(self, display: np.ndarray) -> np.ndarray:
        """Coordinates in both subspaces, their squares, and the unexplained parts; float64."""
        values = []
        for vector, mean, components in (
            (ranks(display), self.rank_mean, self.rank_components),
            (orientations(display), self.shape_mean, self.shape_components),
        ):
            centred = vector - mean
            place = components @ centred
            rest = float(((centred - place @ components) ** 2).mean() / max((vector**2).mean(), 1e-9))
            values += [place, place**2, [rest, rest**2]]
        return np.concatenate(values).astype(np.float64)

    def rank_residual(self, display: np.ndarray) -> float:
        """The part of the ranks that chest films do not have in common, 0 to 1; larger for an inverted film."""
        vector = ranks(display)
        centred = vector - self.rank_mean
        rest = centred - (self.rank_components @ centred) @ self.rank_components
        return float((rest**2).mean() / (vector**2).mean())


def ranks(display: np.ndarray) -> np.ndarray:
    """A film of any size as 48 x 48 ranks of mean 0 and spread 1, shape (2304,), float32."""
    small = cv2.GaussianBlur(cv2.resize(display, (_RANK_SIDE, _RANK_SIDE), interpolation=cv2.INTER_AREA), (0, 0), 1.0)
    order = small.ravel().argsort(kind="stable").argsort().astype(np.float32)
    return (order - order.mean()) / order.std()


def orientations(display: np.ndarray) -> np.ndarray:
    """Histograms of 9 unsigned gradient directions in 8 x 8 cells of a 64 x 64 thumbnail, shape (576,), float32.

    Each cell is divided by the strength of its neighbourhood, so that contrast drops out too.
    """
    small = cv2.resize(display, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    small = cv2.GaussianBlur(small, (0, 0), 0.8)
    across, down = cv2.Sobel(small, cv2.CV_32F, 1, 0), cv2.Sobel(small, cv2.CV_32F, 0, 1)
    strength, angle = cv2.magnitude(across, down), np.arctan2(down, across) % np.pi
    bins = np.minimum((angle / np.pi * _BINS).astype(int), _BINS - 1)
    rows, columns = np.indices(bins.shape) // _CELL
    cells = _SIDE // _CELL
    histogram = np.bincount(
        ((rows * cells + columns) * _BINS + bins).ravel(), weights=strength.ravel(), minlength=cells * cells * _BINS
    ).reshape(cells, cells, _BINS)
    around = cv2.blur(histogram.sum(axis=2), (3, 3), borderType=cv2.BORDER_REFLECT)
    return (histogram / (around[..., None] + 0.02 * around.mean() + 1e-6)).ravel().astype(np.float32)


@cache
def load_likeness() -> Likeness:
    """The classifier that ships, as training/chest_likeness.py made it."""
    with np.load(FILE) as stored:
        arrays = {name: stored[name].astype(np.float32 if stored[name].ndim else float) for name in stored.files}
    return Likeness(**{name: value if value.ndim else float(value) for name, value in arrays.items()})
