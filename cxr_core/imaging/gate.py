"""Is this a frontal chest film, and a good one? If not, why not.

A lateral, decubitus or oblique view is known by its DICOM tag alone: no such films were at hand to learn from, so that
one without the tag may be refused as no frontal film, or pass. Tubes, lines and metal are not looked for: none of the
films at hand is labelled with them, so that no search for them could be measured.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np

from cxr_core.imaging.chest_likeness import load_likeness
from cxr_core.imaging.lettering import widest_row
from cxr_core.imaging.quality import measure_quality, shrunk
from cxr_core.imaging.radiograph import Radiograph

Status = Literal["accepted", "warned", "refused"]
_REFUSING = {"colour", "blank", "small", "shape", "not_chest", "turned", "body_part"}
_MOST_CHROMA = 0.02
_LEAST_SPREAD = 0.03
_SIDE = 320  # px: the films that the limits below were chosen on have no longer side
# Each limit is crossed by fewer than one in a hundred val films of NIH.
_MOST_WHITE, _LEAST_BRIGHT, _MOST_FRAME, _LONGEST_ROW = 0.1, 0.45, 0.25, 0.18
# Terms for what a frontal film shows with both lungs around it (PS3.16 Annex L: CHEST and what is joined with it, LUNG,
# RIB, HEART, MEDIASTINUM, WHOLEBODY), and the thorax as equipment spells it. The picture is still judged. Of CLAVICLE,
# STERNUM, TSPINE and SHOULDER films are coned, oblique or lateral: they are other films, though of the same place.
_CHEST = ("chest", "thorax", "torax", "torace", "toraks", "lung", "rib", "heart", "mediastin", "wholebody")
_VIEWS = {
    **dict.fromkeys(("LL", "RL", "LATERAL", "LAT"), "a lateral"), **dict.fromkeys(("LLD", "RLD"), "a decubitus"),
    **dict.fromkeys(("LLO", "RLO"), "an oblique"),
}


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
    display = shrunk(film.display(), _SIDE)
    reasons = _format_reasons(film, min_side)
    if measure_quality(display).spread < _LEAST_SPREAD:
        text = "The picture is blank, or nearly so. Choose another window, or export it again."
        reasons.append(Reason("blank", text))
    if not any(reason.refuses for reason in reasons):
        reasons += _anatomy_reasons(display)
    return GateReport(tuple(reasons))


def _format_reasons(film: Radiograph, min_side: int) -> list[Reason]:
    reasons = []
    if film.coloured > _MOST_CHROMA:
        text = "This is a colour picture; a chest film is grey. Export the film itself, not a photograph of a screen."
        reasons.append(Reason("colour", text))
    if min(film.height, film.width) < min_side:
        text = (
            f"The film has {film.width} x {film.height} pixels; this network needs at least {min_side} a side. "
            "Take the original, or a network with a smaller input."
        )
        reasons.append(Reason("small", text))
    elif min(film.height, film.width) < 256:
        text = (
            f"The film has only {film.width} x {film.height} pixels: small findings cannot be seen in it. "
            "Take the original if there is one."
        )
        reasons.append(Reason("low_resolution", text))
    if not 0.6 <= film.width / film.height <= 1.67:
        text = f"The picture is {film.width} x {film.height}; a chest film is nearly square. Crop it to the film."
        reasons.append(Reason("shape", text))
    if film.body_part and not _shows_chest(film.body_part):
        text = (
            f"The file says that it shows another part of the body ({film.body_part}), not a chest. "
            "Score it anyway only if you see a chest."
        )
        reasons.append(Reason("body_part", text))
    if film.view in _VIEWS:
        text = (
            f"The file calls this {_VIEWS[film.view]} view ({film.view}); the networks learned from frontal films. "
            "Take a PA or AP film."
        )
        reasons.append(Reason("lateral", text))
    return reasons


def _shows_chest(body_part: str) -> bool:
    letters = re.sub("[^a-z]", "", body_part)  # CHEST_ABDOMEN, WHOLE BODY
    return any(term in letters for term in _CHEST)


def _anatomy_reasons(display: np.ndarray) -> list[Reason]:
    likeness = load_likeness()
    upright, inverted = likeness.chest_score(display), likeness.chest_score(1 - display)
    if max(upright, inverted) >= 0:
        if inverted <= upright:
            return _quality_reasons(display)
        text = "The film looks inverted: bones dark, air bright. Invert it before you trust a score."
        return [Reason("inverted", text), *_quality_reasons(1 - display)]
    turned = (np.ascontiguousarray(np.rot90(display, quarter)) for quarter in (1, 2, 3))
    if any(max(likeness.chest_score(one), likeness.chest_score(1 - one)) >= 0 for one in turned):
        text = "This looks like a chest film that lies on its side or is upside down. Turn it upright."
        return [Reason("turned", text)]
    text = (
        "This does not look like a frontal chest film: two dark lungs beside a bright middle. "
        "Check that it is a PA or AP film of a chest."
    )
    return [Reason("not_chest", text)]


def _quality_reasons(display: np.ndarray) -> list[Reason]:
    """What is wrong with a chest film, bones bright."""
    quality, reasons = measure_quality(display), []
    if quality.white > _MOST_WHITE:
        text = (
            f"{quality.white:.0%} of the film is pure white: it is burnt out, or lies in a white frame. "
            "Choose another window, or crop it to the film."
        )
        reasons.append(Reason("burnt_out", text))
    if quality.bright < _LEAST_BRIGHT:
        text = "The film is dark throughout: it may be under-exposed. Choose another window, or export it again."
        reasons.append(Reason("under_exposed", text))
    if quality.frame > _MOST_FRAME:
        text = f"{quality.frame:.0%} of the picture is a black frame around the film. Crop it to the film."
        reasons.append(Reason("framed", text))
    elif load_likeness().cut_score(display) > 0:
        text = (
            "The film may be cropped, so that a part of the lungs is outside, where nothing can be found. "
            "Take the whole film if there is one."
        )
        reasons.append(Reason("cropped", text))
    row = widest_row(display)
    if row > _LONGEST_ROW:
        text = (
            f"Large letters are burnt into the film, in a row {row:.0%} as long as it. A network may read them instead "
            "of the lungs: take the film without them."
        )
        reasons.append(Reason("large_text", text))
    return reasons
