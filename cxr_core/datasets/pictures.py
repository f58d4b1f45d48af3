"""What the films of a data set look like: a few measures of each picture, for a sample of films."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd

from cxr_core.errors import CxrError
from cxr_core.imaging.quality import measure_quality
from cxr_core.imaging.radiograph import Radiograph
from cxr_core.imaging.read import read_radiograph

MEASURES = ("Mean grey", "Contrast", "Black border", "Height over width", "Width here")
SAMPLE = 200  # films that are looked at
_AHEAD = 32


def measure_picture(film: Radiograph) -> tuple[float, ...]:
    """A film by `MEASURES`: mean and spread of its greys, share of black that reaches in from its edges, each 0 to 1;
    its shape, and its width in px."""
    display = film.display()
    quality = measure_quality(display)
    return float(display.mean()), quality.spread, quality.frame, film.height / film.width, float(film.width)


def sample_films(patients: np.ndarray, most: int = SAMPLE, seed: int = 0) -> np.ndarray:
    """Which films are looked at, rows, sorted: by chance, a second film of a patient only once each has one.

    Parameters
    ----------
    patients : ndarray of shape (films,)
        Whose each film is.
    most : int
    seed : int

    Returns
    -------
    ndarray of int, shape (at most `most`,)
    """
    chance = np.random.default_rng(seed).permutation(len(patients))
    drawn = pd.Series(np.asarray(patients, object)[chance], dtype=object)
    turn = drawn.groupby(drawn, sort=False).cumcount().to_numpy()
    return np.sort(chance[np.argsort(turn, kind="stable")[:most]])


def measure_pictures(
    load: Callable[[int], bytes], places: Sequence[int], on_film: Callable[[int, int], None] | None = None
) -> pd.DataFrame:
    """The measures of the films at `places`, a row each, its index the place; NaN where a film cannot be read.

    Parameters
    ----------
    load : callable
        Gives the bytes of the film at a place; it may raise CxrError.
    places : sequence of int
    on_film : callable, optional
        Told films done and films in all. What it raises stops the work.
    """
    def measure(place: int) -> tuple[float, ...]:
        try:
            return measure_picture(read_radiograph(load(place)))
        except CxrError:
            return (np.nan,) * len(MEASURES)

    rows: list[tuple[float, ...]] = []
    with ThreadPoolExecutor(2) as pool:
        for start in range(0, len(places), _AHEAD):  # a few ahead, so that a stop is soon heard
            rows.extend(pool.map(measure, [int(one) for one in places[start:start + _AHEAD]]))
            if on_film:
                on_film(len(rows), len(places))
    return pd.DataFrame(rows, index=pd.Index(places, dtype=int), columns=list(MEASURES), dtype=float)
