"""Is this a frontal chest film, and a good one? If not, why not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from cxr_core.imaging.radiograph import Radiograph

Status = Literal["accepted", "warned", "refused"]
_REFUSING = {"colour", "blank", "small", "shape", "not_chest", "body_part"}
_MOST_CHROMA = 0.02
_LEAST_CONTRAST = 0.03
_LEAST_LIKENESS = 0.20


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
        reasons += _anatomy_reasons(film, small)
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


def _anatomy_reasons(film: Radiograph, small: np.ndarray) -> list[Reason]:
    likeness, inverted = chest_likeness(small), chest_likeness(1 - small)
    if max(likeness, inverted) < _LEAST_LIKENESS:
        return [Reason("not_chest", "This does not look like a frontal chest film: two dark lungs beside a bright middle.")]
    if inverted > likeness + 0.1:
        return [Reason("inverted", "The film looks inverted: bones dark, air bright. Invert it before you trust a score.")]
    return []


def chest_likeness(small: np.ndarray) -> float:
    """Correlation of a 64 x 64 film with a drawn chest: dark lungs, bright middle and abdomen, -1 to 1.

    Both are equalised by rank and blurred first, so that exposure counts little; the best of a few
    shifts is taken, so that position does.
    """
    ranks = small.ravel().argsort().argsort().reshape(64, 64).astype(np.float32)
    field = cv2.GaussianBlur(ranks, (0, 0), 2.0)
    best = -1.0
    for scale in (0.85, 1.0, 1.15):
        template = _template(scale)
        for down in (-6, -3, 0, 3, 6):
            for across in (-4, 0, 4):
                inner = (slice(8, 56), slice(6, 58))
                moved = np.roll(template, (down, across), (0, 1))[inner]
                best = max(best, float(np.corrcoef(moved.ravel(), field[inner].ravel())[0, 1]))
    return best


def _template(scale: float) -> np.ndarray:
    y, x = np.mgrid[0:64, 0:64].astype(np.float32)
    chest = np.full((64, 64), 0.75, np.float32)
    for centre in (32 - 13 * scale, 32 + 13 * scale):
        lung = ((x - centre) / (9 * scale)) ** 2 + ((y - 30) / (19 * scale)) ** 2
        chest -= 0.7 * (lung < 1)
    return cv2.GaussianBlur(chest, (0, 0), 2.5)
