"""`predict`: a row per film, a probability per finding."""

from __future__ import annotations

import csv
import io
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cxr_core.cli import clinical
from cxr_core.cli.choice import choose_model
from cxr_core.cli.output import print_json, progress_bar, write_whole
from cxr_core.errors import FilmError
from cxr_core.imaging.read import MAX_BYTES
from cxr_core.models.clinical import GROUPS, refuse_unless_clinical
from cxr_core.models.registry import find_spec
from cxr_core.models.spec import ModelSpec
from cxr_core.reading import Reading, read_film

if TYPE_CHECKING:
    from cxr_core.models.card import Card
    from cxr_core.models.classifier import Classifier


@dataclass(frozen=True)
class Row:
    """What became of one file: `status` is accepted, warned, refused or error."""

    file: str
    status: str
    reason: str
    reading: Reading | None = None


def predict(
    films: Annotated[list[Path], typer.Argument(help="Films, or folders of films (searched to the bottom).")],
    model: Annotated[str | None, typer.Option(help="Model id; the first that has weights by default.")] = None,
    csv_file: Annotated[Path | None, typer.Option("--csv", help="Write the rows to this file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the rows as JSON, with operating points.")] = False,
    score_anyway: Annotated[bool, typer.Option(help="Score films that the gate refused, too.")] = False,
    age: clinical.Age = None,
    sex: clinical.Sex = None,
    view: clinical.View = None,
    history: clinical.History = None,
) -> None:
    """Score films: file, status, reason, model, then a probability per finding. Exit 1 if a file was an error."""
    from cxr_core.models.classifier import load_classifier

    spec, told = find_spec(choose_model(model)), clinical.told(age, sex, view, history)
    if told:
        refuse_unless_clinical(spec)
    classifier = load_classifier(spec.id)
    for line in audit_of(classifier.card).values():
        print(line, file=sys.stderr)
    rows = list(read_all(list(find_films(films)), classifier, score_anyway=score_anyway, told=told))
    table = to_csv(rows, spec)
    if csv_file is not None:
        write_whole(csv_file, table.encode())
    if as_json:
        print_json([to_object(row, spec.id, spec.findings, classifier) for row in rows])
    elif csv_file is None:
        print(table, end="")
    if any(row.status == "error" for row in rows):
        raise typer.Exit(1)


def find_films(paths: Iterable[Path]) -> Iterator[Path]:
    """The files named, and every file below the folders named but hidden ones, in order of name."""
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        for folder, subfolders, names in os.walk(path):
            subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
            found = (Path(folder, name) for name in sorted(names) if not name.startswith("."))
            yield from (file for file in found if file.is_file())


def read_all(
    files: list[Path], classifier: Classifier, *, score_anyway: bool, told: clinical.Told | None = None
) -> Iterator[Row]:
    """Read films one by one, with a progress bar; a film that cannot be read becomes an error row."""
    with progress_bar() as progress:
        for file in progress.track(files, description="Reading films"):
            yield read_one(file, classifier, score_anyway=score_anyway, told=told)


def read_one(file: Path, classifier: Classifier, *, score_anyway: bool, told: clinical.Told | None = None) -> Row:
    """Read one film into its row."""
    try:
        data = load_bytes(file)
        reading = read_film(
            data, classifier.spec.id, score_anyway=score_anyway, classifier=classifier, clinical=told
        )
    except FilmError as problem:
        return Row(str(file), "error", str(problem))
    reasons = [reason.text for reason in reading.gate.reasons]
    if reading.scored_anyway:
        reasons.insert(0, "Refused, scored anyway.")
    return Row(str(file), reading.gate.status, " ".join(reasons), reading)


def load_bytes(file: Path) -> bytes:
    """The bytes of a file, no more than a film may have and one (so that a huge file is refused, not loaded)."""
    try:
        with file.open("rb") as handle:
            return handle.read(MAX_BYTES + 1)
    except OSError as problem:
        raise FilmError(f"The file could not be opened: {problem.strerror}. Check its name and rights.") from None


def audit_of(card: Card) -> dict[str, str]:
    """The shortcut audit in a line, of a model with exclusive classes; others have none."""
    return {"audit": card.classes.audit.in_words} if card.classes else {}


def to_csv(rows: Iterable[Row], spec: ModelSpec) -> str:
    """The rows as CSV text, the probabilities in full precision, empty where a film was not scored.

    Of a clinical model also what it was told, empty where that was unknown.
    """
    findings, told = spec.findings, tuple(GROUPS) if spec.clinical else ()
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["file", "status", "reason", "model", *findings, *told])
    for row in rows:
        scores = row.reading.scores if row.reading else ()
        writer.writerow(
            [row.file, row.status, row.reason, spec.id, *([s.probability for s in scores] or [""] * len(findings)),
             *(row.reading.clinical.cells() if row.reading and row.reading.clinical else [""] * len(told))]
        )
    return text.getvalue()


def to_object(row: Row, model_id: str, findings: tuple[str, ...], classifier: Classifier) -> dict[str, Any]:
    """The row as a JSON object: the columns of the CSV, then what they are held against."""
    scores = row.reading.scores if row.reading else ()
    probabilities = {score.finding: score.probability for score in scores} or dict.fromkeys(findings)
    return {
        "file": row.file, "status": row.status, "reason": row.reason, "model": model_id, **probabilities,
        "scored_anyway": bool(row.reading and row.reading.scored_anyway),
        "digest": classifier.card.weights.sha256,
        "operating_points": {score.finding: score.operating_point for score in scores},
        "unsure": {score.finding: score.unsure and list(score.unsure) for score in scores},
        "calls": {score.finding: score.call for score in scores},
        **({"clinical": row.reading.clinical.to_object()} if row.reading and row.reading.clinical else {}),
        **audit_of(classifier.card),
    }
