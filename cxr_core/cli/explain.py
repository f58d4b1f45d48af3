"""`explain`: one finding's map and boxes, with the receipt."""

from __future__ import annotations

import dataclasses
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from cxr_core.cli import clinical
from cxr_core.cli.choice import Points, PointsOption, choose_model, own_points
from cxr_core.cli.output import print_json, progress_bar, write_whole
from cxr_core.cli.rows import audit_of, own_points_of
from cxr_core.findings import title_of
from cxr_core.imaging.read import load_bytes
from cxr_core.models.clinical import refuse_unless_clinical
from cxr_core.models.registry import find_spec
from cxr_core.reading import STEPS, Explanation, Reading, draw_reading, explain_film, first_finding, read_film


class Baseline(StrEnum):
    """The film that stands for "nothing there"."""

    black = "black"
    white = "white"
    blurred = "blurred"
    mean = "mean"
    all = "all"


class Target(StrEnum):
    """What is explained."""

    logit = "logit"
    probability = "probability"


def explain(
    film: Annotated[Path, typer.Argument(help="A film: PNG, JPEG or DICOM.")],
    model: Annotated[str | None, typer.Option(help="Model id; the first that has weights by default.")] = None,
    finding: Annotated[
        str | None, typer.Option(help="A finding in NIH's spelling; the likeliest by default, as on the page.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write the film with map and boxes to this PNG.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    steps: Annotated[int, typer.Option(min=1, help="The most gradient evaluations.")] = STEPS,
    baseline: Annotated[Baseline, typer.Option(help="The film that stands for nothing.")] = Baseline.black,
    of: Annotated[Target, typer.Option(help="What is explained.")] = Target.logit,
    opacity: Annotated[float, typer.Option(min=0, max=1, help="Of the map on the PNG.")] = 0.55,
    score_anyway: Annotated[bool, typer.Option(help="Score and explain a film that the gate refused.")] = False,
    age: clinical.Age = None,
    sex: clinical.Sex = None,
    view: clinical.View = None,
    history: clinical.History = None,
    operating_points: PointsOption = Points.card,
) -> None:
    """Explain one finding of one film by Integrated Gradients: heat map, boxes in film pixels, receipt."""
    from cxr_core.models.classifier import load_classifier

    model_id, told = choose_model(model), clinical.told(age, sex, view, history)
    if told:
        refuse_unless_clinical(find_spec(model_id))
    classifier = load_classifier(model_id)
    reading = read_film(
        load_bytes(film), model_id, score_anyway=score_anyway, classifier=classifier, clinical=told
    )
    if reading.prediction is not None:
        points = own_points(operating_points, classifier.card)
        reading = dataclasses.replace(reading, prediction=reading.prediction.held_to(points))
    name = finding or first_finding(reading)
    with progress_bar() as progress:
        task = progress.add_task("Explaining", total=steps)
        explanation = explain_film(
            reading, name, classifier=classifier, steps=steps, baseline=baseline.value,
            of=of.value, on_step=lambda done, most: progress.update(task, completed=done, total=most),
        )
    if out is not None:
        write_whole(out, draw_reading(reading, explanation, opacity))
    audit = audit_of(classifier.spec, classifier.card)
    if as_json:
        print_json(to_object(film, reading, explanation) | audit)
    else:
        print("\n".join([in_words(reading, explanation), *audit.values()]))


def to_object(film: Path, reading: Reading, explanation: Explanation) -> dict[str, Any]:
    """The explanation as a JSON object; boxes are in film pixels."""
    score = reading.score(explanation.finding)
    return {
        "file": str(film),
        "model": reading.spec.id,
        "status": reading.gate.status,
        "scored_anyway": reading.scored_anyway,
        "finding": explanation.finding,
        "probability": score.probability,
        "operating_point": score.operating_point,
        **own_points_of([score]),
        "call": score.call,
        "boxes": [
            {"x": box.x, "y": box.y, "w": box.w, "h": box.h, "share": box.share} for box in explanation.boxes
        ],
        "receipt": dataclasses.asdict(explanation.receipt) | {"gap": explanation.receipt.gap[0]},
        **({"clinical": reading.clinical.to_object()} if reading.clinical else {}),
    }


def in_words(reading: Reading, explanation: Explanation) -> str:
    """The explanation in a few lines for a reader at a terminal."""
    score, receipt = reading.score(explanation.finding), explanation.receipt
    point = score.held_against if score.operating_point is None else f"operating point {score.operating_point:.3f}"
    point += f" ({score.own.in_words})" if score.own else ""
    lines = [
        f"{title_of(score.finding)}: {score.probability:.3f}, {score.call}, {point}",
        *(
            f"box at {box.x:.0f}, {box.y:.0f}, {box.w:.0f} x {box.h:.0f} px, {box.share or 0:.0%} of the attribution"
            for box in explanation.boxes
        ),
        f"{receipt.method}, {receipt.baseline} baseline, {receipt.steps} steps, gap {receipt.gap[0]:.2%}, "
        f"{receipt.seconds:.1f} s on {receipt.device}",
    ]
    if receipt.held:
        lines[-1] += f"; {', '.join(receipt.held)} held fixed"
        lines.append(reading.clinical.in_words())
    if reading.scored_anyway:
        lines.insert(0, "The gate refused this film; it was scored anyway.")
    return "\n".join(lines)
