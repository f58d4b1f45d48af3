"""Films that are the same picture, or nearly: re-encoded, resized, cropped a little, brightened, mirrored.

Chest films resemble each other, so that a plain perceptual hash of 64 bits calls strangers alike. Here prints of each
film (`prints.py`) find the few that may be the same; these are laid over each other at the scales that a crop leaves,
and compared in fine detail, where two films of one patient differ and copies do not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from cxr_core.datasets.prints import LEARNT_FROM, Prints, prints_of
from cxr_core.errors import CxrError
from cxr_core.imaging.read import read_radiograph

# Of 120 pairs of films of one patient the likest reach .88; crops by up to 10% lie over .97, films at half their size
# over .92, and as JPEG of quality 30 19 in 20 over .92. Among 14,696 films of NIH (at most 320 px) 310 pairs are found,
# all of one patient: one is a copy, at 1, the others are films taken alike, at up to .975.
SAME = 0.9  # correlation in fine detail from which they are told
COPY = 0.98  # from which two films of one patient are called a copy, not films taken alike
CROP = 0.12  # of a side: how much a crop may have taken off, at most
_FINE = 160  # px, the side that fine detail is compared at
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
    prints, kept, unread, order = Prints(len(places)), [], [], _spread_first(places)
    with ThreadPoolExecutor(2) as pool:
        for start in range(0, len(order), 64):  # a few ahead, so that a stop is soon heard
            part = order[start:start + 64]
            for place, made in zip(part, pool.map(lambda one: _read_prints(load, int(one)), part), strict=True):
                if made is None:
                    unread.append(int(place))
                else:
                    prints.add(made)
                    kept.append(int(place))
            if on_film:
                on_film(min(start + 64, len(order)), 2 * len(order))

    @lru_cache(maxsize=64)  # a film's candidates come one after the other
    def fine(row: int, mirrored: bool = False) -> Fine | None:
        try:
            grey = _small(load, kept[row])
        except CxrError:  # it was there when its print was made
            unread.append(kept[row])
            return None
        return lay_out(grey[:, ::-1] if mirrored else grey)

    def on_row(row: int) -> None:
        if on_film:
            on_film(len(order) + row, 2 * len(order))

    pairs: dict[tuple[int, int], Pair] = {}
    for row, column, mirrored in prints.candidates(on_row):
        one, other = fine(row), fine(column, mirrored)
        likeness = -1.0 if one is None or other is None else compare(one, other)
        first, second = sorted((kept[row], kept[column]))
        if likeness >= SAME and ((first, second) not in pairs or pairs[first, second].likeness < likeness):
            pairs[first, second] = Pair(first, second, likeness, mirrored)
        on_row(row)
    lost = tuple(sorted(set(unread)))
    return Duplicates(len(places), tuple(sorted(pairs.values(), key=lambda pair: -pair.likeness)), lost)


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


def _read_prints(load: Callable[[int], bytes], place: int) -> np.ndarray | None:
    """The prints of a film; None where it cannot be read."""
    try:
        return prints_of(read_radiograph(load(place)).display())
    except CxrError:
        return None


def _spread_first(places: Sequence[int]) -> list[int]:
    """The films, those first that prints are learnt from: of many some from everywhere, as a set's parts may differ."""
    step = max(-(-len(places) // LEARNT_FROM), 1)
    return [*places[::step], *(place for number, place in enumerate(places) if number % step)]


def _small(load: Callable[[int], bytes], place: int) -> np.ndarray:
    return cv2.resize(read_radiograph(load(place)).display(), (_FINE, _FINE), interpolation=cv2.INTER_AREA)
