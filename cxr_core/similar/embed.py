"""Make the vectors of a data set's films: in parts that are kept, so that what was stopped is gone on with."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cxr_core.datasets.index import Index
from cxr_core.datasets.report import UnreadFilm
from cxr_core.errors import CxrError, DataError
from cxr_core.imaging.prepare import prepare
from cxr_core.imaging.read import read_radiograph
from cxr_core.models.spec import ModelSpec
from cxr_core.similar.tensors import Origin, digest_pictures, in_own_order, read_tensors, write_tensors
from cxr_core.similar.vectors import FILE, WIDTH, to_unit

if TYPE_CHECKING:
    from cxr_core.models.classifier import Classifier

PART = 256  # films in a part: what is done again after a stop
_BATCH = 32
_THREADS = 4
_LEARNT_FROM = 16_384  # films that principal components are taken from
_MOST = 6e4  # float16 ends at 65,504


@dataclass(frozen=True)
class Embedded:
    """What was made: the file, how many films have a vector, those that cannot be read, and films that were there."""

    file: Path
    films: int
    unread: tuple[UnreadFilm, ...]
    there_before: int = 0


def embed_films(
    index: Index, load: Callable[[int], bytes], classifier: Classifier,
    on_step: Callable[[int, int], None] | None = None, *, anew: bool = False,
) -> Embedded:
    """Put every film of an index through a network and store their vectors, keyed by weights and films.

    Parameters
    ----------
    index : Index
    load : callable
        Gives the bytes of the film at a place; it may raise CxrError, and the film is left out then.
    classifier : Classifier
    on_step : callable, optional
        Told films done and films in all. What it raises stops the work: whole parts stay, and are gone on from.
    anew : bool
        Throw away what is there of these weights and films.

    Raises
    ------
    ExplanationError
        When the model has no feature maps of its own: an ensemble.
    DataError
        When no film can be read.
    ExportError
        When the disk is full, or writing is not allowed.
    """
    spec = classifier.spec
    origin = Origin(spec.id, classifier.card.weights.sha256, index.digest(), digest_pictures(index, load))
    order, parts = in_own_order(index), origin.folder / "parts"
    if anew:
        shutil.rmtree(origin.folder, ignore_errors=True)
    files, before = [], 0
    for start in range(0, len(order), PART):
        file, rows = parts / f"{start:07d}.safetensors", np.arange(start, min(start + PART, len(order)))
        if _is_whole(file, origin, rows):
            before += len(rows)
        else:
            _make_part(file, origin, rows, order, load, classifier, on_step, len(order))
        files.append(file)
        if on_step:
            on_step(int(rows[-1]) + 1, len(order))
    unread = tuple(
        UnreadFilm(str(index.table["path"].iloc[order[int(row)]]), reason)
        for file in files for row, reason in json.loads(read_tensors(file, origin)[1]["unread"]).items()
    )
    films = _join(files, origin)
    if not films:
        raise DataError(f"None of the {len(order):,} films can be read{f': {unread[0].reason}' if unread else '.'}")
    shutil.rmtree(parts, ignore_errors=True)
    return Embedded(origin.folder / FILE, films, unread, before)


def _make_part(
    file: Path, origin: Origin, rows: np.ndarray, order: np.ndarray, load: Callable[[int], bytes],
    classifier: Classifier, on_step: Callable[[int, int], None] | None, most: int,
) -> None:
    """Features of the films of some rows, float16, and why others have none."""
    features, known, unread = [], [], {}
    for some, films in _read_ahead(load, rows, order, classifier.spec):
        read = [film for film in films if isinstance(film, np.ndarray)]
        if read:
            features.append(classifier.embed(np.concatenate(read)))
        for row, film in zip(some.tolist(), films, strict=True):
            if isinstance(film, np.ndarray):
                known.append(row)
            else:
                unread[row] = str(film)
        if on_step:
            on_step(int(some[-1]) + 1, most)
    told = np.concatenate(features) if features else np.empty((0, 0), np.float32)
    write_tensors(file, {
        "features": np.clip(told, -_MOST, _MOST).astype(np.float16), "rows": np.array(known, np.int32),
    }, origin, unread=json.dumps(unread))


def _read_ahead(
    load: Callable[[int], bytes], rows: np.ndarray, order: np.ndarray, spec: ModelSpec
) -> Iterator[tuple[np.ndarray, Sequence[np.ndarray | CxrError]]]:
    """Films as the network sees them, a batch at a time; the next is read while this one is worked on."""
    batches = [rows[start:start + _BATCH] for start in range(0, len(rows), _BATCH)]
    with ThreadPoolExecutor(_THREADS) as pool:
        asked = []
        for number, batch in enumerate(batches):
            for some in batches[len(asked):number + 2]:
                asked.append([pool.submit(_prepare, load, int(order[row]), spec) for row in some])
            yield batch, [one.result() for one in asked[number]]
            asked[number] = []


def _prepare(load: Callable[[int], bytes], place: int, spec: ModelSpec) -> np.ndarray | CxrError:
    """A film as the network of `spec` sees it, (1, size, size, channels); or why it cannot."""
    try:
        return prepare(read_radiograph(load(place)), spec)
    except CxrError as problem:
        return problem


def _is_whole(file: Path, origin: Origin, rows: np.ndarray) -> bool:
    """Whether a part is there, of these weights and films, and holds all of its rows."""
    if not file.is_file():
        return False
    try:
        held, about = read_tensors(file, origin)
        told = {*held["rows"].tolist(), *map(int, json.loads(about["unread"]))}
    except (DataError, KeyError, ValueError):
        return False
    return told == set(rows.tolist()) and len(held["features"]) == len(held["rows"])


def _join(files: Sequence[Path], origin: Origin) -> int:
    """The parts as one index; how many films it has. Features are read part by part: memory holds the vectors alone."""
    def parts() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for file in files:
            held = read_tensors(file, origin)[0]
            if len(held["rows"]):
                yield held["rows"], held["features"].astype(np.float32)

    total, films = np.zeros(1), 0
    for rows, features in parts():
        total, films = total + features.sum(axis=0, dtype=np.float64), films + len(rows)
    if not films:
        return 0
    mean = (total / films).astype(np.float32)
    ways = _principal((features for _, features in parts()), mean, films) if len(mean) > WIDTH else None
    made = [(rows, to_unit(features, mean, ways).astype(np.float16)) for rows, features in parts()]
    tensors = {"rows": np.concatenate([rows for rows, _ in made]), "mean": mean,
               "vectors": np.concatenate([vectors for _, vectors in made])}
    write_tensors(origin.folder / FILE, tensors if ways is None else tensors | {"ways": ways}, origin)
    return films


def _principal(parts: Iterator[np.ndarray], mean: np.ndarray, films: int) -> np.ndarray:
    """The directions in which features differ most, (features, WIDTH), float32: from every k-th film."""
    step, spread, seen = -(-films // _LEARNT_FROM), np.zeros((len(mean), len(mean))), 0
    for features in parts:
        told = features[-seen % step::step] - mean
        spread += told.T @ told
        seen += len(features)
    return np.linalg.eigh(spread)[1][:, :-WIDTH - 1:-1].astype(np.float32)
