"""What papers give of their systems beside AUC by finding, measured on films here: no comparison, but of the same kind.

Accuracy "over all cells" counts every film and finding as one call. Findings are rare, so a network that finds nothing
in any film has nearly the best such figure: it stands beside, or the figure would be taken for skill.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cxr_core.evaluation.published import Published
from cxr_core.evaluation.results import Results
from cxr_core.findings import title_of

_CALLED = 0.5  # of the network's own output, as Keras' binary accuracy has it


@dataclass(frozen=True)
class CellAccuracy:
    """Share of `cells`, films x findings, called rightly: by the network, and by one that finds nothing."""

    network: float
    nothing: float
    cells: int


def cell_accuracy(results: Results) -> CellAccuracy:
    """Of all films and outputs, No Finding among them where the network has it; NaN without a film.

    Cells whose label or score is unknown are left out.
    """
    labels, called = results.labels, results.raw >= _CALLED
    known = np.isfinite(labels) & np.isfinite(results.raw)
    if not known.any():
        return CellAccuracy(float("nan"), float("nan"), 0)
    right, ill = (called == (labels == 1))[known], (labels == 1)[known]
    return CellAccuracy(float(right.mean()), float(1 - ill.mean()), int(known.sum()))


def in_paper_terms(results: Results, paper: Published | None) -> list[str]:
    """A sentence for each further figure that the paper gives, ours on these films first; none where it gives none.

    Parameters
    ----------
    results : Results
        Of one set of films: its name and their number are said.
    """
    if paper is None or not len(results):
        return []
    films = f"{results.films['subset'].iloc[0]}, {len(results):,} films"
    return [line for line in (
        _accuracy(results, paper, films), _areas(results, paper, films), _predicted(results, paper, films),
    ) if line]


def _accuracy(results: Results, paper: Published, films: str) -> str:
    if not np.isfinite(paper.cell_accuracy):
        return ""
    ours = cell_accuracy(results)
    return (f"Accuracy over all {ours.cells:,} cells of films and findings at {_CALLED} ({films}): {ours.network:.1%}; "
            f"of a network that finds nothing in any film {ours.nothing:.1%}. Published, on {paper.accuracy_on}: "
            f"{paper.cell_accuracy:.1%}.")


def _areas(results: Results, paper: Published, films: str) -> str:
    """Both means over as many outputs as the paper's, where it does not say which it gives."""
    if not paper.micro_or_macro or len(results.findings) != paper.mean_of:
        return ""
    both = {0, 1} <= set(np.unique(results.labels)) and all(len(np.unique(column)) == 2 for column in results.labels.T)
    if not both:
        return ""
    from sklearn.metrics import roc_auc_score  # takes a second to import, and most pages never need it

    macro, micro = (roc_auc_score(results.labels, results.raw, average=how) for how in ("macro", "micro"))
    return (f"AUC over all {paper.mean_of} outputs ({films}): macro {macro:.3f}, micro {micro:.3f}. Published, on its "
            f"own films, and which of the two is not said: {paper.mean:.3f}.")


def _predicted(results: Results, paper: Published, films: str) -> str:
    if not paper.predicted:
        return ""
    told = ", ".join(
        f"{title_of(key)} {results.raw[:, results.column(key)].mean():.1%} ({share:.1%})"
        for key, share in paper.predicted.items() if key in results.findings
    )
    return f"Mean output by finding ({films}; in brackets as published, of its own films): {told}."
