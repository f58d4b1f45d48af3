"""Prints of films: few numbers each, by which the films that may be the same picture are found among very many.

A print is the middle spatial frequencies of a film on a small grid. Of each film six are made: of the whole, of its
middle and of its four corners, so that a film of which a margin was cut off at any side meets the part that is left in
the other. They are told by the ways in which films differ most, which the first films that are read teach; so a film
takes 1.8 kB whatever its size, 201 MB for all 112,120 of NIH.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np

GRID = 16  # cells of a print's side
INNER = 0.9  # of a side: the parts of a film that prints are made of beside the whole
WINDOWS = ((0.5, 0.5), (0, 0), (0, 1), (1, 0), (1, 1))  # where they lie, down and across
# Measured on 1,500 films of NIH: 2 pairs of strangers in 100,000 are over it in each way; of copies all as JPEG of
# quality 30 and at another brightness, all crops by 10% at a corner or around the middle and 74 to 91% of those at the
# middle of a side, 94% and more of crops by 5% anywhere.
ALIKE = 0.69  # correlation of prints from which films are laid over each other
FEW = 40  # films of which every pair is laid over each other
LEARNT_FROM = 4096  # films that the ways are taken from
_NEXT = 3  # candidates a film and way
_RANK = 128  # ways in which prints differ
_ROWS, _COLUMNS = 512, 4096  # of a block of correlations: 8 MB


@dataclass(frozen=True)
class Ways:
    """How prints differ among films: the `mean` print, (GRID * GRID,), and `ways`, (GRID * GRID, rank), float32."""

    mean: np.ndarray
    ways: np.ndarray

    @classmethod
    def of(cls, whole: np.ndarray) -> Ways:
        """Of prints of whole films, shape (films, GRID * GRID): whitened, the weakest ways less."""
        mean = whole.mean(axis=0, dtype=np.float64)
        strength, ways = np.linalg.eigh(np.atleast_2d(np.cov(whole - mean, rowvar=False)))
        rank = max(min(_RANK, len(whole) // 3), 1)
        scale = np.sqrt(np.maximum(strength[::-1], 0))[:rank]
        ways = ways[:, ::-1][:, :rank] / (scale + scale[rank // 3] + 1e-6)
        return cls(mean.astype(np.float32), ways.astype(np.float32))

    def tell(self, prints: np.ndarray) -> np.ndarray:
        """Prints (..., GRID * GRID) as they differ from the mean one, of length 1: float32, shape (..., rank)."""
        told = (prints - self.mean) @ self.ways
        return told / np.maximum(np.linalg.norm(told, axis=-1, keepdims=True), 1e-6)


class Prints:
    """The prints of films in the order they were added, of at most `films`: `LEARNT_FROM` as they are, then told."""

    def __init__(self, films: int) -> None:
        self._films, self._count = films, 0
        self._first: list[np.ndarray] = []  # until the ways are known
        self._ways: Ways | None = None
        self._told = np.empty((0, 0, 0), np.float16)

    def __len__(self) -> int:
        return self._count

    def add(self, prints: np.ndarray) -> None:
        """Add a film by its `prints_of`."""
        if self._ways is None:
            self._first.append(prints)
            self._count += 1
            if self._count >= LEARNT_FROM:
                self._learn()
        else:
            self._told[self._count] = self._ways.tell(_with_mirrored(prints))
            self._count += 1

    def candidates(self, on_row: Callable[[int], None] | None = None) -> Iterator[tuple[int, int, bool]]:
        """Pairs of films whose prints are alike, row by row: row, column, and whether the column is mirrored.

        A pair may come as row and column and the other way round. Of few films every pair is given, of many at most
        three a film and way. `on_row` is told how far the search is, also where nothing is alike.
        """
        if self._count <= FEW:
            yield from ((row, column, mirrored) for row in range(self._count) for column in range(row)
                        for mirrored in (False, True))
            return
        if self._ways is None:
            self._learn()
        yield from find_alike(self._told[:self._count], on_row)

    def _learn(self) -> None:
        self._ways = Ways.of(np.stack([prints[0] for prints in self._first]))
        rank = self._ways.ways.shape[1]
        self._told = np.empty((self._films, len(WINDOWS) + 2, rank), np.float16)
        for row, prints in enumerate(self._first):
            self._told[row] = self._ways.tell(_with_mirrored(prints))
        self._first = []


def prints_of(grey: np.ndarray) -> np.ndarray:
    """The prints of a film of shape (H, W): of the whole and of its windows, float32, shape (6, GRID * GRID)."""
    height, width = (round(side * INNER) for side in grey.shape)
    parts = [grey]
    for down, across in WINDOWS:
        top, left = round((grey.shape[0] - height) * down), round((grey.shape[1] - width) * across)
        parts.append(grey[top:top + height, left:left + width])
    return np.stack([print_film(part) for part in parts])


def print_film(grey: np.ndarray) -> np.ndarray:
    """The print of a film of shape (H, W): its middle frequencies, float32 of shape (GRID * GRID,) and length 1."""
    small = cv2.resize(np.asarray(grey, np.float32), (2 * GRID, 2 * GRID), interpolation=cv2.INTER_AREA)
    band = cv2.GaussianBlur(small, (0, 0), 1.2) - cv2.GaussianBlur(small, (0, 0), 5)
    band = cv2.resize(band, (GRID, GRID), interpolation=cv2.INTER_AREA)
    band -= band.mean()
    return (band / max(float(np.linalg.norm(band)), 1e-6)).ravel()


def find_alike(
    told: np.ndarray, on_row: Callable[[int], None] | None = None
) -> Iterator[tuple[int, int, bool]]:
    """The pairs whose prints correlate by more than `ALIKE`: row, column, mirrored.

    Parameters
    ----------
    told : ndarray of shape (films, windows + 2, rank), float16
        Of length 1: of the whole film, its windows, and last of the whole film mirrored. The whole of a row is held
        against each of a column, a block at a time: memory does not grow with the films.
    """
    films, ways = told.shape[:2]
    for start in range(0, films, _ROWS):
        rows, found = told[start:start + _ROWS, 0].astype(np.float32), set()
        for way in range(ways):
            if on_row:
                on_row(start)
            hits = [_best(rows, told[left:left + _COLUMNS, way].astype(np.float32), start - left) + (left,)
                    for left in range(0, films, _COLUMNS)]
            row, column, likeness = (np.concatenate(one) for one in zip(
                *((row, column + left, likeness) for row, column, likeness, left in hits), strict=True))
            order = np.lexsort((-likeness, row))
            row, column = row[order], column[order]
            kept = np.arange(len(row)) - np.searchsorted(row, row) < _NEXT
            found.update((start + int(one), int(other), way == ways - 1)
                         for one, other in zip(row[kept], column[kept], strict=True))
        yield from sorted(found)


def _best(rows: np.ndarray, columns: np.ndarray, own: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The likest columns of each row, at most three: rows, columns, correlations; row i is itself column i + `own`."""
    likeness = rows @ columns.T
    places = np.arange(len(rows))
    there = (places + own >= 0) & (places + own < len(columns))
    likeness[places[there], places[there] + own] = -1
    some = np.flatnonzero((likeness > ALIKE).any(axis=1))
    best = np.argsort(-likeness[some], axis=1, kind="stable")[:, :_NEXT] if len(some) else np.empty((0, 0), int)
    row = np.repeat(some, best.shape[1])
    column = best.ravel()
    alike = likeness[row, column] > ALIKE
    return row[alike], column[alike], likeness[row[alike], column[alike]]


def _with_mirrored(prints: np.ndarray) -> np.ndarray:
    """Prints of a film, (windows + 1, GRID * GRID), and last that of the whole film mirrored."""
    mirrored = prints[0].reshape(GRID, GRID)[:, ::-1].ravel()
    return np.concatenate([prints, mirrored[None]])
