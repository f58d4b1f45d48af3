"""The use case: a film's bytes in, its findings and their maps out.

The page, the command line and the tests all come through here, so the same bytes give the same
pixels, the same scores and the same boxes everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from cxr_core.errors import FilmRefused, UnknownFinding
from cxr_core.explain.baselines import make_baselines
from cxr_core.explain.boxes import find_boxes
from cxr_core.explain.heatmap import make_heatmap
from cxr_core.explain.integrated_gradients import Attribution, refine
from cxr_core.explain.known_paths import KnownPaths
from cxr_core.findings import NO_FINDING, title_of
from cxr_core.geometry import Box, Frame
from cxr_core.imaging.gate import GateReport, check_film
from cxr_core.imaging.prepare import ends, prepare
from cxr_core.imaging.radiograph import Radiograph
from cxr_core.imaging.read import read_radiograph
from cxr_core.models.clinical import GROUPS, ClinicalInputs, refuse_unless_clinical
from cxr_core.models.prediction import Prediction, Score
from cxr_core.models.registry import find_spec
from cxr_core.models.spec import ModelSpec
from cxr_core.render.overlay import add_caption, draw_overlay, encode_png

if TYPE_CHECKING:
    from cxr_core.models.classifier import Classifier

STEPS = 64  # the most gradient evaluations; a power of two, where the path's nodes lie evenly
INNER_BATCH = 8  # films in one call of the gradients: keeps the working set in cache and memory small
GOOD_GAP = 0.02  # a completeness gap under this is said to be good
NOTICE = "Research use only. Not a medical device."
SCORED_ANYWAY = "REFUSED BY THE GATE, SCORED ANYWAY"


@dataclass(frozen=True)
class Reading:
    """One film as one model reads it.

    `prediction` is None when the gate refused the film and nobody asked to score it anyway;
    `scored_anyway` says that it was refused and scored all the same. `batch` holds the exact pixels
    the network sees: shape (1, size, size, channels), float32, scaled as the spec says. `clinical` is
    what a clinical model was told of the patient, None for any other model.
    """

    radiograph: Radiograph
    gate: GateReport
    spec: ModelSpec
    prediction: Prediction | None
    scored_anyway: bool
    batch: np.ndarray
    clinical: ClinicalInputs | None = None

    @property
    def scores(self) -> tuple[Score, ...]:
        """The scores in the model's output order; empty for a refused film."""
        return self.prediction.scores if self.prediction else ()

    def score(self, finding: str) -> Score:
        """The score of one finding.

        Raises
        ------
        UnknownFinding
            When the model has no such finding.
        FilmRefused
            When the film was not scored.
        """
        place = _place(self.spec, finding)
        if self.prediction is None:
            raise FilmRefused(_refusal(self.gate))
        return self.prediction.scores[place]


@dataclass(frozen=True)
class Receipt:
    """How one finding's map was made, and how far it can be trusted.

    `target` is "logit" or "probability", `steps` the gradient evaluations each baseline got, `gap` the
    part of the output's change that the map does not account for (0 to 1 and over; one value, that of
    this finding; empty for a method that does not promise to account for it), `error` how far the map is from that of
    endless steps as its path tells (relative L2, one value; empty where nothing tells), `seconds` what it took so far,
    `device` "CPU" or "GPU", `shared` that every step was taken for another map before this one. `held` names the
    clinical inputs, which stay as they are along the whole path: the map explains the film, given them.
    """

    method: str
    target: str
    baseline: str
    steps: int
    gap: tuple[float, ...]
    seconds: float
    device: str
    held: tuple[str, ...] = ()
    error: tuple[float, ...] = ()
    shared: bool = False


@dataclass(frozen=True)
class Explanation:
    """Where one finding's score comes from.

    `heatmap` lies on the model's grid, shape (size, size), float32, 0 to 1 (-1 to 1 when signed).
    `boxes` are in film pixels, and empty for a finding under its operating point or a class that is not the likeliest.
    """

    finding: str
    attribution: Attribution
    heatmap: np.ndarray
    boxes: tuple[Box, ...]
    receipt: Receipt


def read_film(
    data: bytes, model_id: str, *, score_anyway: bool = False, classifier: Classifier | None = None,
    clinical: Callable[[ClinicalInputs], ClinicalInputs] | None = None,
) -> Reading:
    """Read a film, ask the gate, and score it.

    Parameters
    ----------
    data : bytes
        A PNG, JPEG or DICOM file, known by its first bytes and never by its name.
    model_id : str
    score_anyway : bool
        Score a film that the gate refused; the reading says so.
    classifier : Classifier, optional
        A loaded one; otherwise it is loaded here, and only if the film is to be scored.
    clinical : callable, optional
        For a clinical model: makes what it is told of the patient from what the film's tags tell. Without it the tags
        alone count, and the history is unknown.

    Raises
    ------
    FilmError
        When the bytes are no film.
    ModelError
        When there is no such model, its weights are missing or corrupt, or it takes no clinical inputs
        and is given some.
    """
    if clinical is not None:
        refuse_unless_clinical(find_spec(model_id))
    return score_film(
        read_radiograph(data), model_id, score_anyway=score_anyway, classifier=classifier, clinical=clinical
    )


def score_film(
    radiograph: Radiograph, model_id: str, *, score_anyway: bool = False, classifier: Classifier | None = None,
    clinical: Callable[[ClinicalInputs], ClinicalInputs] | None = None,
) -> Reading:
    """As `read_film`, of a film that was read already: several models score it, and it is read once.

    `clinical` is not asked for a model without clinical inputs.
    """
    spec = find_spec(model_id)
    gate = check_film(radiograph, spec.size)
    batch = prepare(radiograph, spec)
    refused = gate.status == "refused"
    tags = ClinicalInputs.from_tags(radiograph)
    told = (clinical(tags) if clinical else tags) if spec.clinical else None
    prediction = None
    if score_anyway or not refused:
        prediction = (classifier or _load(model_id)).knowing(told).predict_film(batch)
    return Reading(radiograph, gate, spec, prediction, refused and score_anyway, batch, told)


def rescore(reading: Reading, clinical: ClinicalInputs, classifier: Classifier) -> Reading:
    """The same film with other clinical inputs; a film that was not scored stays so."""
    if reading.prediction is None or clinical == reading.clinical:
        return replace(reading, clinical=clinical)
    return replace(reading, clinical=clinical, prediction=classifier.knowing(clinical).predict_film(reading.batch))


def first_finding(reading: Reading) -> str:
    """The most probable finding of a scored film; "No Finding" is none."""
    named = [score for score in reading.scores if score.finding != NO_FINDING]
    if not named:
        raise FilmRefused(_refusal(reading.gate))
    return max(named, key=lambda score: score.probability).finding


def refine_explanation(
    reading: Reading,
    findings: str | tuple[str, ...],
    *,
    classifier: Classifier | None = None,
    steps: int = STEPS,
    baseline: str = "black",
    of: str = "logit",
    kind: str = "positive",
    clip: float = 99.0,
    on_step: Callable[[int, int], None] | None = None,
    known: KnownPaths | None = None,
) -> Iterator[Explanation | tuple[Explanation, ...]]:
    """Explain findings by Integrated Gradients, a first map early and better ones after it.

    Parameters
    ----------
    reading : Reading
    findings : str or tuple of str
        One finding, or several that share their forward passes.
    classifier : Classifier, optional
    steps : int
        The most gradient evaluations a baseline gets.
    baseline : str
        "black", "white", "blurred", "mean", or "all" of them averaged.
    of : "logit" or "probability"
    kind : "positive", "absolute" or "signed"
    clip : float
        Percentile of the map that is drawn at full strength.
    on_step : callable, optional
        Called with (evaluations done, evaluations at most).
    known : KnownPaths, optional
        Gradients that were taken before, which are not taken again; new ones are added.

    Yields
    ------
    Explanation, or a tuple of them when `findings` is a tuple

    Raises
    ------
    UnknownFinding, FilmRefused, ExplanationError
    """
    names = (findings,) if isinstance(findings, str) else tuple(findings)
    scores = tuple(reading.score(name) for name in names)
    places = tuple(_place(reading.spec, name) for name in names)
    classifier = (classifier or _load(reading.spec.id)).knowing(reading.clinical)
    film = reading.batch[0]
    stages = refine(
        lambda batch: classifier.gradients(batch, places, of=of),
        film,
        make_baselines(film, ends(reading.spec), baseline),
        steps=steps,
        inner_batch=INNER_BATCH,
        on_step=on_step,
        outputs=lambda batch: classifier.outputs(batch, places, of=of),
        known=None if known is None else [
            path.nodes for path in known.find((classifier.identity, names, of), film, baseline)],
    )
    for attribution in stages:
        explained = tuple(
            Explanation(
                score.finding,
                attribution,
                make_heatmap(attribution.values[row], kind=kind, clip=clip),
                draw_boxes(reading, score, attribution.values[row], clip=clip),
                _receipt(attribution, row, reading, target=of, baseline=baseline, device=classifier.device),
            )
            for row, score in enumerate(scores)
        )
        yield explained[0] if isinstance(findings, str) else explained


def explain_film(
    reading: Reading, findings: str | tuple[str, ...], **options
) -> Explanation | tuple[Explanation, ...]:
    """The last and best of `refine_explanation`, with the same options."""
    explained = None
    for explained in refine_explanation(reading, findings, **options):
        pass
    assert explained is not None, "refine yields at least one attribution"
    return explained


def draw_reading(
    reading: Reading, explanation: Explanation | None = None, opacity: float = 0.55, drawn: Sequence[Box] = ()
) -> bytes:
    """The film in its own window with map and boxes as PNG, and under it what it is: model, finding, notice.

    `drawn` are the boxes of NIH's readers, in film pixels, dashed beside the model's.
    """
    heat, boxes = (explanation.heatmap, explanation.boxes) if explanation else (None, ())
    picture = draw_overlay(reading.radiograph.display(), heat, boxes, opacity, drawn)
    said = ""
    if reading.prediction is not None:
        said = f"{reading.spec.id}, sha256 {reading.prediction.digest[:8]}"
        if explanation:
            score = reading.score(explanation.finding)
            said += (f": {title_of(score.finding)} {score.percent}, {score.held_against}; "
                     f"Integrated Gradients, {explanation.receipt.steps} steps")
    told = reading.clinical if said else None
    return encode_png(add_caption(picture, caption(said, scored_anyway=reading.scored_anyway, clinical=told)))


def caption(said: str, *, scored_anyway: bool, clinical: ClinicalInputs | None) -> list[str]:
    """The lines under a picture that is kept: what it shows, between what must be known of it and the notice."""
    told = f"Told of the patient: {clinical.in_words()}" if clinical else ""
    return [line for line in (SCORED_ANYWAY if scored_anyway else "", said, told, NOTICE) if line]


def draw_boxes(reading: Reading, score: Score, values: np.ndarray, *, clip: float = 99.0) -> tuple[Box, ...]:
    """What speaks for the finding, whatever kind of map is drawn; nothing under an operating point that is known, and
    nothing for a class that the film is not called."""
    if score.call == "other" or (score.operating_point is not None and score.probability < score.operating_point):
        return ()
    frame = Frame(reading.radiograph.height, reading.radiograph.width, reading.spec.size)
    return tuple(find_boxes(make_heatmap(values, kind="positive", clip=clip), frame, score.finding))


def _receipt(
    attribution: Attribution, row: int, reading: Reading, *, target: str, baseline: str, device: str
) -> Receipt:
    made, held = attribution.receipt, tuple(GROUPS) if reading.spec.clinical else ()
    return Receipt(
        made.method, target, baseline, made.steps, (made.gap[row],), made.seconds, device, held, made.error[row:row + 1]
    )


def _load(model_id: str) -> Classifier:
    from cxr_core.models.classifier import load_classifier  # brings in TensorFlow: only when a score is asked for

    return load_classifier(model_id)


def _place(spec: ModelSpec, finding: str) -> int:
    if finding not in spec.findings:
        raise UnknownFinding(f"{spec.id} has no finding {finding!r}. Choose one of: {', '.join(spec.findings)}.")
    return spec.findings.index(finding)


def _refusal(gate: GateReport) -> str:
    reasons = " ".join(reason.text for reason in gate.reasons)
    return f"The film was refused and not scored: {reasons} Score it anyway if you are sure."
