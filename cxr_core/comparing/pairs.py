"""Do the cells of a comparison look at the same place? Every pair of them, and all together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from cxr_core.comparing.cells import CellMap
from cxr_core.explain.agreement import Agreement, agree, consensus, sentence
from cxr_core.models.registry import find_spec

MEASURES: dict[str, str] = {
    "top": "Brightest tenth shared", "spearman": "Rank correlation", "distance": "Centres apart", "boxes": "Boxes, IoU",
}


@dataclass(frozen=True)
class Pairs:
    """How each of n maps agrees with those before it: `rows[i][j]` of maps i and j for j under i; and in words.

    `verdicts` has one for each method by which two models are explained: whether models look at the same place is told
    by maps that are made alike.
    """

    rows: tuple[tuple[Agreement, ...], ...]
    verdicts: tuple[Verdict, ...]


@dataclass(frozen=True)
class Verdict:
    """Whether models, explained by one method, look at the same place, in words."""

    method: str
    text: str


def compare_pairs(
    cells: Sequence[CellMap], agreed: Callable[[CellMap, CellMap], Agreement] | None = None
) -> Pairs:
    """Compare every two maps; `agreed` compares two, and may remember what it found."""
    compare = agreed or agree_cells
    rows = tuple(tuple(compare(one, other) for other in cells[:place]) for place, one in enumerate(cells))
    told: dict[str, list[Agreement]] = {}
    for place, row in enumerate(rows):
        for other, found in enumerate(row):
            if _is_evidence(cells[place], cells[other]):
                told.setdefault(cells[place].method, []).append(found)
    return Pairs(rows, tuple(Verdict(method, sentence(found)) for method, found in told.items()))


def _is_evidence(one: CellMap, other: CellMap) -> bool:
    """Whether two maps tell if models agree: they are made alike, of two models that have no network in common."""
    return one.method == other.method and not _networks(one.model_id) & _networks(other.model_id)


def contains(model_id: str, other: str) -> bool:
    """Whether a model is an ensemble of which the other is a member, or is the other told of the patient."""
    return _networks(other) < _networks(model_id)


def _networks(model_id: str) -> frozenset[str]:
    spec = find_spec(model_id)
    told = {"clinical inputs"} if spec.members and spec.clinical else set()
    return frozenset(told.union(spec.members or (model_id,)))


def without_ensembles(cells: Sequence[CellMap]) -> list[CellMap]:
    """The maps but for those of an ensemble that contains another model here, which would count twice."""
    here = {cell.model_id for cell in cells}
    return [cell for cell in cells if not any(contains(cell.model_id, other) for other in here)]


def agree_cells(one: CellMap, other: CellMap) -> Agreement:
    """Two cells of one film."""
    return agree(one.heatmap, other.heatmap, one.boxes, other.boxes)


def consensus_map(cells: Sequence[CellMap]) -> np.ndarray:
    """What all maps rank high: shape (64, 64), float32, 0 where a place is no higher than the middle, 1 where it is the
    highest of all of them. Maps that are flat say nothing and are left out."""
    told = [cell.heatmap for cell in cells if np.ptp(cell.heatmap) > 0]
    if not told:
        return np.zeros((64, 64), np.float32)
    return np.clip(consensus(told) * 2 - 1, 0, 1).astype(np.float32)
