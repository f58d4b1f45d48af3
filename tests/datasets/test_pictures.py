"""Measures of a picture that is known, and a sample that gives each patient a turn."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from cxr_core.datasets.pictures import MEASURES, measure_picture, measure_pictures, sample_films
from cxr_core.errors import UnreadableFilm
from cxr_core.imaging.read import read_radiograph


def png(grey: np.ndarray) -> bytes:
    return cv2.imencode(".png", grey)[1].tobytes()


def test_a_grey_plate_in_a_black_frame_is_measured() -> None:
    grey = np.zeros((200, 100), np.uint8)
    grey[20:180, 10:90] = 102  # 64% of the film, .4 bright
    told = dict(zip(MEASURES, measure_picture(read_radiograph(png(grey))), strict=True))
    assert told["Mean grey"] == pytest.approx(0.64 * 0.4, abs=0.01)
    assert told["Contrast"] == pytest.approx(0.4 * np.sqrt(0.64 * 0.36), abs=0.01)
    assert told["Black border"] == pytest.approx(0.36, abs=0.01)
    assert (told["Height over width"], told["Width here"]) == (2.0, 100.0)


def test_a_film_that_cannot_be_read_is_unknown_and_the_others_are_told() -> None:
    def load(place: int) -> bytes:
        if place == 7:
            raise UnreadableFilm("It is gone.")
        return b"no film" if place == 3 else png(np.full((60, 60), 10 * place, np.uint8))

    steps: list[tuple[int, int]] = []
    told = measure_pictures(load, [9, 7, 5, 3], lambda *step: steps.append(step))
    assert told.index.tolist() == [9, 7, 5, 3] and steps[-1] == (4, 4)
    assert told["Width here"].isna().tolist() == [False, True, False, True]
    assert told["Mean grey"][9] > told["Mean grey"][5]


def test_each_patient_has_one_film_before_any_has_two() -> None:
    patients = np.array(["often"] * 500 + [f"once {number}" for number in range(60)], object)
    rows = sample_films(patients, 61)
    assert len(set(patients[rows])) == 61 and (rows == np.sort(rows)).all()
    assert (patients[sample_films(patients, 100)] == "often").sum() == 40
    assert len(sample_films(patients, 999)) == 560 and not len(sample_films(patients[:0]))
    np.testing.assert_array_equal(rows, sample_films(patients, 61))
