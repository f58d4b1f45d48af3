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
OFFICIAL = {  # sets of films that are of NIH's official test list, and how much of it they are
    **dict.fromkeys(("test", "test natural", "test picked"), "part of the official test list"),
    "official": "official test list",
}
OTHERS = {
    "test_wide": "other patients, not the official list",
    "leaky test": "drawn by image, patients in both, not the official list",
}
LEGEND = (
    "Filled: measured here, on the films named under the figure. Hollow: published, closed shapes on NIH's official "
    "test list, thin crosses on other films. Pale rows are of other films than that list, ours or theirs, so not to be "
    "compared with those that are; a random split gives about .03 more. Means are over as many findings as stands "
    "beside them, ours without No Finding: one over fewer, or others, is another measure. What papers give is typed "
    "in from them, none was measured here."
)


def paper_cells(paper: Published) -> list[str]:
    """A paper as a row below `HEADS`: name, split, n, mean, of how many findings, and the AUC of each of NIH's 14."""
    year = f" {paper.year}" if paper.year else ""
    return [f"{paper.name}{year}", paper.split, paper.n, number(paper.mean), _of(paper.mean, paper.mean_of),
            *(number(paper.auc.get(key)) for key in NIH14)]


def own_cells(name: str, films: str, rows: Sequence[Worth]) -> tuple[list[str], list[bool]]:
    """A model of ours as such a row, and which of its cells are pale: those that make no claim, and all where the films
    are none of the official list."""
    known, mean = {one.finding: one for one in rows}, mean_auc(rows)
    cells = [name, split_of(films), f"{rows[0].n:,} films", number(mean), _of(mean, len(averaged(rows))),
             *(number(known[key].auc if key in known else None) for key in NIH14)]
    if films not in OFFICIAL:
        return cells, [True] * len(cells)
    return cells, [False] * 5 + [key in known and not known[key].claims for key in NIH14]


def split_of(films: str) -> str:
    """What films a set of ours holds, as the papers' splits are said."""
    if films in OFFICIAL:
        return OFFICIAL[films]
    return f"{films}: {OTHERS[films]}" if films in OTHERS else films


def remark_on(films: str) -> str:
    """What stands behind a name of ours in a figure, which leaves without the table; empty on the official list."""
    return "" if films in OFFICIAL else "not the official list"


def _of(mean: float, count: int) -> str:
    return str(count) if np.isfinite(mean) else "–"


def remarks() -> str:
    """What the papers' figures hang on, in a sentence each."""
    return " ".join(f"{paper.name}: {paper.remark}." for paper in PUBLISHED if paper.remark)
