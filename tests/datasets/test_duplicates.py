"""Planted copies are found, whatever was done to them, and films of the same patient are not called copies."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from cxr_core.datasets.collection import open_collection
from cxr_core.datasets import duplicates, prints
from cxr_core.datasets.duplicates import SAME, Duplicates, compare, find_duplicates, lay_out
from cxr_core.datasets.prints import GRID, Prints, find_alike
from cxr_core.errors import UnreadableFilm
from cxr_core.imaging.read import load_bytes, read_radiograph


def png(grey: np.ndarray) -> bytes:
    return cv2.imencode(".png", np.ascontiguousarray(grey))[1].tobytes()


def drawn(seed: int, side: int = 320) -> np.ndarray:
    """A picture with the make-up of a chest film, detail of its own."""
    rng = np.random.default_rng(seed)
    shared = cv2.GaussianBlur(np.random.default_rng(0).normal(size=(side, side)), (0, 0), 40)
    own = cv2.GaussianBlur(rng.normal(size=(side, side)), (0, 0), 5) / 6 + shared * 2
    low, high = own.min(), own.max()
    return np.round((own - low) / (high - low) * 255).astype(np.uint8)


def jpeg(grey: np.ndarray, quality: int) -> np.ndarray:
    return cv2.imdecode(cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_GRAYSCALE)


def crop(grey: np.ndarray, part: float, down: float, across: float) -> np.ndarray:
    height, width = (round(side * (1 - part)) for side in grey.shape)
    top, left = round(grey.shape[0] * part * down), round(grey.shape[1] * part * across)
    return np.ascontiguousarray(grey[top:top + height, left:left + width])


CHANGES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "same": lambda grey: grey, "re-encoded": lambda grey: jpeg(grey, 50), "half the size": lambda grey: grey[::2, ::2],
    "cropped": lambda grey: crop(grey, 0.05, 0.2, 0.8), "cropped more": lambda grey: crop(grey, 0.1, 0.5, 0.5),
    "mirrored": lambda grey: grey[:, ::-1], "darker": lambda grey: (grey * 0.6).astype(np.uint8),
    "mirrored, cropped, re-encoded": lambda grey: jpeg(crop(grey, 0.04, 0.5, 0.5)[:, ::-1], 70),
}


def found(films: list[np.ndarray]) -> Duplicates:
    content = [png(film) for film in films]
    return find_duplicates(lambda place: content[place], range(len(content)))


@pytest.mark.parametrize("change", CHANGES)
def test_a_planted_copy_is_found_and_no_stranger(change: str) -> None:
    films = [drawn(seed) for seed in range(1, 9)]
    told = found([*films, CHANGES[change](films[4])])
    assert [(pair.first, pair.second) for pair in told.pairs] == [(4, 8)]
    assert told.pairs[0].mirrored == ("mirrored" in change)


def test_copies_are_found_among_many_by_their_prints() -> None:
    films = [drawn(seed, 96) for seed in range(1, 121)]
    told = found([*films, jpeg(films[7], 60), films[30][:, ::-1], crop(films[50], 0.05, 0.5, 0.5)])
    assert {(pair.first, pair.second) for pair in told.pairs} == {(7, 120), (30, 121), (50, 122)}


def test_a_tenth_cut_off_at_any_corner_is_found_among_many() -> None:
    films = [drawn(seed, 160) for seed in range(1, 61)]
    corners = [(0, 0), (0, 1), (1, 0), (1, 1), (0.5, 0.5)]
    told = found([*films, *(jpeg(crop(films[7 * at], 0.1, *corner), 60) for at, corner in enumerate(corners, 1))])
    assert {(pair.first, pair.second) for pair in told.pairs} == {(7 * at, 59 + at) for at in range(1, 6)}


def test_copies_are_found_where_the_ways_were_learnt_from_some(monkeypatch: pytest.MonkeyPatch) -> None:
    for room in (prints, duplicates):
        monkeypatch.setattr(room, "LEARNT_FROM", 50)
    monkeypatch.setattr(prints, "_ROWS", 32)
    monkeypatch.setattr(prints, "_COLUMNS", 48)
    films = [drawn(seed, 96) for seed in range(1, 121)]
    told = found([*films, jpeg(films[7], 60), films[30][:, ::-1], crop(films[50], 0.1, 0, 1)])
    assert {(pair.first, pair.second) for pair in told.pairs} == {(7, 120), (30, 121), (50, 122)}


def test_memory_of_the_search_does_not_grow_with_its_square(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, size in (("LEARNT_FROM", 400), ("_ROWS", 64), ("_COLUMNS", 256)):
        monkeypatch.setattr(prints, name, size)
    rng = np.random.default_rng(0)

    def peaks(films: int) -> tuple[int, int]:
        """Bytes to hold the prints of so many films, and at most beside that to search them."""
        tracemalloc.start()
        held = Prints(films)
        for _ in range(films):
            made = rng.normal(size=(6, GRID * GRID)).astype(np.float32)
            held.add(made / np.linalg.norm(made, axis=1, keepdims=True))
        kept = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        with threadpool_limits(1):  # on a busy machine threads would wait for each other at each small block
            assert not list(held.candidates())
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return kept, peak - kept

    (few_kept, few), (many_kept, many) = peaks(500), peaks(2000)
    assert many < 1.2 * few and many < 64 * 2**20
    assert (many_kept - few_kept) / 1500 < 2000  # bytes a film: 112,120 are under 225 MB


def test_blank_films_are_no_crowd_of_candidates() -> None:
    told = np.zeros((300, 7, 4), np.float16)
    told[:, :, 0] = 1
    pairs = list(find_alike(told))
    assert len(pairs) <= 300 * 7 * 3 and all(row != column for row, column, _ in pairs)


def test_a_film_that_vanishes_between_is_told_and_the_search_goes_on() -> None:
    content = [png(drawn(seed)) for seed in (1, 2, 3, 1)]
    read = set()

    def load(place: int) -> bytes:
        if place == 1 and place in read:
            raise UnreadableFilm("It is gone.")
        read.add(place)
        return content[place]

    told = find_duplicates(load, range(4))
    assert [(pair.first, pair.second) for pair in told.pairs] == [(0, 3)] and told.unread == (1,)


def test_what_cannot_be_read_is_told_and_a_stop_is_heard() -> None:
    told = find_duplicates(lambda place: b"no film" if place == 1 else png(drawn(place)), range(3))
    assert told.unread == (1,) and told.pairs == ()

    def stop(done: int, most: int) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        find_duplicates(lambda place: png(drawn(place)), range(3), on_film=stop)
    assert found([]).pairs == () and found([np.zeros((64, 64), np.uint8)] * 2).films == 2


@pytest.mark.realdata
def test_real_films_of_one_patient_are_no_copies_and_planted_ones_are(data_folder: Path) -> None:
    films = open_collection(data_folder / "nih")
    table = films.index.table
    often = table["patient"].value_counts().index[:6]
    places = [place for patient in often for place in np.flatnonzero(table["patient"] == patient)[:10]]
    content = {int(place): load_bytes(films.film(place)) for place in places}
    told = find_duplicates(content.__getitem__, list(content))
    assert all(pair.likeness < 0.97 for pair in told.pairs) and len(told.pairs) <= 1
    for place in places[::7]:
        grey = read_radiograph(content[int(place)]).display()
        assert compare(lay_out(grey), lay_out(crop(grey, 0.08, 0.3, 0.6))) > SAME
