"""The findings of a film as a table: each score beside what it is worth; a row chosen shows its map."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from html import escape
from pathlib import Path

import streamlit as st

from cxr_core.findings import title_of
from cxr_core.models.card import Card, Figure
from cxr_core.models.clinical import FIRST_FILMS, HISTORY_UNKNOWN, TEST
from cxr_core.models.prediction import Prediction, Score
from cxr_core.ui.clicks import heard
from cxr_core.ui.words import two_places

_FOLDER = Path(__file__).parent
_COLOURS = {"present": "#ff6b6b", "unsure": "#ffb454", "absent": "#4b5d73", "unknown": "#7f93ab",
            "likeliest": "#5ac8fa", "other": "#4b5d73"}
_FEWEST = 10
_TRUST = {TEST: "How far to trust: test", HISTORY_UNKNOWN: "Trust: history unknown", FIRST_FILMS: "Trust: first films"}
_ENDS = (0.25, 0.5, 1.0)  # where the bars may end: most probabilities are small, and a full scale would hide them


def findings_panel(
    prediction: Prediction, card: Card, chosen: str | None, *, key: str, on_choose: Callable[[str], None],
    films: str = TEST,
) -> None:
    """Show the findings; `on_choose` gets the finding whose row was clicked.

    `films` are those of the card whose figures hold for this film.
    """
    mount = st.components.v2.component(
        "findings_panel", html='<div class="panel"></div>', css=_source("panel.css"), js=_source("panel.js")
    )
    mount(
        key=key, data={"table": findings_table(prediction, card, chosen, films)},
        on_chosen_change=heard(key, "chosen", on_choose),
    )


@cache
def _source(name: str) -> str:
    return (_FOLDER / name).read_text("utf-8")


def findings_table(prediction: Prediction, card: Card, chosen: str | None, films: str = TEST) -> str:
    """HTML of the findings, most probable first; one that is not told from chance on `films` is pale throughout."""
    scores = sorted(prediction.scores, key=lambda score: -score.probability)
    most = max(max(score.probability, score.operating_point or 0, *(score.unsure or ())) for score in scores)
    exclusive = card.classes is not None
    end = 1.0 if exclusive else next(one for one in _ENDS if most <= one)  # classes share one whole
    rows = "".join(_row(score, card.finding(score.finding).figures.get(films), score.finding == chosen, end)
                   for score in scores)
    what, beside = ("Class", " of one of these classes") if exclusive else ("Finding", " │ operating point")
    worth = "AUC against the rest, 95%, films" if exclusive else "AUC, 95%, positives"
    return (
        f'<table class="findings" aria-label="Findings"><thead><tr><th>{what}</th>'
        f'<th colspan="3">Probability{beside}<br>bars from 0 to {end:.0%}</th>'
        f"<th>{_TRUST[films]}<br>{worth}</th></tr></thead><tbody>{rows}</tbody></table>{_own(scores)}"
    )


def _own(scores: Sequence[Score]) -> str:
    """Which operating points are a reader's own, and whose."""
    own = [(score.finding, score.own) for score in scores if score.own]
    told = [f"{title_of(finding)} {point.threshold:.0%}, {point.in_words}" for finding, point in own]
    lines = "".join(f"<li>{escape(one)}</li>" for one in told)
    return f'<ul class="own" aria-label="Operating points of your own">{lines}</ul>' if told else ""


def _row(score: Score, figure: Figure | None, chosen: bool, end: float) -> str:
    low, high = (one / end for one in score.unsure or (0, 0))
    point = score.operating_point
    marks = "" if point is None else (
        f'<u style="left:{low:.1%};width:{max(high - low, 0):.1%}"></u>'
        f'<b {"class=own " if score.own else ""}style="left:{point / end:.1%}"></b>'
    )
    bar = (
        '<div class="bar" role="img" '
        f'aria-label="{score.percent}, {escape(score.held_against)}">'
        f'<i style="width:{score.probability / end:.1%};background:{_COLOURS[score.call]}"></i>{marks}</div>'
    )
    call = {"present": "above", "unsure": "not sure", "likeliest": "likeliest"}.get(score.call, "")
    kind = f'{"chosen" if chosen else ""} {"doubtful" if figure is None or _is_weak(figure) else ""}'.strip()
    return (
        f'<tr class="{kind}" data-finding="{escape(score.finding)}" tabindex="0" role="button" '
        f'aria-pressed="{str(chosen).lower()}" title="Show the map of {escape(title_of(score.finding))}">'
        f'<td>{escape(title_of(score.finding))}</td><td class="bar-cell">{bar}</td>'
        f'<td class="number">{score.percent}</td><td style="color:{_COLOURS[score.call]}">{call}</td>'
        f"<td>{_worth(figure)}</td></tr>"
    )


def _worth(figure: Figure | None) -> str:
    if figure is None:
        return '<span class="weak">not measured</span>'
    text = (f"{two_places(figure.auc)} <span class='weak'>{two_places(figure.low)}–{two_places(figure.high)} · "
            f"{figure.positives}+</span>")
    return f'<span class="weak">{text}</span>' if _is_weak(figure) else text


def _is_weak(figure: Figure) -> bool:
    """Not told from chance, or by so few films that it says nothing."""
    return figure.low <= 0.5 or figure.positives < _FEWEST
