"""Rows of large letters are found, however they stand and whatever their ink; nothing else is one."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from cxr_core.imaging.lettering import widest_row
from cxr_core.imaging.phantom import make_phantom
from cxr_core.imaging.read import read_radiograph

PHANTOM = read_radiograph(make_phantom(512)).pixels


def light(film: np.ndarray) -> np.ndarray:
    return film.astype(np.float32) / 255


def lettered(film: np.ndarray, words: str, *, high: float, ink: int) -> tuple[np.ndarray, float]:
    """A film with words in its lower half, letters `high` of its height, and the length of their row."""
    size = high * film.shape[0] / 21  # Hershey's capitals are 21 px high at size 1
    pen = max(1, round(2.2 * size))
    wide = cv2.getTextSize(words, cv2.FONT_HERSHEY_SIMPLEX, size, pen)[0][0]
    drawn = cv2.putText(film.copy(), words, (40, 300), cv2.FONT_HERSHEY_SIMPLEX, size, ink, pen, cv2.LINE_AA)
    return light(drawn), wide / film.shape[1]


@pytest.mark.parametrize("ink", [0, 255])
@pytest.mark.parametrize("high", [0.06, 0.1])
def test_a_row_of_large_letters_is_as_long_as_it_was_drawn(high: float, ink: int) -> None:
    drawn, wide = lettered(np.full((512, 512), 120, np.uint8), "BED12345", high=high, ink=ink)
    assert widest_row(drawn) == pytest.approx(wide, abs=0.06)
    assert widest_row(np.ascontiguousarray(np.rot90(drawn))) == pytest.approx(widest_row(drawn), abs=0.02)


@pytest.mark.parametrize("size", [128, 256, 384, 1024])
def test_letters_are_found_on_a_film_of_any_size_and_not_in_the_phantoms_small_word(size: int) -> None:
    drawn = lettered(PHANTOM, "BED12345", high=0.08, ink=255)[0]
    assert widest_row(cv2.resize(drawn, (size, size), interpolation=cv2.INTER_AREA)) > 0.2
    assert widest_row(read_radiograph(make_phantom(size)).display()) == 0


def test_a_marker_a_tube_and_a_frame_are_no_row_of_letters() -> None:
    marker = lettered(PHANTOM, "L", high=0.08, ink=255)[0]
    tube = cv2.polylines(PHANTOM.copy(), [np.array([[256, 0], [270, 200], [300, 330]])], False, 255, 5, cv2.LINE_AA)
    frame = cv2.copyMakeBorder(PHANTOM, 40, 40, 40, 40, cv2.BORDER_CONSTANT, value=0)
    assert [widest_row(film) for film in (marker, light(tube), light(frame))] == [0, 0, 0]


@pytest.mark.parametrize("shape", [(1, 1), (1, 4000), (4000, 1), (5, 3)])
def test_no_shape_of_film_breaks_the_search(shape: tuple[int, int]) -> None:
    assert widest_row(np.random.default_rng(0).random(shape, np.float32)) == 0
