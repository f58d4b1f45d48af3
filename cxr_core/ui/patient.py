"""The form of a clinical model: what it is told of the patient, from the film's tags, and from the reader over them."""

from __future__ import annotations

from html import escape

import streamlit as st

from cxr_core.findings import NIH14, title_of
from cxr_core.imaging.age import age_in_words
from cxr_core.models.card import ClinicalCard
from cxr_core.models.clinical import GROUPS, NAMES, OLDEST, SEXES, VIEWS, ClinicalInputs

_UNKNOWN = "Unknown"
# ages are chosen from a list: a field for numbers that begins at a tag's age cannot be emptied again
_CHOICES = {"age": tuple(range(OLDEST + 1)), "sex": SEXES, "view": VIEWS}


def patient_form(film: str, tags: ClinicalInputs, card: ClinicalCard) -> ClinicalInputs:
    """Show what the model is told of the patient of `film` (its sha256), and return it as the reader leaves it.

    Kept in this session's memory alone, film by film. Where the form begins goes to the browser as each field's
    default, not through the session's state: the fields come to be when the form is opened, runs of the page after
    that was told.
    """
    told_of, begins_of = (st.session_state.setdefault(name, {}) for name in ("told", "form_begins"))
    if _key(film, "age") not in st.session_state:  # the first time, or back from another page, where fields are dropped
        begins_of[film] = told_of.get(film, tags)
    begins = begins_of[film]
    told_of[film] = told = _answers(film, begins)
    with st.popover(_summary(told)):
        st.html("<b>What the model is told of the patient</b>")
        with st.container(horizontal=True):
            for name, first in (("age", begins.age), ("sex", begins.sex), ("view", begins.view)):
                every = (_UNKNOWN, *_choices(name, first))
                place = every.index(_UNKNOWN if first is None else first)
                st.selectbox(name.capitalize(), every, place, key=_key(film, name), format_func=_choice, width=120)
        known = st.toggle("Earlier films are known", begins.history is not None, key=_key(film, "known"))
        st.multiselect("Findings of earlier films", NIH14, list(begins.history or ()), key=_key(film, "history"),
                       format_func=title_of, disabled=not known, placeholder="None of the 14" if known else _UNKNOWN)
        st.html(_neutral(card))
    return told


def _answers(film: str, begins: ClinicalInputs) -> ClinicalInputs:
    """What the form says: Streamlit holds its answers before it is drawn; without any, what it begins with."""
    state = st.session_state
    if _key(film, "age") not in state:
        return begins
    age, sex, view = (None if (value := state[_key(film, name)]) == _UNKNOWN else value for name in _CHOICES)
    history = tuple(state[_key(film, "history")]) if state[_key(film, "known")] else None
    return ClinicalInputs(age, sex, view, history)


def _key(film: str, name: str) -> str:
    return f"told_{name}_{film[:16]}"


def _choices(name: str, first: float | str | None) -> tuple[float | str, ...]:
    """What a field offers; among whole years also an age of months, or the form would tell the model another one."""
    every = _CHOICES[name]
    return every if first is None or first in every else tuple(sorted((*every, first)))


def _choice(value: float | str) -> str:
    return str(value) if isinstance(value, int | str) else age_in_words(value)


def _summary(told: ClinicalInputs) -> str:
    """What the model is told, in a few words."""
    if len(told.unknown) == len(GROUPS):
        return "Patient: nothing known"
    history = {0: "no earlier finding", 1: "1 earlier finding"}
    known = [
        None if told.age is None else age_in_words(told.age), told.sex, told.view,
        None if told.history is None else history.get(len(told.history), f"{len(told.history)} earlier findings"),
    ]
    unknown = f"{', '.join(told.unknown)} unknown" if told.unknown else None
    return "Patient: " + " · ".join(one for one in (*known, unknown) if one)


def _neutral(card: ClinicalCard) -> str:
    """What "unknown" counts as, in words."""
    age, male, ap = card.neutral[:3]
    history = sum(card.neutral[NAMES.index(f"history_{finding}")] for finding in NIH14)
    moves = "The Models page says how far each input moves the scores." if card.effects else (
        "How far each input moves the scores is not known.")
    text = (
        f"Unknown counts as {card.neutral_from}: {age * 100:.0f} years, {male:.0%} men, {ap:.0%} AP, "
        f"{history:.1f} earlier findings. {moves} Earlier findings are of films before this one."
    )
    return f'<p class="foot">{escape(text)}</p>'
