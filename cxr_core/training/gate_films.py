"""Chest films for the gate: from three sources, and in the states that other hospitals would send them."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from cxr_core.datasets.coronahack import read_coronahack
from cxr_core.datasets.covid import read_covid
from cxr_core.datasets.folder import data_folder
from cxr_core.datasets.index import Index
from cxr_core.datasets.nih_small import read_nih_small
from cxr_core.errors import DataError
from cxr_core.imaging.phantom import make_phantom

LEAST_SOURCE = 128  # px: NIH's smaller films were made without antialiasing


def nih_films(split: str) -> Index:
    """NIH's films of a split, of 128 px and more at the source."""
    index = read_nih_small()
    return index.where((index.table["split"] == split) & (index.table["source_width"] >= LEAST_SOURCE))


def children(split: str) -> Index:
    """CoronaHack's films of children of 1 to 5 years."""
    index = read_coronahack(data_folder() / "coronahack")[0]
    return index.where((index.table["split"] == split) & (index.table["labels"] != "COVID-19"))


def covid_adults(split: str) -> Index:
    """COVID-19 films of adults."""
    index = read_covid(data_folder() / "covid")[0]
    return index.where(index.table["split"] == split)


def pixels(index: Index) -> Iterator[np.ndarray]:
    """Each film of an index: uint8, (H, W).

    Raises
    ------
    DataError
        When a file cannot be read.
    """
    for path in index.table["path"]:
        film = cv2.imread(str(index.root / path), cv2.IMREAD_GRAYSCALE)
        if film is None:
            raise DataError(f"{path} cannot be read as a picture. Fetch the data set again.")
        yield film


def phantoms(count: int) -> Iterator[np.ndarray]:
    """Drawn chests of 128 to 1024 px, seeds from 1000 on: whole films too, though drawn; uint8, (H, W)."""
    for number in range(count):
        png = make_phantom((128, 256, 320, 512, 1024)[number % 5], seed=1000 + number)
        yield cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_GRAYSCALE)


def vary_film(film: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A film as another hospital might have it; float32, 0 to 1, in and out.

    Up to 10% is cropped off each side, it is turned by up to 10 degrees, mirrored, or lies collimated in a black or
    white frame, askew and off its middle, as the whole plate would show it.
    """
    height, width = film.shape
    if rng.random() < 0.5:
        top, left, bottom, right = (rng.uniform(0, 0.12, 4) * [height, width, height, width]).astype(int)
        film = film[top:height - bottom, left:width - right]
    height, width = film.shape
    if rng.random() < 0.3:
        turn = cv2.getRotationMatrix2D((width / 2, height / 2), rng.uniform(-10, 10), 1)
        film = cv2.warpAffine(film, turn, (width, height), borderMode=cv2.BORDER_REPLICATE)
    if rng.random() < 0.3:
        place = cv2.getRotationMatrix2D((width / 2, height / 2), rng.uniform(-8, 8), rng.uniform(0.6, 0.97))
        place[:, 2] += rng.uniform(-0.1, 0.1, 2) * (width, height)
        ground = 0.0 if rng.random() < 0.8 else 1.0
        film = cv2.warpAffine(np.ascontiguousarray(film), place, (width, height), borderValue=ground)
    return np.ascontiguousarray(film[:, ::-1] if rng.random() < 0.3 else film)


def cut_short(film: np.ndarray, rng: np.random.Generator, least: float = 0.25, most: float = 0.4) -> np.ndarray:
    """A film of which a quarter or more is missing at one side, so that a part of the lungs is."""
    share, side = rng.uniform(least, most), rng.integers(4)
    height, width = film.shape
    if side < 2:
        cut = int(share * height)
        part = film[cut:] if side == 0 else film[:height - cut]
    else:
        cut = int(share * width)
        part = film[:, cut:] if side == 2 else film[:, :width - cut]
    return np.ascontiguousarray(part)
