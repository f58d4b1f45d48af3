"""Is this a frontal chest film, and a good one? If not, why not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from cxr_core.imaging.chest_likeness import load_likeness
from cxr_core.imaging.radiograph import Radiograph

Status = Literal["accepted", "warned", "refused"]
_REFUSING = {"colour", "blank", "small", "shape", "not_chest", "turned", "body_part"}
_MOST_CHROMA = 0.02
_LEAST_CONTRAST = 0.03


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
    likeness = load_likeness()
    if max(likeness.score(display), likeness.score(1 - display)) < likeness.limit:
        turned = (np.ascontiguousarray(np.rot90(display, quarter)) for quarter in (1, 2, 3))
        if any(likeness.score(one) >= likeness.limit for one in turned):
            return [Reason("turned", "This looks like a chest film that lies on its side or stands on its head. Turn it upright.")]
        return [Reason("not_chest", "This does not look like a frontal chest film: two dark lungs beside a bright middle.")]
    if likeness.rank_residual(1 - display) < likeness.rank_residual(display) - 0.05:
        return [Reason("inverted", "The film looks inverted: bones dark, air bright. Invert it before you trust a score.")]
    return []
