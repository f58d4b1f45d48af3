"""A cell of the comparison: one model's map of one finding by one method, with its receipt."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cxr_core.errors import ExplanationError
from cxr_core.explain.baselines import make_baselines
from cxr_core.explain.heatmap import make_heatmap
from cxr_core.explain.integrated_gradients import completeness_gap
from cxr_core.explain.known_paths import KnownPaths
from cxr_core.geometry import Box
from cxr_core.imaging.gate import GateReport
from cxr_core.imaging.prepare import ends
from cxr_core.methods import METHODS, draw_map
from cxr_core.models.clinical import GROUPS, ClinicalInputs
from cxr_core.models.prediction import Score
from cxr_core.reading import STEPS, Reading, Receipt, draw_boxes, first_finding, refine_explanation

if TYPE_CHECKING:
    from cxr_core.models.classifier import Classifier

BASELINE = "black"
WITH_PATH = ("ig", "smooth_ig", "smooth_ig_squared", "guided_ig", "xrai")  # methods whose maps hang on the baseline
_WITHOUT_GRADIENT = {"attention"}
OnStep = Callable[[int, int], None]


@dataclass(frozen=True)
class CellMap:
    """One model's map of one finding.

    `values` is the attribution on the model's grid, shape (size, size), float32, in the method's own unit; `heatmap`
    the same as it is drawn, float32, 0 to 1; `boxes` are in film pixels, none for a film that is not called so.
    `is_last` says that no better map follows. What the map is to be read beside is that of its reading: the model and
    the sha256 of its weights, what the gate found of the film, whether it was refused and scored all the same, and what
    a clinical model was told.
    """

    score: Score
    method: str
    values: np.ndarray
    heatmap: np.ndarray
    boxes: tuple[Box, ...]
    receipt: Receipt
    is_last: bool
    model_id: str
    digest: str
    gate: GateReport = GateReport(())
    scored_anyway: bool = False
    clinical: ClinicalInputs | None = None

    @property
    def steps(self) -> int:
        return self.receipt.steps


def draw_cell(
    reading: Reading, classifier: Classifier, method: str, finding: str | None = None, *, baseline: str = BASELINE,
    on_step: OnStep | None = None, known: KnownPaths | None = None,
) -> Iterator[CellMap]:
    """Better and better maps of a finding; Integrated Gradients as the Read page draws them, the others at once.

    Parameters
    ----------
    reading : Reading
        Of the classifier's model; a clinical model is told what the reading was made with.
    method : str
        One of `methods.METHODS`.
    finding : str, optional
        The model's own first without it.
    baseline : str
        Where paths begin; see `explain.baselines`.
    on_step : callable, optional
        Called with (evaluations done, evaluations at most). What it raises ends the drawing.
    known : KnownPaths, optional
        Gradients that other cells took, which are not taken again; new ones are added.

    Raises
    ------
    UnknownFinding, FilmRefused, ExplanationError
    """
    classifier = classifier.knowing(reading.clinical)
    score = reading.score(finding or first_finding(reading))
    if method == "ig":
        for made in refine_explanation(
            reading, score.finding, classifier=classifier, steps=STEPS, baseline=baseline, on_step=on_step,
            known=known,
        ):
            last = made.receipt.steps >= STEPS
            values = made.attribution.values[0]
            yield _cell(reading, score, method, values, made.heatmap, made.boxes, made.receipt, is_last=last)
        return
    yield _draw_at_once(reading, classifier, method, score, baseline, on_step, known)


def _cell(
    reading: Reading, score: Score, method: str, values: np.ndarray, heatmap: np.ndarray, boxes: tuple[Box, ...],
    receipt: Receipt, *, is_last: bool,
) -> CellMap:
    """A map, and what it is to be read beside."""
    return CellMap(score, method, values, heatmap, boxes, receipt, is_last, reading.spec.id,
                   reading.prediction.digest, reading.gate, reading.scored_anyway, reading.clinical)


def _draw_at_once(
    reading: Reading, classifier: Classifier, method: str, score: Score, baseline: str, on_step: OnStep | None,
    known: KnownPaths | None,
) -> CellMap:
    began, steps = time.perf_counter(), 0 if method in _WITHOUT_GRADIENT else 1
    known = KnownPaths() if known is None else known
    before = known.taken
    if method == "guided_ig" and baseline == "all":
        baseline = BASELINE  # its path is laid as it goes, and there is one

    def told(done: int, most: int) -> None:
        nonlocal steps
        steps = most
        if on_step:
            on_step(done, most)

    values = draw_map(classifier, reading.batch, score.finding, method, baseline=baseline, on_step=told,
                      known=known)
    if not np.isfinite(values).all():
        raise ExplanationError("The map of this film is not a number everywhere; it cannot be drawn.")
    gap = _gap(reading, classifier, method, score, baseline, values)
    receipt = Receipt(
        METHODS[method], "logit", baseline if steps > 1 else "", steps, gap, time.perf_counter() - began,
        classifier.device, tuple(GROUPS) if reading.spec.clinical else (),
        shared=method in WITH_PATH and known.taken == before,
    )
    boxes = draw_boxes(reading, score, values)
    return _cell(reading, score, method, values, make_heatmap(values), boxes, receipt, is_last=True)


def _gap(
    reading: Reading, classifier: Classifier, method: str, score: Score, baseline: str, values: np.ndarray
) -> tuple[float, ...]:
    """The completeness gap of a method that promises to account for the whole change of the output.

    XRAI, which hands out what Integrated Gradients found, promises it of regions alone.
    """
    if method != "guided_ig":
        return ()
    film, column = reading.batch[0], (reading.spec.findings.index(score.finding),)
    path_ends = np.concatenate([film[None], make_baselines(film, ends(reading.spec), baseline)])
    whole, empty = classifier.outputs(path_ends, column).astype(np.float64)
    return tuple(float(gap) for gap in completeness_gap(values[None], whole - empty))
