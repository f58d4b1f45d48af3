"""Grey pictures that are no chest film, chest films in every state, and the price of each answer."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from cxr_core.imaging.gate import GateReport, check_film
from cxr_core.imaging.phantom import make_phantom
from cxr_core.imaging.read import read_radiograph
from cxr_core.training import gate_films
from cxr_core.training.gate_judge import ask, states
from cxr_core.training.gate_pictures.judge import judge_pictures


def test_of_200_pictures_it_never_met_19_in_20_are_refused() -> None:
    pictures = judge_pictures()
    passed = [kind for kind, picture in pictures if ask(picture).status != "refused"]
    assert len(pictures) == 200 and len(passed) <= 10, passed


@pytest.fixture(scope="module")
def films(data_folder: Path) -> list[np.ndarray]:
    test = gate_films.nih_films("test")
    some = np.random.default_rng(2).permutation(len(test))[:200]
    return list(gate_films.pixels(test.where(np.isin(np.arange(len(test)), some))))


@pytest.fixture(scope="module")
def told(films: list[np.ndarray]) -> dict[str, list[GateReport]]:
    """What the gate says to 29 of the films in each of their states."""
    told: dict[str, list[GateReport]] = {}
    for film in films[::7]:
        for name, changed in states(film).items():
            told.setdefault(name, []).append(ask(np.ascontiguousarray(changed), 64))
    return told


def passed(reports: list[GateReport]) -> float:
    return float(np.mean([report.status != "refused" for report in reports]))


def share(reports: list[GateReport], code: str) -> float:
    return float(np.mean([any(reason.code == code for reason in report.reasons) for report in reports]))


@pytest.mark.realdata
def test_98_in_100_real_films_pass_and_warnings_of_their_quality_are_rare(films: list[np.ndarray]) -> None:
    reports = [ask(film) for film in films]
    assert len(reports) == 200 and passed(reports) >= 0.98
    warned = [any(not r.refuses and r.code != "low_resolution" for r in report.reasons) for report in reports]
    assert np.mean(warned) <= 0.03


@pytest.mark.realdata
def test_films_pass_in_every_state_they_come_in(told: dict[str, list[GateReport]]) -> None:
    for state in (
        "as it is", "JPEG of quality 30", "gamma 0.5", "gamma 2", "10% off the top", "10% off the bottom",
        "10% off the left", "10% off the right", "mirrored", "inverted", "askew in a black frame",
    ):
        assert passed(told[state]) >= 0.95, state


@pytest.mark.realdata
@pytest.mark.parametrize(("state", "code"), [
    ("inverted", "inverted"), ("turned by 90", "turned"), ("turned by 180", "turned"), ("turned by 270", "turned"),
    ("a third of the light", "under_exposed"), ("1.8 times the light", "burnt_out"),
    ("askew in a black frame", "framed"),
])
def test_a_film_in_a_bad_state_is_told_so(told: dict[str, list[GateReport]], state: str, code: str) -> None:
    assert share(told[state], code) >= 0.9
    assert share(told["as it is"], code) <= 0.05


@pytest.mark.realdata
@pytest.mark.parametrize(("side", "least"), [("top", 0.7), ("bottom", 0.5), ("left", 0.85), ("right", 0.85)])
def test_a_film_without_a_third_is_refused_or_called_cropped(
    told: dict[str, list[GateReport]], side: str, least: float
) -> None:
    noticed = told[f"33% off the {side}"]
    assert share(noticed, "cropped") + 1 - passed(noticed) >= least
    assert share(told[f"10% off the {side}"], "cropped") <= 0.15


@pytest.mark.realdata
def test_large_letters_are_told_where_they_can_be_seen(told: dict[str, list[GateReport]]) -> None:
    assert share(told["white letters at the top"], "large_text") >= 0.5
    assert share(told["black letters at the bottom"], "large_text") >= 0.8
    assert share(told["as it is"], "large_text") <= 0.05


@pytest.mark.realdata
def test_children_and_films_of_other_hospitals_pass(data_folder: Path) -> None:
    children, adults = gate_films.children("test"), gate_films.covid_adults("test")
    others = [*list(gate_films.pixels(children))[::10], *gate_films.pixels(adults)]
    assert passed([ask(film) for film in others]) >= 0.98


@pytest.mark.realdata
def test_the_extremity_is_refused_without_its_tags_too(data_folder: Path) -> None:
    file = data_folder / "dicom" / "not_a_chest_extremity_10bit_j2k_lossless.dcm"
    shown = np.round(read_radiograph(file.read_bytes()).display() * 255).astype(np.uint8)
    reports = [ask(np.ascontiguousarray(np.rot90(one, turn))) for one in (shown, 255 - shown) for turn in range(4)]
    assert all(report.status == "refused" for report in reports)


@pytest.mark.realdata
def test_a_64_px_film_passes_where_a_network_takes_it(films: list[np.ndarray]) -> None:
    reports = [ask(cv2.resize(film, (64, 64), interpolation=cv2.INTER_AREA), 64) for film in films[::5]]
    assert passed(reports) >= 0.95 and share(reports, "low_resolution") >= 0.95


@pytest.mark.parametrize("shape", [(1, 1), (1, 4000), (4000, 1), (2, 2), (3, 2), (63, 65), (5000, 40)])
@pytest.mark.parametrize("grey", [0, 90, 255, None])
def test_no_shape_of_film_breaks_the_gate(shape: tuple[int, int], grey: int | None) -> None:
    noise = np.random.default_rng(0).integers(0, 255, shape, dtype=np.uint8)
    film = noise if grey is None else np.full(shape, grey, np.uint8)
    assert ask(film).status == "refused"
    assert ask(film, 1).status in ("refused", "warned", "accepted")


@pytest.mark.parametrize("size", [128, 200, 256, 320, 384, 512, 777, 1600])
def test_the_phantom_passes_at_every_size_and_its_negative_is_inverted(size: int) -> None:
    coarse = ["low_resolution"] if size < 256 else []
    for seed in (0, 1, 2) if size < 500 else (0,):
        phantom = read_radiograph(make_phantom(size, seed))
        assert [reason.code for reason in check_film(phantom, 128).reasons] == coarse
        assert [reason.code for reason in ask(255 - phantom.pixels).reasons] == [*coarse, "inverted"]
