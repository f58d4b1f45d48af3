"""What the gate says to films and pictures that nothing was chosen by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

import cv2
import numpy as np
from sklearn.datasets import load_sample_images

from cxr_core.datasets.folder import data_folder
from cxr_core.datasets.nih_small import read_nih_small
from cxr_core.imaging.gate import GateReport, check_film
from cxr_core.imaging.phantom import make_phantom
from cxr_core.imaging.read import read_radiograph
from cxr_core.training import gate_films
from cxr_core.training.gate_pictures.judge import judge_pictures

Change = Callable[[np.ndarray], np.ndarray]
NETWORK_SIDE = 128  # px: the smallest input of the networks that ship


def ask(picture: np.ndarray, least: int = NETWORK_SIDE) -> GateReport:
    """The gate's word on a picture, uint8, (H, W) or (H, W, 3), sent to it as a PNG."""
    return check_film(read_radiograph(cv2.imencode(".png", picture)[1].tobytes()), least)


def states(film: np.ndarray) -> dict[str, np.ndarray]:
    """A film, uint8, in the states that its senders may leave it in."""
    height, width = film.shape
    tenth, third = (int(0.1 * height), int(0.1 * width)), (int(0.33 * height), int(0.33 * width))
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), 5, 0.75)
    return {
        "as it is": film,
        "JPEG of quality 30": cv2.imdecode(cv2.imencode(".jpg", film, [cv2.IMWRITE_JPEG_QUALITY, 30])[1], 0),
        "10% off the top": film[tenth[0]:], "10% off the bottom": film[:-tenth[0]],
        "10% off the left": film[:, tenth[1]:], "10% off the right": film[:, :-tenth[1]],
        "10% off every side": film[tenth[0]:-tenth[0], tenth[1]:-tenth[1]],
        "gamma 0.5": _gamma(film, 0.5), "gamma 2": _gamma(film, 2.0),
        "a third of the light": np.round(film * 0.35).astype(np.uint8),
        "1.8 times the light": np.clip(film * 1.8, 0, 255).astype(np.uint8),
        "askew in a black frame": cv2.warpAffine(film, turn, (width, height)),
        "33% off the top": film[third[0]:], "33% off the bottom": film[:-third[0]],
        "33% off the left": film[:, third[1]:], "33% off the right": film[:, :-third[1]],
        "inverted": 255 - film, "turned by 90": np.rot90(film), "turned by 180": np.rot90(film, 2),
        "turned by 270": np.rot90(film, 3), "mirrored": film[:, ::-1],
        "white letters at the top": _lettered(film, 0.13, 255),
        "black letters at the bottom": _lettered(film, 0.9, 0),
    }


def judge() -> None:
    """Print the figures: films by split, source and state; pictures by kind."""
    index = read_nih_small()
    for split in ("val", "test", "test_wide"):
        of_split, source = index.table["split"] == split, index.table["source_width"]
        _tell(f"NIH {split}, 128 px and more", _asked(gate_films.pixels(gate_films.nih_films(split))))
        for low, high in ((64, 64), (128, 128), (256, 300), (512, 1024)):
            part = index.where(of_split & source.between(low, high))
            _tell(f"    source {low} to {high} px", _asked(gate_films.pixels(part), min(low, NETWORK_SIDE)))
    _tell("CoronaHack test, children", _asked(gate_films.pixels(gate_films.children("test"))))
    _tell("COVID-19 test, adults", _asked(gate_films.pixels(gate_films.covid_adults("test"))))
    _tell("phantoms of 30 seeds", [check_film(read_radiograph(make_phantom(512, seed)), 299) for seed in range(30)])
    _tell("phantoms inverted", (ask(255 - read_radiograph(make_phantom(512, seed)).pixels) for seed in range(30)))
    for file in sorted((data_folder() / "dicom").glob("*.dcm")):
        _tell(file.name, [check_film(read_radiograph(file.read_bytes()), NETWORK_SIDE)])
    _tell("NIH as downloaded", [
        check_film(read_radiograph(file.read_bytes()), NETWORK_SIDE)
        for file in sorted((data_folder() / "nih_download").rglob("*.png"))
    ])
    tell_states("test")
    _tell_pictures()


def tell_states(split: str) -> None:
    """Print what the gate says to every fourth NIH film of a split in each of its states."""
    films = gate_films.nih_films(split)
    films = films.where(np.arange(len(films)) % 4 == 0)
    print(f"every fourth film of NIH {split}, in other states:")
    told: dict[str, list[GateReport]] = {}
    for film in gate_films.pixels(films):
        for name, changed in states(film).items():
            told.setdefault(name, []).append(ask(np.ascontiguousarray(changed), 64))
    for name, reports in told.items():
        _tell(f"    {name}", reports)


def _tell_pictures() -> None:
    pictures = judge_pictures()
    reports = [(kind, ask(picture)) for kind, picture in pictures]
    _tell(f"{len(pictures)} grey pictures that are no chest film", [report for _, report in reports])
    for kind in dict.fromkeys(kind for kind, _ in reports):
        _tell(f"    {kind}", [report for of, report in reports if of == kind])
    file = data_folder() / "dicom" / "not_a_chest_extremity_10bit_j2k_lossless.dcm"
    extremity = read_radiograph(file.read_bytes())
    shown = np.round(extremity.display() * 255).astype(np.uint8)
    parts = [part for name, part in states(shown).items() if name not in ("gamma 2", "a third of the light")]
    _tell("the extremity without its tags, in its states", _asked(parts))
    colour = (image[::step, ::step, ::-1] for image in load_sample_images().images for step in (1, 2))
    _tell("colour photographs", map(ask, colour))


def _asked(films: Iterable[np.ndarray], least: int = NETWORK_SIDE) -> list[GateReport]:
    return [ask(np.ascontiguousarray(film), least) for film in films]


def _gamma(film: np.ndarray, gamma: float) -> np.ndarray:
    return np.round((film / 255) ** gamma * 255).astype(np.uint8)


def _lettered(film: np.ndarray, height: float, ink: int) -> np.ndarray:
    """A film with eight letters burnt in, each 6% of it high: a row of two fifths of its length."""
    side, marked = max(film.shape), film.copy()
    at, size = (round(0.3 * film.shape[1]), round(height * film.shape[0])), 0.06 * side / 21  # 21 px at size 1
    cv2.putText(marked, "ERECT 07", at, cv2.FONT_HERSHEY_SIMPLEX, size, ink, max(1, round(2.2 * size)), cv2.LINE_AA)
    return marked


def _tell(name: str, reports: Iterable[GateReport]) -> None:
    reports = list(reports)
    status = Counter(report.status for report in reports)
    codes = Counter(reason.code for report in reports for reason in report.reasons)
    words = ", ".join(f"{code} {count}" for code, count in codes.most_common())
    passed = len(reports) - status["refused"]
    warned = sum(
        report.status == "warned" and any(reason.code != "low_resolution" for reason in report.reasons)
        for report in reports
    )
    share, part = (count / max(len(reports), 1) for count in (passed, warned))
    print(f"{name}: {passed} of {len(reports)} pass ({share:.1%}), {warned} warned of more than their resolution "
          f"({part:.1%}); {words or 'nothing said'}", flush=True)
