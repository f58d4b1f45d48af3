"""Grey pictures that are no chest film, chest films in every state, and the price of each answer."""

from __future__ import annotations

from pathlib import Path

import cv2
import non_chest
import numpy as np
import pandas as pd
import pytest

from cxr_core.imaging.gate import GateReport, check_film
from cxr_core.imaging.phantom import make_phantom
from cxr_core.imaging.read import read_radiograph


def gate(pixels: np.ndarray, least: int = 128) -> GateReport:
    return check_film(read_radiograph(cv2.imencode(".png", pixels)[1].tobytes()), least)


def test_of_200_pictures_of_unlearnt_kinds_19_in_20_are_refused() -> None:
    passed = [kind for kind, picture in non_chest.pictures() if gate(picture).status != "refused"]
    assert len(passed) <= 10, passed


@pytest.fixture(scope="module")
def films(data_folder: Path) -> list[np.ndarray]:
    table = pd.read_csv(data_folder / "nih" / "images.csv")
    table = table[(table["split"] == "test") & (table["source_width"] >= 128)].sample(150, random_state=2)
    return [cv2.imread(str(data_folder / "nih" / path), cv2.IMREAD_GRAYSCALE) for path in table["path"]]


def share(films: list[np.ndarray], code: str) -> float:
    return float(np.mean([any(reason.code == code for reason in gate(film).reasons) for film in films]))


def passed(films: list[np.ndarray]) -> float:
    return float(np.mean([gate(film).status != "refused" for film in films]))


@pytest.mark.realdata
def test_real_films_pass_in_every_exposure_and_state_they_come_in(films: list[np.ndarray]) -> None:
    assert passed(films) >= 0.98
    for gamma in (0.6, 1.7):
        assert passed([np.round((film / 255) ** gamma * 255).astype(np.uint8) for film in films]) >= 0.95
    assert passed([film[film.shape[0] // 12:, film.shape[1] // 20:] for film in films if min(film.shape) > 150]) >= 0.95


@pytest.mark.realdata
def test_inverted_films_are_called_inverted_and_upright_ones_are_not(films: list[np.ndarray]) -> None:
    assert share([255 - film for film in films], "inverted") >= 0.9
    assert share(films, "inverted") <= 0.02


@pytest.mark.realdata
def test_a_film_on_its_side_is_told_from_no_film(films: list[np.ndarray]) -> None:
    assert share([np.rot90(film) for film in films], "turned") >= 0.8


@pytest.mark.parametrize("shape", [(1, 1), (1, 4000), (4000, 1), (2, 2), (63, 65)])
def test_no_shape_of_film_breaks_the_gate(shape: tuple[int, int]) -> None:
    film = np.random.default_rng(0).integers(0, 255, shape, dtype=np.uint8)
    assert gate(film).status == "refused"
    assert check_film(read_radiograph(cv2.imencode(".png", film)[1].tobytes()), 1).status in ("refused", "warned", "accepted")


def test_the_phantom_passes_at_every_size() -> None:
    for size in (256, 512, 1024):
        assert check_film(read_radiograph(make_phantom(size)), 128).status == "accepted"
