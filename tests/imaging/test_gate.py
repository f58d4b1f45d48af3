"""The gate: what passes, what is refused, and why."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from cxr_core.imaging.gate import check_film
from cxr_core.imaging.phantom import make_phantom
from cxr_core.imaging.read import read_radiograph


def gate(pixels: np.ndarray):
    return check_film(read_radiograph(cv2.imencode(".png", pixels)[1].tobytes()), 128)


def codes(report) -> set[str]:
    return {reason.code for reason in report.reasons}


def phantom() -> np.ndarray:
    return read_radiograph(make_phantom(512)).pixels


def test_the_phantom_is_accepted_and_its_negative_is_called_inverted() -> None:
    assert gate(phantom()).status == "accepted"
    assert codes(gate(255 - phantom())) == {"inverted"}


def test_colour_blank_small_and_narrow_pictures_are_refused() -> None:
    rng = np.random.default_rng(0)
    assert "colour" in codes(gate(rng.integers(0, 255, (300, 300, 3), dtype=np.uint8)))
    assert "blank" in codes(gate(np.full((300, 300), 90, np.uint8)))
    assert "small" in codes(gate(cv2.resize(phantom(), (100, 100))))
    assert "shape" in codes(gate(phantom()[:, :200]))


@pytest.mark.parametrize("part", [
    "CHEST", "CHESTABDOMEN", "CHEST_ABDOMEN", "NECKCHEST", "THORAX", "Thorax", "TORAX", "TORACE",
    "LUNG", "LUNGS", "RIB", "RIBS", "HEART", "MEDIASTINUM", "WHOLE BODY", "",
])
def test_a_film_that_its_file_calls_a_chest_in_other_words_is_judged_by_its_picture(part: str) -> None:
    film = replace(read_radiograph(make_phantom(512)), body_part=part.lower() or None)
    assert check_film(film, 128).status == "accepted"


@pytest.mark.parametrize("part", ["HAND", "ABDOMEN", "SKULL", "TSPINE", "CLAVICLE", "STERNUM", "SHOULDER", "BREAST"])
def test_a_film_that_its_file_calls_another_part_of_the_body_is_refused(part: str) -> None:
    film = replace(read_radiograph(make_phantom(512)), body_part=part.lower())
    assert codes(check_film(film, 128)) == {"body_part"}


@pytest.mark.realdata
def test_the_extremity_is_refused(data_folder: Path) -> None:
    file = data_folder / "dicom" / "not_a_chest_extremity_10bit_j2k_lossless.dcm"
    assert check_film(read_radiograph(file.read_bytes()), 128).status == "refused"


@pytest.mark.realdata
def test_real_films_of_val_pass(data_folder: Path) -> None:
    table = pd.read_csv(data_folder / "nih" / "images.csv")
    table = table[(table["split"] == "val") & (table["source_width"] >= 128)].sample(200, random_state=1)
    refused = sum(
        check_film(read_radiograph((data_folder / "nih" / path).read_bytes()), 128).status == "refused"
        for path in table["path"]
    )
    assert refused <= 6
