"""Is this a frontal chest film, and a good one? If not, why not."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import cv2
import numpy as np

from cxr_core.imaging.radiograph import Radiograph

Status = Literal["accepted", "warned", "refused"]
_REFUSING = {"colour", "blank", "small", "shape", "not_chest", "body_part"}
_MOST_CHROMA = 0.02
_LEAST_CONTRAST = 0.03
_SIDE = 48


@dataclass(frozen=True)
class Reason:
    """Why a film is refused or to be read with care: a code, and words for the reader."""

    code: str
    text: str

    @property
    def refuses(self) -> bool:
        return self.code in _REFUSING


@dataclass(frozen=True)
class GateReport:
    reasons: tuple[Reason, ...]

    @property
    def status(self) -> Status:
        if any(reason.refuses for reason in self.reasons):
            return "refused"
        return "warned" if self.reasons else "accepted"


def check_film(film: Radiograph, min_side: int) -> GateReport:
    """Look at a film before it is scored.

    Parameters
    ----------
    film : Radiograph
    min_side : int
        Side of the network's input in pixels; a smaller film is refused.
    """
    display = film.display()
    small = cv2.resize(display, (64, 64), interpolation=cv2.INTER_AREA)
    reasons = [*_format_reasons(film, min_side), *_exposure_reasons(display, small)]
    if not any(reason.refuses for reason in reasons):
        reasons += _anatomy_reasons(film, display)
    return GateReport(tuple(reasons))


def _format_reasons(film: Radiograph, min_side: int) -> list[Reason]:
    reasons = []
    if film.coloured > _MOST_CHROMA:
        reasons.append(Reason("colour", "This is a colour picture; a chest film is grey."))
    if min(film.height, film.width) < min_side:
        text = f"The film has {film.width} x {film.height} pixels; this network needs at least {min_side} a side."
        reasons.append(Reason("small", text))
    elif min(film.height, film.width) < 256:
        text = f"The film has only {film.width} x {film.height} pixels: small findings cannot be seen in it."
        reasons.append(Reason("low_resolution", text))
    if not 0.6 <= film.width / film.height <= 1.67:
        text = f"The picture is {film.width} x {film.height}; a chest film is nearly square."
        reasons.append(Reason("shape", text))
    if film.body_part and "chest" not in film.body_part and "thorax" not in film.body_part:
        text = f"The file says that it shows another part of the body ({film.body_part}), not a chest."
        reasons.append(Reason("body_part", text))
    if film.view in ("LL", "RL", "LATERAL", "LAT"):
        reasons.append(Reason("lateral", "The file calls this a lateral view; the networks learned from frontal films."))
    return reasons


def _exposure_reasons(display: np.ndarray, small: np.ndarray) -> list[Reason]:
    if float(small.std()) < _LEAST_CONTRAST:
        return [Reason("blank", "The picture is blank, or nearly so.")]
    reasons = []
    if float((display > 0.99).mean()) > 0.35:
        reasons.append(Reason("burnt_out", "Over a third of the film is pure white: it may be burnt out."))
    if float((display < 0.01).mean()) > 0.45:
        reasons.append(Reason("under_exposed", "Nearly half of the film is pure black: it may be cropped or collimated."))
    return reasons


def _anatomy_reasons(film: Radiograph, display: np.ndarray) -> list[Reason]:
    mean, components, limit = _chest_space()
    upright, inverted = (residual(thumbnail(one), mean, components) for one in (display, 1 - display))
    if min(upright, inverted) > limit:
        return [Reason("not_chest", "This does not look like a frontal chest film: two dark lungs beside a bright middle.")]
    if inverted < upright - 0.05:
        return [Reason("inverted", "The film looks inverted: bones dark, air bright. Invert it before you trust a score.")]
    return []


def thumbnail(display: np.ndarray) -> np.ndarray:
    """A film of any size, 0 to 1, as 48 x 48 ranks of mean 0 and spread 1, shape (2304,): exposure drops out."""
    small = cv2.GaussianBlur(cv2.resize(display, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA), (0, 0), 1.0)
    ranks = small.ravel().argsort(kind="stable").argsort().astype(np.float32)
    return (ranks - ranks.mean()) / ranks.std()


def residual(thumb: np.ndarray, mean: np.ndarray, components: np.ndarray) -> float:
    """The part of a thumbnail that what chest films have in common does not explain, 0 to 1."""
    centred = thumb - mean
    rest = centred - (components @ centred) @ components
    return float((rest**2).mean() / (thumb**2).mean())


@cache
def _chest_space() -> tuple[np.ndarray, np.ndarray, float]:
    """Mean (2304,), components (16, 2304) and limit, as training/gate_space.py made them from train and val films."""
    with np.load(Path(__file__).with_name("chest_space.npz")) as stored:
        return stored["mean"].astype(np.float32), stored["components"].astype(np.float32), float(stored["limit"])
