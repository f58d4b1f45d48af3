"""What a threshold leads to: a rule that finds it, the counts, what a call is worth where one reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from cxr_core.evaluation.behind import Cell
from cxr_core.evaluation.classes import Rate
from cxr_core.evaluation.curves import FEWEST
from cxr_core.evaluation.operating import (
    Consequences, consequences, cost_point, f1_point, rates_by_patient, sensitivity_point, specificity_point,
    youden_point,
)
from cxr_core.render.figures import Mark, thinned
from cxr_core.ui import stored
from cxr_core.ui.tables import percent, three_digits
from cxr_core.ui.trust import own_point
from cxr_core.ui.trust.choice import Choice

state = st.session_state
CARD, YOUDEN = "operating point of the card", "Youden: sensitivity + specificity"
SENSITIVE, SPECIFIC = "sensitivity of at least", "specificity of at least"
F1, COST, HAND = "best F1", "cost of a miss", "by hand"
RULES = (CARD, YOUDEN, SENSITIVE, SPECIFIC, F1, COST, HAND)
_RAREST = 0.01  # %: the least prevalence that can be asked for, as it can be for a fixed 100 less of it
_STEPS = 500  # of the slider, from the lowest score to the highest


@dataclass(frozen=True)
class Drawn:
    """A threshold of one model's finding, and the rule that found it."""

    model_id: str
    threshold: float
    rule: str


def show_threshold(choice: Choice) -> Drawn:
    """Ask for a threshold and a prevalence; show what they lead to."""
    st.html("<h2>What a threshold leads to</h2>")
    having = [one.id for one in choice.having]
    if state.get("judged") not in having:
        state["judged"] = having[0]
    judged = having[0] if len(having) == 1 else st.selectbox("Model", having, key="judged", persist_state="session",
                                                             format_func=stored.title)
    told = stored.results(judged, choice.films)
    column = told.column(choice.finding)
    positive, probability = told.labels[:, column], told.probability[:, column]
    with st.container(horizontal=True, vertical_alignment="bottom", key="rules"):
        known = stored.operating_point(judged, choice.finding)
        own = own_point.in_use(judged, choice.finding)
        rules = [*([own_point.RULE] if own else []), *(RULES if known is not None else RULES[1:])]
        if state.get("rule") not in rules:
            state["rule"] = rules[0]
        rule = st.selectbox("Threshold", rules, key="rule", width=250, persist_state="session")
        prevalence = _prevalence(choice.finding, float(positive.mean()))
    if rule == own_point.RULE:
        point = own.threshold
    else:
        point = known if rule == CARD else _by_rule(
            rule, positive, probability, prevalence, known, _hand(judged, choice.finding)
        )
    words = f"{rule} {state['least']}%" if rule in (SENSITIVE, SPECIFIC) else rule
    led = consequences(positive, probability, point, prevalence)
    _counts(led)
    digest = next(one.digest for one in choice.models if one.id == judged)
    rates = _rates(digest, judged, choice.films, choice.finding, point)
    st.html(in_words(led, point, prevalence, *rates, of_these=not state.get(_own_place(choice.finding))))
    here = next(one for one in choice.stamps if one.model == judged).of_films
    # what was set by hand and still stands at the card's point was not set on these films
    found_on = {CARD: "", own_point.RULE: own.films if own else ""}.get(rule, here)
    if rule == HAND and point == known:
        found_on = ""
    if rule == own_point.RULE and own.rule != CARD:
        st.caption(own_point.caveat(own, here))
    elif found_on:
        st.caption("This threshold was set on the very films it is measured on: expect less elsewhere.")
    own_point.show_saving(judged, choice.finding, point, words, found_on)
    return Drawn(judged, point, words)


def mark_of(choice: Choice, drawn: Drawn) -> Mark:
    """The threshold as a point of its model's ROC curve."""
    told = stored.results(drawn.model_id, choice.films)
    column = told.column(choice.finding)
    led = consequences(told.labels[:, column], told.probability[:, column], drawn.threshold, 0.5)
    return Mark(1 - led.specificity, led.sensitivity, choice.colours[drawn.model_id], three_digits(drawn.threshold))


def take_click(choice: Choice, clicked: Mapping[str, Any]) -> None:
    """Move the threshold to the point of a curve that was clicked, and open the films it misses."""
    points = clicked["points"]
    name = points[0].get("legendgroup") if points else None  # bands have it too, and cannot be selected
    curve = next((choice.curve(one) for one in choice.having if one.id == name), None)
    if curve is None:
        return
    drawn = thinned(len(curve.thresholds))
    state["judged"], state["rule"] = name, HAND
    state[_hand(name, choice.finding)] = float(curve.thresholds[drawn[points[0]["point_index"]]])
    state["cell"] = state.get("cell") or Cell.missed


def in_words(
    led: Consequences, threshold: float, prevalence: float, sensitivity: Rate | None, specificity: Rate | None, *,
    of_these: bool = False,
) -> str:
    """What the threshold leads to, as HTML; `of_these` says that the prevalence is that of the films alone."""
    few = led.true_positive + led.false_negative < FEWEST
    here = " (of these films)" if of_these else ""
    return (
        f"<p class='said{' pale' if few else ''}'>At a threshold of <b>{three_digits(threshold)}</b>: "
        f"sensitivity <b>{percent(led.sensitivity)}</b>{_span(sensitivity)}, "
        f"specificity <b>{percent(led.specificity)}</b>{_span(specificity)} (95% CI by patient). "
        f"At a prevalence of <b>{prevalence:.2%}</b>{here} {_worth(led)}."
        + ("" if np.isnan(led.needed) else f" {led.needed:.1f} flagged films are read for each one that has it.")
        + (f" Fewer than {FEWEST} films have it: no claim." if few else "") + "</p>"
    )


def _worth(led: Consequences) -> str:
    """What a call is worth, as HTML; of calls that no film has nothing can be said."""
    found = ("no film is called positive" if np.isnan(led.positive_value) else
             f"a film called positive is truly so in <b>{percent(led.positive_value)}</b> (PPV)")
    free = ("no film is called negative" if np.isnan(led.negative_value) else
            f"one called negative is free of it in <b>{percent(led.negative_value)}</b> (NPV)")
    return f"{found}; {free}"


def _prevalence(finding: str, share: float) -> float:
    """The share of ill films where the reader reads, asked for each finding: the films' own until it is told.

    It belongs to a place, not to a set of films: told once, it stays when other films or models are looked at.
    """
    key = f"prevalence {finding}"
    if not state.get(_own_place(finding)):
        state[key] = float(np.clip(round(100 * share, 2), _RAREST, 100 - _RAREST))
    return st.number_input(
        "Prevalence where you read, %", _RAREST, 100 - _RAREST, step=0.1, format="%.2f", width=190, key=key,
        persist_state="session", on_change=_take_place, args=(finding,),
    ) / 100


def _own_place(finding: str) -> str:
    """What says that the prevalence of a finding is the reader's."""
    return f"prevalence is told {finding}"


def _take_place(finding: str) -> None:
    state[_own_place(finding)] = True


def _by_rule(
    rule: str, positive: np.ndarray, probability: np.ndarray, prevalence: float, known: float | None, hand: str
) -> float:
    """The threshold by a rule, which may ask for a figure of its own."""
    if rule == YOUDEN:
        return youden_point(positive, probability)
    if rule == F1:
        return f1_point(positive, probability)
    if rule == COST:
        ratio = st.slider("A miss costs as much as this many false alarms", 1, 100, 10, key="cost_ratio",
                          persist_state="session")
        return cost_point(positive, probability, ratio, prevalence)
    if rule == HAND:
        return _by_hand(hand, probability, youden_point(positive, probability) if known is None else known)
    least = st.slider("At least", 50, 99, 90, key="least", format="%d%%", persist_state="session") / 100
    return (sensitivity_point if rule == SENSITIVE else specificity_point)(positive, probability, least)


def _by_hand(key: str, probability: np.ndarray, first: float) -> float:
    """A slider over the scores there are, of this model's finding alone."""
    low, top, step = range_of(probability)
    # a click may ask for a threshold over all scores, and other films have others
    state[key] = float(np.clip(state.get(key, first), low, top))
    places = len(three_digits(step).partition(".")[2])
    return st.slider("Threshold, by hand", low, top, step=step, format=f"%.{places}f", key=key, persist_state="session")


def range_of(probability: np.ndarray) -> tuple[float, float, float]:
    """The least and the greatest threshold that can be set by hand, and the step between two.

    At the greatest no film is called, unless one has the score 1: a threshold over 1 could not be saved.
    """
    low, high = float(probability.min()), float(probability.max())
    step = (high - low) / _STEPS or 0.001
    top = min(high + step, 1.0)
    return (low if low < top else top - step), top, step


def _hand(model_id: str, finding: str) -> str:
    """What the slider of a model's finding is known by."""
    return f"by_hand {model_id} {finding}"


def _counts(led: Consequences) -> None:
    """The confusion counts as buttons: each opens its films."""
    counts = {Cell.found: led.true_positive, Cell.missed: led.false_negative,
              Cell.false_alarm: led.false_positive, Cell.cleared: led.true_negative}
    with st.container(key="counts"):
        for heading, row in (("with the finding", (Cell.found, Cell.missed)),
                             ("without it", (Cell.false_alarm, Cell.cleared))):
            places = st.columns([1, 1, 1], vertical_alignment="center", gap="small")
            places[0].html(f"<span class='row'>{heading}</span>")
            for place, cell in zip(places[1:], row, strict=True):
                called = "called" if cell.is_called else "not called"
                place.button(
                    f"**{counts[cell]:,}** {cell}", key=f"cell_{cell.name}", on_click=_open, args=(cell,),
                    width="stretch", type="primary" if state.get("cell") == cell else "secondary",
                    help=f"Films {heading}, {called}: show them, the worst first",
                )


def _open(cell: Cell) -> None:
    """Open the films of a cell; close them where they are open."""
    state["cell"] = None if state.get("cell") == cell else cell


@st.cache_resource(max_entries=256, show_spinner=False)
def _rates(digest: str, model_id: str, films: str, finding: str, point: float) -> tuple[Rate | None, Rate | None]:
    told = stored.results(model_id, films)
    column = told.column(finding)
    return rates_by_patient(told.labels[:, column], told.probability[:, column], point, told.patients)


def _span(rate: Rate | None) -> str:
    return "" if rate is None else f" ({rate.low:.1%}–{rate.high:.1%})"
