"""Published figures as the cells of a table, each with its split, and what must be said beside them."""

from __future__ import annotations

from cxr_core.evaluation.published import PUBLISHED, Published
from cxr_core.findings import NIH14
from cxr_core.render.html_table import number

LEGEND = (
    "Closed shapes: on NIH's official test list. Thin crosses, and pale rows: on other films, so not to be compared "
    "with those that are; a random split gives about .03 more. Means leave out No Finding. What papers give is typed in "
    "from them, none was measured here."
)


def paper_cells(paper: Published) -> list[str]:
    """A paper as a row: its name, split, n, mean, and the AUC of each of NIH's 14 findings."""
    year = f" {paper.year}" if paper.year else ""
    return [f"{paper.name}{year}", paper.split, paper.n, number(paper.mean),
            *(number(paper.auc.get(key)) for key in NIH14)]


def remarks() -> str:
    """What the papers' figures hang on, in a sentence each."""
    return " ".join(f"{paper.name}: {paper.remark}." for paper in PUBLISHED if paper.remark)
