"""The maps of the Compare page of one session: what is wanted, made in the background, and kept in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from cxr_core.comparing.cells import BASELINE, WITH_PATH, CellMap, draw_cell
from cxr_core.comparing.columns import Column
from cxr_core.comparing.work import Made, OnStep, Task
from cxr_core.errors import DataError
from cxr_core.evaluation.saved_points import SavedPoint, saved_points
from cxr_core.explain.known_paths import KnownPaths
from cxr_core.imaging.radiograph import Radiograph
from cxr_core.models.clinical import ClinicalInputs
from cxr_core.models.registry import find_spec
from cxr_core.reading import Reading, first_finding, score_film
from cxr_core.ui import background, resources

if TYPE_CHECKING:
    from cxr_core.models.classifier import Classifier

_MOST_READINGS, _MOST_DRAWN = 16, 64


@dataclass(frozen=True)
class CellKey:
    """What a map depends on: the film, the network with its calibration (the digest of its card), what it was told of
    the patient, finding and method, and the baseline of a method that has one.

    Its boxes also hang on the reader's `own` operating points, where some took the place of the card's.
    """

    film: str
    model_id: str
    digest: str
    told: ClinicalInputs | None
    anyway: bool
    finding: str | None
    method: str
    own: tuple[SavedPoint, ...] = ()
    baseline: str = BASELINE

    @property
    def name(self) -> str:
        """A short name for the browser; it tells nothing of the film or of the patient."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:16]


Readings = dict[CellKey, Reading]
Drawn = dict[CellKey, CellMap]


def key_of(
    film: str, column: Column, digest: str, method: str, told: ClinicalInputs | None, anyway: bool, baseline: str
) -> CellKey:
    """The key of a cell; a model without clinical inputs is told nothing, a method without a path has no baseline.

    Where the reader's own operating points cannot be read the cards' hold; the Read page says so.
    """
    try:
        own = tuple(saved_points(digest).values())
    except DataError:
        own = ()
    return CellKey(
        film, column.model_id, digest, told if find_spec(column.model_id).clinical else None, anyway, column.finding,
        method, own, baseline if method in WITH_PATH else BASELINE,
    )


def find(key: CellKey) -> Made:
    """What there is of a cell; computes nothing."""
    return background.work().find(key)


def readings() -> Readings:
    """The films of this session as its models read them."""
    return st.session_state.setdefault("compare_readings", {})


def task(key: CellKey, film: Radiograph) -> Task:
    """How a cell is made. Its work runs in another thread, which must not touch Streamlit's state."""
    drawn = st.session_state.setdefault("compare_drawn", {})
    return Task(key, stages_of(key, film, readings(), drawn, resources.classifier,
                                st.session_state.setdefault("compare_paths", KnownPaths())),
                partial(resources.classifier, key.model_id), partial(resources.is_loaded, key.model_id))


def stages_of(
    key: CellKey, film: Radiograph, known: Readings, drawn: Drawn, load: Callable[[str], Classifier],
    paths: KnownPaths | None = None,
) -> Callable[[OnStep], Iterator[CellMap]]:
    """Draws a cell, once under the finding's own name: a model's own first is one of those that can be asked for.

    What one method or baseline took on a path (`paths`) is not taken again for another, and is bounded.
    """
    def stages(on_step: OnStep) -> Iterator[CellMap]:
        on_step(0, 1)
        classifier = load(key.model_id)
        on_step(0, 1)  # loading takes seconds: somebody may have left
        reading = read(key, film, known, classifier)
        named = replace(key, finding=key.finding or first_finding(reading))
        if named in drawn:
            yield drawn[named]
            return
        for made in draw_cell(reading, classifier, key.method, named.finding, baseline=key.baseline,
                              on_step=on_step, known=paths):
            if made.is_last:  # nobody comes back for what follows the last
                _keep(drawn, named, made)
            yield made
        _keep(drawn, named, made)

    return stages


def _keep(drawn: Drawn, named: CellKey, made: CellMap) -> None:
    while len(drawn) >= _MOST_DRAWN and named not in drawn:
        drawn.pop(next(iter(drawn)))
    drawn[named] = made


def read(key: CellKey, film: Radiograph, known: Readings, classifier: Classifier) -> Reading:
    """The film as the model reads it, once for all of its maps; held against the reader's own operating points."""
    same = replace(key, finding=None, method="", own=(), baseline=BASELINE)
    if same not in known:
        while len(known) >= _MOST_READINGS:
            known.pop(next(iter(known)))
        known[same] = score_film(
            film, key.model_id, score_anyway=key.anyway, classifier=classifier, clinical=lambda tags: key.told or tags
        )
    reading = known[same]
    if not key.own or reading.prediction is None:
        return reading
    return replace(reading, prediction=reading.prediction.held_to({point.finding: point for point in key.own}))
