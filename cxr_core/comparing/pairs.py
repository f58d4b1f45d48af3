"""Do the cells of a comparison look at the same place? Every pair of them, and all together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from cxr_core.comparing.cells import CellMap
from cxr_core.explain.agreement import Agreement, agree, consensus, sentence

MEASURES: dict[str, str] = {
    "top": "Brightest tenth shared", "spearman": "Rank correlation", "distance": "Centres apart", "boxes": "Boxes, IoU",
}


@dataclass(frozen=True)
class Pairs:
    """How each of n maps agrees with those before it: `rows[i][j]` of maps i and j for j under i; and in words."""

    rows: tuple[tuple[Agreement, ...], ...]
    verdict: str


def compare_pairs(
    cells: Sequence[CellMap], agreed: Callable[[CellMap, CellMap], Agreement] | None = None
) -> Pairs:
    """Compare every two maps; `agreed` compares two, and may remember what it found."""
    compare = agreed or agree_cells
    rows = tuple(tuple(compare(one, other) for other in cells[:place]) for place, one in enumerate(cells))
    return Pairs(rows, sentence([one for row in rows for one in row]))


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
