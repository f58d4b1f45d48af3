"""An index into stored results, part by part."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from cxr_core.datasets.index import Index
from cxr_core.engines.films import load_same
from cxr_core.engines.job import FILMS_IN_A_PART
from cxr_core.evaluation.scoring import Scored, score_index


@dataclass(frozen=True)
class ScoreIndex:
    """Score the films of an index by the model whose weights have `digest`; `labelled` as in `score_index`."""

    model_id: str
    digest: str
    labelled: tuple[str, ...] | None = None

    def open(self) -> Callable[[Index], Scored]:
        classifier = load_same(self.model_id, self.digest)
        return lambda part: next(score_index(part, classifier, labelled=self.labelled, batch=len(part)))


def parts_of(index: Index) -> Iterator[Index]:
    """The index in parts that know where their films lie, whatever folder a worker stands in."""
    whole = replace(index, root=index.root.resolve())
    for start in range(0, len(index), FILMS_IN_A_PART):
        yield whole.take(np.arange(start, min(start + FILMS_IN_A_PART, len(index))))
