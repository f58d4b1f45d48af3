"""Films that are the same picture, or nearly: re-encoded, resized, cropped a little, brightened, mirrored.

Chest films resemble each other, so that a plain perceptual hash of 64 bits calls strangers alike. Here a print of each
film, its middle spatial frequencies on a small grid as they differ from those of the other films, finds the few that
may be the same; these are laid over each other at the scales that a crop leaves, and compared in fine detail, where two
films of one patient differ and copies do not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from cxr_core.errors import CxrError
from cxr_core.imaging.read import read_radiograph

GRID = 16  # cells of a print's side
# Measured on 3,000 films of NIH: under 1 pair of strangers in 10,000 is over .7, and all copies as JPEG of quality 30 or
# at another brightness are; of crops by 5% nine in ten at a corner and all around the middle, of crops by 10% nine in
# ten around the middle and few at a corner.
ALIKE = 0.69  # correlation of prints from which films are laid over each other
# Of 120 pairs of films of one patient the likest reach .88; crops by up to 10% lie over .97, films at half their size
# over .92, and as JPEG of quality 30 19 in 20 over .92. Among 14,696 films of NIH (at most 320 px) 310 pairs are found,
# all of one patient: one is a copy, at 1, the others are films taken alike, at up to .975.
SAME = 0.9  # correlation in fine detail from which they are told
COPY = 0.98  # from which two films of one patient are called a copy, not films taken alike
CROP = 0.12  # of a side: how much a crop may have taken off, at most
INNER = 0.9  # of a side: what a print is also made of, to find what was cropped
_FINE = 160  # px, the side that fine detail is compared at
_NEXT = 3  # candidates a film and way
_FEW = 40  # films of which every pair is laid over each other
_RANK = 128  # ways in which prints differ
_AT_ONCE = 1024  # rows of a block of correlations
_SCALES = tuple(1 - CROP * step / 4 for step in range(5))
_MIDDLE = 0.7  # of a side: what is looked for in the other film


@dataclass(frozen=True)
class Fine:
    """Fine detail of a film: of all of it, (160, 160), and of its middle at each scale that a crop may have left."""

    whole: np.ndarray
    middles: tuple[np.ndarray, ...]


@dataclass(frozen=True)
class Pair:
    """Two films that are the same picture: places, their correlation in fine detail, and whether one is mirrored."""

    first: int
    second: int
    likeness: float
    mirrored: bool = False


@dataclass(frozen=True)
class Duplicates:
    """What was found among `films`: pairs, the most alike first; `unread` are places of films that cannot be read."""

    films: int
    pairs: tuple[Pair, ...]
    unread: tuple[int, ...] = ()


def find_duplicates(
    load: Callable[[int], bytes], places: Sequence[int], on_film: Callable[[int, int], None] | None = None
) -> Duplicates:
    """Look for the same picture twice among films.

    Parameters
    ----------
    load : callable
        Gives the bytes of the film at a place; it may raise CxrError.
    places : sequence of int
    on_film : callable, optional
        Told the steps done and the steps in all: each film is read, and then held against others. What it raises stops
        the search.
    """
    prints, kept, unread = [], [], []
    with ThreadPoolExecutor(2) as pool:
        for start in range(0, len(places), 64):  # a few ahead, so that a stop is soon heard
            part = places[start:start + 64]
            for place, made in zip(part, pool.map(lambda one: _prints_of(load, int(one)), part), strict=True):
                if made is None:
                    unread.append(int(place))
                else:
                    prints.append(made)
                    kept.append(int(place))
            if on_film:
                on_film(min(start + 64, len(places)), 2 * len(places))

    @lru_cache(maxsize=64)  # a film's candidates come one after the other
    def fine(row: int, mirrored: bool = False) -> Fine:
        grey = _small(load, kept[row])
        return lay_out(grey[:, ::-1] if mirrored else grey)

    pairs: dict[tuple[int, int], Pair] = {}
    furthest = 0
    for row, column, mirrored in candidates(np.stack(prints)) if kept else ():
        likeness = compare(fine(row), fine(column, mirrored))
        first, second = sorted((kept[row], kept[column]))
        if likeness >= SAME and ((first, second) not in pairs or pairs[first, second].likeness < likeness):
            pairs[first, second] = Pair(first, second, likeness, mirrored)
        furthest = max(furthest, row)
        if on_film:
            on_film(len(places) + furthest, 2 * len(places))
    return Duplicates(len(places), tuple(sorted(pairs.values(), key=lambda pair: -pair.likeness)), tuple(unread))


def print_film(grey: np.ndarray) -> np.ndarray:
    """The print of a film of shape (H, W): its middle frequencies, float32 of shape (GRID * GRID,) and length 1."""
    small = cv2.resize(np.asarray(grey, np.float32), (2 * GRID, 2 * GRID), interpolation=cv2.INTER_AREA)
    band = cv2.GaussianBlur(small, (0, 0), 1.2) - cv2.GaussianBlur(small, (0, 0), 5)
    band = cv2.resize(band, (GRID, GRID), interpolation=cv2.INTER_AREA)
    band -= band.mean()
    return (band / max(float(np.linalg.norm(band)), 1e-6)).ravel()


def candidates(prints: np.ndarray) -> Iterator[tuple[int, int, bool]]:
    """Pairs of films whose prints are alike: row, column, and whether the column is mirrored; a pair may come twice.

    `prints` has shape (films, 2, GRID * GRID): of the whole film and of its inner part. Of few films every pair is
    given, of many at most three a film and way.
    """
    if len(prints) <= _FEW:
        yield from ((row, column, mirrored) for row in range(len(prints)) for column in range(row)
                    for mirrored in (False, True))
        return
    whole = prints[:, 0]
    flipped = whole.reshape(-1, GRID, GRID)[:, :, ::-1].reshape(whole.shape)
    mean = whole.mean(axis=0)
    strength, ways = np.linalg.eigh(np.cov(whole - mean, rowvar=False))
    rank = min(_RANK, len(prints) // 3)
    scale = np.sqrt(np.maximum(strength[::-1], 0))[:rank]
    ways = ways[:, ::-1][:, :rank] / (scale + scale[rank // 3] + 1e-6)  # whitened, the weakest ways less
    rows, columns = _told_apart(whole, mean, ways), [
        (_told_apart(one, mean, ways), mirrored)
        for one, mirrored in ((whole, False), (flipped, True), (prints[:, 1], False))
    ]
    for start in range(0, len(rows), _AT_ONCE):
        for other, mirrored in columns:
            likeness = rows[start:start + _AT_ONCE] @ other.T
            likeness[np.arange(len(likeness)), start + np.arange(len(likeness))] = -1
            for row in np.flatnonzero((likeness > ALIKE).any(axis=1)):
                best = np.argpartition(-likeness[row], _NEXT)[:_NEXT]
                yield from ((start + int(row), int(one), mirrored) for one in best[likeness[row, best] > ALIKE])


def _told_apart(prints: np.ndarray, mean: np.ndarray, ways: np.ndarray) -> np.ndarray:
    """Prints as they differ from the mean one, of length 1: float32, shape (films, ways)."""
    told = ((prints - mean) @ ways).astype(np.float32)
    return told / np.maximum(np.linalg.norm(told, axis=1, keepdims=True), 1e-6)


def lay_out(grey: np.ndarray) -> Fine:
    """A film of shape (H, W), 0 to 1, as `compare` takes it."""
    small = cv2.resize(np.ascontiguousarray(grey, np.float32), (_FINE, _FINE), interpolation=cv2.INTER_AREA)
    middles = []
    for scale in _SCALES:
        side = round(_FINE * scale)
        shrunk = small if side == _FINE else cv2.resize(small, (side, side), interpolation=cv2.INTER_AREA)
        margin = round(side * (1 - _MIDDLE) / 2)
        middles.append(np.ascontiguousarray(_detail(shrunk)[margin:side - margin, margin:side - margin]))
    return Fine(_detail(small), tuple(middles))


def compare(first: Fine, second: Fine) -> float:
    """How alike two films are in fine detail, -1 to 1, at the best of the scales that a crop of either leaves."""
    return max(_found_in(whole, middle) for whole, other in ((first.whole, second), (second.whole, first))
               for middle in other.middles)


def _found_in(whole: np.ndarray, middle: np.ndarray) -> float:
    """How well the middle of a film is found near the middle of another."""
    if middle.std() < 1e-3:
        return -1.0
    reach, side = round(_FINE * CROP) + 2, middle.shape[0]
    centre = (_FINE - side) // 2
    low, high = max(centre - reach, 0), min(centre + reach + side, _FINE)
    return float(cv2.matchTemplate(whole[low:high, low:high], middle, cv2.TM_CCOEFF_NORMED).max())


def _detail(grey: np.ndarray) -> np.ndarray:
    """What is finer than the ribs, each part as strong as the next."""
    fine = cv2.GaussianBlur(grey, (0, 0), 1.6) - cv2.GaussianBlur(grey, (0, 0), 6)
    return fine / (np.sqrt(cv2.GaussianBlur(fine * fine, (0, 0), 12)) + 0.02)


def _prints_of(load: Callable[[int], bytes], place: int) -> np.ndarray | None:
    """The prints of a film and of its inner part, shape (2, GRID * GRID); None where it cannot be read."""
    try:
        grey = read_radiograph(load(place)).display()
    except CxrError:
        return None
    top, left = (round(side * (1 - INNER) / 2) for side in grey.shape)
    return np.stack([print_film(grey), print_film(grey[top:grey.shape[0] - top, left:grey.shape[1] - left])])


def _small(load: Callable[[int], bytes], place: int) -> np.ndarray:
    return cv2.resize(read_radiograph(load(place)).display(), (_FINE, _FINE), interpolation=cv2.INTER_AREA)
