"""The form of a clinical model: what it is told of the patient, from the film's tags, and from the reader over them."""

from __future__ import annotations

from html import escape

import streamlit as st

from cxr_core.findings import NIH14, title_of
from cxr_core.models.card import ClinicalCard
from cxr_core.models.clinical import GROUPS, NAMES, OLDEST, SEXES, VIEWS, ClinicalInputs

_UNKNOWN = "Unknown"


def patient_form(film: str, tags: ClinicalInputs, card: ClinicalCard) -> ClinicalInputs:
    """Show what the model is told of the patient of `film` (its sha256), and return it as the reader leaves it.

    Kept in this session's memory alone, film by film.
    """
    told = _told(film, tags)
    st.session_state["told"][film] = told
    with st.popover(_summary(told)):
        st.html("<b>What the model is told of the patient</b>")
        with st.container(horizontal=True):
            st.number_input("Age, years", 0, OLDEST, None, 1, key=_keep(film, "age", _whole(told.age)),
                            placeholder=_UNKNOWN, width=120)
            st.selectbox("Sex", (_UNKNOWN, *SEXES), key=_keep(film, "sex", told.sex or _UNKNOWN), width=120)
            st.selectbox("View", (_UNKNOWN, *VIEWS), key=_keep(film, "view", told.view or _UNKNOWN), width=120)
        known = st.toggle("Earlier films are known", key=_keep(film, "known", told.history is not None))
        st.multiselect("Findings of earlier films", NIH14, key=_keep(film, "history", list(told.history or ())),
                       format_func=title_of, disabled=not known, placeholder="None of the 14" if known else _UNKNOWN)
        st.html(_neutral(card))
    return told


def _told(film: str, tags: ClinicalInputs) -> ClinicalInputs:
    """What the form says: Streamlit holds its answers before the form is drawn, and drops them on another page."""
    state = st.session_state
    state.setdefault("told", {})
    if _key(film, "age") not in state:
        return state["told"].get(film, tags)
    sex, view = (None if (value := state[_key(film, name)]) == _UNKNOWN else value for name in ("sex", "view"))
    history = tuple(state[_key(film, "history")]) if state[_key(film, "known")] else None
    return ClinicalInputs(state[_key(film, "age")], sex, view, history)


def _key(film: str, name: str) -> str:
    return f"told_{name}_{film[:16]}"


def _keep(film: str, name: str, value: object) -> str:
    """The key of a widget that begins at `value`."""
    st.session_state.setdefault(_key(film, name), value)
    return _key(film, name)


def _whole(age: float | None) -> int | None:
    return None if age is None else round(age)


def _summary(told: ClinicalInputs) -> str:
    """What the model is told, in a few words."""
    if len(told.unknown) == len(GROUPS):
        return "Patient: nothing known"
    history = {0: "no earlier finding", 1: "1 earlier finding"}
    known = [
        None if told.age is None else f"{told.age:g} y", told.sex, told.view,
        None if told.history is None else history.get(len(told.history), f"{len(told.history)} earlier findings"),
    ]
    unknown = f"{', '.join(told.unknown)} unknown" if told.unknown else None
    return "Patient: " + " · ".join(one for one in (*known, unknown) if one)


def _neutral(card: ClinicalCard) -> str:
    """What "unknown" counts as, in words."""
    age, male, ap = card.neutral[:3]
    history = sum(card.neutral[NAMES.index(f"history_{finding}")] for finding in NIH14)
    text = (
        f"Unknown counts as the mean of the training films: {age * 100:.0f} years, {male:.0%} men, {ap:.0%} AP, "
        f"{history:.1f} earlier findings. The Models page says how far each input moves the scores. "
        "Earlier findings are of films before this one."
    )
    return f'<p class="foot">{escape(text)}</p>'
