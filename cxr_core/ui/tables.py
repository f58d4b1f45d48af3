"""What tables on the pages are made with."""

from __future__ import annotations

from cxr_core.models.card import Figure, Subset
from cxr_core.render.html_table import html_table, number, p_value, percent, span, three_digits
from cxr_core.words import counted

__all__ = ["counted", "html_table", "interval", "number", "p_value", "percent", "span", "three_digits"]


def interval(figure: Figure | Subset | None) -> str:
    """An AUC with its 95% interval, or a dash."""
    if figure is None:
        return "–"
    value = figure.auc if isinstance(figure, Figure) else figure.mean_auc
    return f"{number(value)}  ({span(figure.low, figure.high)})"
