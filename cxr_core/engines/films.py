"""Film files into rows: status, reason, scores."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cxr_core.datasets.tfrecords import TABLE, is_tfrecords
from cxr_core.errors import EngineError, FilmError, ScoreError
from cxr_core.imaging.read import load_bytes
from cxr_core.imaging.records import ENDING, record_starts
from cxr_core.models.clinical import ClinicalInputs
from cxr_core.models.prediction import Score
from cxr_core.reading import read_film

if TYPE_CHECKING:
    from cxr_core.models.classifier import Classifier

Told = Callable[[ClinicalInputs], ClinicalInputs]


@dataclass(frozen=True)
class Row:
    """What became of one file: `status` is accepted, warned, refused or error. It holds no pixels."""

    file: str
    status: str
    reason: str
    scores: tuple[Score, ...] = ()
    scored_anyway: bool = False
    clinical: ClinicalInputs | None = None


def films_in(files: Iterable[str]) -> Iterator[str]:
    """Each file, or the films in it if it is a TFRecord file: `000-438.tfrec@17042`, the byte where a record begins.

    A file of no whole record, or that cannot be opened, is given as it is, to become an error row; the table beside
    shards is no film.
    """
    for file in files:
        if Path(file).name == TABLE and is_tfrecords(Path(file).parent):
            continue
        yield from (_films_of(file) if file.endswith(ENDING) else ()) or [file]


def _films_of(shard: str) -> list[str]:
    try:
        return [f"{shard}@{start}" for start, _ in record_starts(Path(shard))]
    except OSError:  # whoever reads it says why
        return []


@dataclass(frozen=True)
class ReadFilms:
    """Read and score films, named as from `folder`, by the model whose weights have `digest`.

    A film within a TFRecord file (`films_in`) is read by whoever scores it: a worker opens the shard itself.
    """

    model_id: str
    digest: str
    folder: Path
    score_anyway: bool = False
    told: Told | None = None

    def open(self) -> Callable[[Sequence[str]], tuple[Row, ...]]:
        classifier = load_same(self.model_id, self.digest)
        return lambda files: tuple(
            read_one(file, self.folder / file, classifier, score_anyway=self.score_anyway, told=self.told)
            for file in files
        )


def load_same(model_id: str, digest: str) -> Classifier:
    """The model of that id, if its weights here are the ones that were meant.

    Raises
    ------
    EngineError
        When a worker's machine holds other weights of that name.
    ModelError
    """
    from cxr_core.models.classifier import load_classifier

    classifier = load_classifier(model_id)
    if classifier.card.weights.sha256 != digest:
        raise EngineError(
            f"A worker's weights of {model_id} have sha256 {classifier.card.weights.sha256[:12]}, not {digest[:12]}. "
            "Give all machines the same folder of weights (CXR_WEIGHTS)."
        )
    return classifier


def read_one(
    name: str, file: Path, classifier: Classifier, *, score_anyway: bool = False, told: Told | None = None
) -> Row:
    """Read one film into its row; one that cannot be read, or is given no number, becomes an error row."""
    try:
        reading = read_film(
            load_bytes(file), classifier.spec.id, score_anyway=score_anyway, classifier=classifier, clinical=told
        )
    except (FilmError, ScoreError) as problem:
        return Row(name, "error", str(problem))
    reasons = [reason.text for reason in reading.gate.reasons]
    if reading.scored_anyway:
        reasons.insert(0, "Refused, scored anyway.")
    return Row(
        name, reading.gate.status, " ".join(reasons), reading.scores, reading.scored_anyway, reading.clinical
    )
