"""Small tables of figures as HTML: calm, numbers aligned, cells escaped."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

import numpy as np


_PALE = ' class="pale"'


def html_table(heads: Sequence[str], rows: Sequence[Sequence[str]], pale: Sequence[bool | Sequence[bool]] = ()) -> str:
    """HTML of a table; the first column is text, the others are numbers. Cells are escaped; rows may be pale, or some
    of their cells."""
    head = "".join(f"<th>{escape(one)}</th>" for one in heads)
    faint = [*pale, *[False] * (len(rows) - len(pale))]
    body = "".join(
        f'<tr class="{"pale" if weak is True else ""}">' + "".join(
            f"<td{_PALE if not isinstance(weak, bool) and weak[place] else ''}>{escape(cell)}</td>"
            for place, cell in enumerate(row)
        ) + "</tr>"
        for row, weak in zip(rows, faint, strict=True)
    )
    return f'<table class="figures"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def number(value: float | None) -> str:
    """A share to three places, or a dash where there is none; what falls short of 1 is never written as 1."""
    if value is None or np.isnan(value):
        return "–"
    return ">0.999" if 0.9995 <= value < 1 else f"{value:.3f}"


def three_digits(value: float) -> str:
    """A threshold: three places at least, and three digits, as those of rare findings lie close to 0."""
    if not math.isfinite(value):
        return "none is called"
    places = 3 if value == 0 else min(max(2 - math.floor(math.log10(abs(value))), 3), 12)
    return f"{value:.{places}f}"


def p_value(value: float) -> str:
    """A p to three places, never as nothing at all."""
    return "–" if np.isnan(value) else "<0.001" if value < 0.0005 else f"{value:.3f}"


def percent(value: float) -> str:
    """A share in percent, or a dash."""
    return "–" if np.isnan(value) else f"{value:.1%}"


def span(low: float, high: float) -> str:
    """An interval, or a dash; its upper end may be rounded to 1, as that only widens it."""
    return "–" if np.isnan(low) else f"{number(low)}–{high:.3f}"
