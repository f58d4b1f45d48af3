"""Published figures as the cells of a table, each with its split, and what must be said beside them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cxr_core.evaluation.curves import Worth
from cxr_core.evaluation.published import PUBLISHED, Published
from cxr_core.findings import NIH14, title_of
from cxr_core.render.html_table import number
from cxr_core.render.trust_figures import MEAN, averaged, mean_auc

HEADS = ("", "split", "n", MEAN, "of findings", *map(title_of, NIH14))
LEGEND = (
    "Closed shapes: on NIH's official test list. Thin crosses, and pale rows: on other films, so not to be compared "
    "with those that are; a random split gives about .03 more. Means are over as many findings as stands beside them, "
    "ours without No Finding: one over fewer, or others, is another measure. What papers give is typed in from them, "
    "none was measured here."
)


def paper_cells(paper: Published) -> list[str]:
    """A paper as a row below `HEADS`: name, split, n, mean, of how many findings, and the AUC of each of NIH's 14."""
    year = f" {paper.year}" if paper.year else ""
    return [f"{paper.name}{year}", paper.split, paper.n, number(paper.mean), _of(paper.mean, paper.mean_of),
            *(number(paper.auc.get(key)) for key in NIH14)]


def own_cells(name: str, split: str, rows: Sequence[Worth]) -> tuple[list[str], list[bool]]:
    """A model of ours as such a row, and which of its cells make no claim."""
    known, mean = {one.finding: one for one in rows}, mean_auc(rows)
    cells = [name, split, f"{rows[0].n:,} films", number(mean), _of(mean, len(averaged(rows))),
             *(number(known[key].auc if key in known else None) for key in NIH14)]
    return cells, [False] * 5 + [key in known and not known[key].claims for key in NIH14]


def _of(mean: float, count: int) -> str:
    return str(count) if np.isfinite(mean) else "–"


def remarks() -> str:
    """What the papers' figures hang on, in a sentence each."""
    return " ".join(f"{paper.name}: {paper.remark}." for paper in PUBLISHED if paper.remark)
