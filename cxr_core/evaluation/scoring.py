"""Score the films of an index, a batch at a time, so that memory does not grow with their number."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cxr_core.datasets.index import Index
from cxr_core.datasets.report import UnreadFilm
from cxr_core.errors import FilmError, ScoreError
from cxr_core.evaluation.results import ABOUT, Results
from cxr_core.imaging.prepare import prepare
from cxr_core.imaging.read import load_bytes, read_radiograph
from cxr_core.models.spec import ModelSpec

if TYPE_CHECKING:
    from cxr_core.models.classifier import Classifier

BATCH = 32
_THREADS = 4


@dataclass(frozen=True)
class Scored:
    """One batch: what the model says of the films that could be read, and those that could not."""

    results: Results
    unread: tuple[UnreadFilm, ...]


def score_index(
    index: Index, classifier: Classifier, *, labelled: tuple[str, ...] | None = None, batch: int = BATCH
) -> Iterator[Scored]:
    """Score every film of `index`, in its order, from the same pixels as the page and one film at a time.

    The gate is not asked: a data set's films are chosen, and leaving some out would flatter the model. A film that
    cannot be read, or is given a score that is no number, is reported and left out; nothing else stops. A clinical
    model is told what the index knows of each film's patient: its `history` column, where there is one, is that of
    `cxr_core.datasets.history`.

    Parameters
    ----------
    index : Index
        `subset` of its table, where there is one, says which part a film is of; else `split` does.
    classifier : Classifier
    labelled : tuple of str, optional
        The findings that the index's labels speak of; for all others labels are NaN. All, by default.
    batch : int
        Films in one part.

    Yields
    ------
    Scored
        For `batch` films at a time; scores float32, 0 to 1.
    """
    with ThreadPoolExecutor(_THREADS) as pool:
        waiting: deque[tuple[int, list[Future]]] = deque()
        starts = iter(range(0, len(index), batch))

        def fetch() -> None:
            if (start := next(starts, None)) is not None:
                paths = index.table["path"].iloc[start : start + batch]
                waiting.append(
                    (start, [pool.submit(prepare_file, index.root / path, classifier.spec) for path in paths])
                )

        fetch()
        while waiting:
            fetch()  # the next batch is read while this one is scored, and no more than that
            start, films = waiting.popleft()
            yield _score(
                index.take(np.arange(start, start + len(films))), [one.result() for one in films], classifier, labelled
            )


def prepare_file(file: Path, spec: ModelSpec) -> np.ndarray | FilmError:
    """A film as the network of `spec` sees it, shape (1, size, size, channels), float32; or why it cannot."""
    try:
        return prepare(read_radiograph(load_bytes(file)), spec)
    except FilmError as problem:
        return problem


def _score(
    index: Index, films: list[np.ndarray | FilmError], classifier: Classifier, labelled: tuple[str, ...] | None
) -> Scored:
    scores = [_predict(index.take(np.array([place])), film, classifier) for place, film in enumerate(films)]
    scored = np.array([isinstance(said, np.ndarray) for said in scores])
    unread = tuple(UnreadFilm(index.table["path"].iloc[place], str(scores[place])) for place in np.flatnonzero(~scored))
    index = index.where(scored)
    findings = classifier.spec.findings
    raw = np.concatenate([np.empty((0, len(findings)), np.float32), *(
        said for said in scores if isinstance(said, np.ndarray)
    )])
    labels = index.targets(findings).astype(np.float64)
    if labelled is not None:
        labels[:, [finding not in labelled for finding in findings]] = np.nan
    probability = classifier.card.calibrate(raw).astype(np.float32)
    return Scored(
        Results(classifier.spec.id, findings, index.label_version, about(index), labels, raw, probability), unread
    )


def _predict(
    row: Index, film: np.ndarray | FilmError, classifier: Classifier
) -> np.ndarray | FilmError | ScoreError:
    """One film's scores, shape (1, findings), or why there are none; a model scores one film at a time anyhow."""
    if isinstance(film, FilmError):
        return film
    try:
        return classifier.predict(film, row)
    except ScoreError as problem:
        return problem


def about(index: Index) -> pd.DataFrame:
    """Who the films of an index are, in the columns of stored results."""
    table = index.table
    known = {name: table[name] for name in ABOUT if name in table}
    known.setdefault("subset", table["split"])
    return pd.DataFrame(
        {name: known.get(name, np.nan if name in ("age", "source_width") else "") for name in ABOUT}, index=table.index
    )
