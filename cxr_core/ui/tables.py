"""Small tables of figures: calm, numbers aligned, nothing to scroll."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from cxr_core.models.card import Figure, Subset


def html_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """HTML of a table; the first column is text, the others are numbers. Cells are escaped."""
    head = "".join(f"<th>{escape(one)}</th>" for one in heads)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<table class="figures"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def interval(figure: Figure | Subset | None) -> str:
    """An AUC with its 95% interval, or a dash."""
    if figure is None:
        return "–"
    value = figure.auc if isinstance(figure, Figure) else figure.mean_auc
    return f"{value:.3f}  ({figure.low:.3f}–{figure.high:.3f})"
