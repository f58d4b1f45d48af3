"""The findings of a film as a table: each score beside what it is worth; a row chosen shows its map."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from html import escape
from pathlib import Path

import streamlit as st

from cxr_core.findings import title_of
from cxr_core.models.card import Card, Figure
from cxr_core.models.prediction import Prediction, Score

_FOLDER = Path(__file__).parent
_COLOURS = {"present": "#ff6b6b", "unsure": "#ffb454", "absent": "#4b5d73"}
_FEWEST = 10


def findings_panel(
    prediction: Prediction, card: Card, chosen: str | None, *, key: str, on_choose: Callable[[str], None]
) -> None:
    """Show the findings; `on_choose` gets the finding whose row was clicked."""
    mount = st.components.v2.component(
        "findings_panel", html='<div class="panel"></div>', css=_source("panel.css"), js=_source("panel.js")
    )
    mount(
        key=key, data={"table": findings_table(prediction, card, chosen)},
        on_chosen_change=lambda: on_choose(st.session_state[key]["chosen"]),
    )


@cache
def _source(name: str) -> str:
    return (_FOLDER / name).read_text("utf-8")


def findings_table(prediction: Prediction, card: Card, chosen: str | None) -> str:
    """HTML of the findings, most probable first; test figures of few positives or at chance are pale."""
    scores = sorted(prediction.scores, key=lambda score: -score.probability)
    rows = "".join(_row(score, card.finding(score.finding).figures.get("test"), score.finding == chosen)
                   for score in scores)
    return (
        '<table class="findings" aria-label="Findings"><thead><tr><th>Finding</th><th colspan="3">Probability │ operating '
        f"point</th><th>How far to trust: test<br>AUC, 95%, positives</th></tr></thead><tbody>{rows}</tbody></table>"
    )


def _row(score: Score, figure: Figure | None, chosen: bool) -> str:
    low, high = score.unsure
    bar = (
        f'<div class="bar" role="img" aria-label="{score.probability:.0%}, operating point {score.operating_point:.0%}">'
        f'<i style="width:{score.probability:.1%};background:{_COLOURS[score.call]}"></i>'
        f'<u style="left:{low:.1%};width:{max(high - low, 0):.1%}"></u>'
        f'<b style="left:{score.operating_point:.1%}"></b></div>'
    )
    call = {"present": "present", "unsure": "not sure", "absent": ""}[score.call]
    return (
        f'<tr class="{"chosen" if chosen else ""}" data-finding="{escape(score.finding)}" tabindex="0" role="button" '
        f'aria-pressed="{str(chosen).lower()}" title="Show the map of {escape(title_of(score.finding))}">'
        f'<td>{escape(title_of(score.finding))}</td><td class="bar-cell">{bar}</td>'
        f'<td class="number">{score.probability:.0%}</td><td style="color:{_COLOURS[score.call]}">{call}</td>'
        f"<td>{_worth(figure)}</td></tr>"
    )


def _worth(figure: Figure | None) -> str:
    if figure is None:
        return '<span class="weak">not measured</span>'
    weak = figure.low <= 0.5 or figure.positives < _FEWEST
    text = f"{_two(figure.auc)} <span class='weak'>{_two(figure.low)}–{_two(figure.high)} · {figure.positives}+</span>"
    return f'<span class="weak">{text}</span>' if weak else text


def _two(value: float) -> str:
    return f"{value:.2f}".lstrip("0")
