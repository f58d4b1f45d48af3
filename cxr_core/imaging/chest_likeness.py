"""How much a picture looks like an upright frontal chest film: shape alone, without a deep network.

The picture is described twice: by the ranks of a 48 x 48 thumbnail (exposure drops out) and by histograms of
oriented gradients (Dalal and Triggs 2005; polarity drops out). Of both, the principal components of chest films, their
squares, and what the components leave unexplained, go through a hidden layer to each of two answers: is it a chest
film, and is it cut short? `training/chest_likeness.py` fits them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np

FILE = Path(__file__).with_name("chest_likeness.npz")
_RANK_SIDE, _SIDE, _CELL, _BINS = 48, 64, 8, 9
_WIDE = 512  # an array of more values than these is stored as float16


@dataclass(frozen=True)
class Head:
    """A hidden layer of rectified units and an answer: float32, `hidden` (values, units), the next two (units,).

    Log odds over `limit` are a yes.
    """

    hidden: np.ndarray
    hidden_bias: np.ndarray
    output: np.ndarray
    output_bias: float
    limit: float = 0.0

    def log_odds(self, values: np.ndarray) -> float:
        units = np.maximum(values @ self.hidden + self.hidden_bias, 0)
        return float(units @ self.output + self.output_bias)


@dataclass(frozen=True)
class Likeness:
    """The fitted classifier: two subspaces (mean, components), the values of chest films, and two heads upon them."""

    rank_mean: np.ndarray
    rank_components: np.ndarray
    shape_mean: np.ndarray
    shape_components: np.ndarray
    centre: np.ndarray
    spread: np.ndarray
    chest: Head
    cut: Head

    def chest_score(self, display: np.ndarray) -> float:
        """By how much `display` (H, W), 0 to 1, is over the limit of an upright frontal chest film, bones bright."""
        return self.chest.log_odds(self._values(display)) - self.chest.limit

    def cut_score(self, display: np.ndarray) -> float:
        """By how much the chest film `display` is over the limit of one that lacks a quarter or more at a side."""
        return self.cut.log_odds(self._values(display)) - self.cut.limit

    def _values(self, display: np.ndarray) -> np.ndarray:
        return standardised(
            describe(display, self.rank_mean, self.rank_components, self.shape_mean, self.shape_components),
            self.centre, self.spread,
        )


def describe(display: np.ndarray, *spaces: np.ndarray) -> np.ndarray:
    """Coordinates in both subspaces (mean and components of each), their squares, and the unexplained parts."""
    values = []
    for vector, mean, components in zip((ranks(display), orientations(display)), spaces[::2], spaces[1::2]):
        centred = vector - mean
        place = components @ centred
        rest = float(((centred - place @ components) ** 2).mean() / max((vector**2).mean(), 1e-9))
        values += [place, place**2, [rest, rest**2]]
    return np.concatenate(values).astype(np.float32)


def standardised(values: np.ndarray, centre: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """Values in spreads from the centre of chest films, at most 8: what is far out is simply not a chest."""
    return np.clip((values - centre) / spread, -8, 8)


def ranks(display: np.ndarray) -> np.ndarray:
    """A film of any size as 48 x 48 ranks of mean 0 and spread 1, shape (2304,), float32; equal greys share a rank."""
    small = cv2.GaussianBlur(cv2.resize(display, (_RANK_SIDE, _RANK_SIDE), interpolation=cv2.INTER_AREA), (0, 0), 1.0)
    greys = np.round(small.ravel() * 4096)  # so that the white of a page is one grey, whatever its last bits
    ordered = np.sort(greys)
    order = (np.searchsorted(ordered, greys, "left") + np.searchsorted(ordered, greys, "right")).astype(np.float32)
    return (order - order.mean()) / max(float(order.std()), 1e-6)


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


def save_likeness(likeness: Likeness, file: Path) -> None:
    """Write the classifier: its large arrays as float16, the others as float32; a head's are named `cut.output`."""
    arrays = {name: np.asarray(value, np.float32) for name, value in vars(likeness).items()
              if not isinstance(value, Head)}
    for name, head in (("chest", likeness.chest), ("cut", likeness.cut)):
        arrays |= {f"{name}.{part}": np.asarray(value, np.float32) for part, value in vars(head).items()}
    np.savez_compressed(file, **{
        name: value.astype(np.float16) if value.size > _WIDE else value for name, value in arrays.items()
    })


@cache
def load_likeness(file: Path = FILE) -> Likeness:
    """The classifier that ships, as training/chest_likeness.py made it."""
    with np.load(file) as stored:
        arrays = {name: stored[name].astype(np.float32) for name in stored.files}

    def of(head: str) -> dict[str, np.ndarray | float]:
        return {name.removeprefix(head): value if value.ndim else float(value)
                for name, value in arrays.items() if name.startswith(head)}

    spaces = {name: value for name, value in arrays.items() if "." not in name}
    return Likeness(**spaces, chest=Head(**of("chest.")), cut=Head(**of("cut.")))
