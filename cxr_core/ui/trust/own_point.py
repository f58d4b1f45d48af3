"""A reader's own operating point: the one in use on the Read page, its history, saving and undoing it."""

from __future__ import annotations

import streamlit as st

from cxr_core.errors import CxrError, DataError
from cxr_core.evaluation.saved_points import SavedPoint, history, save_point, saved_points, undo
from cxr_core.ui import stored
from cxr_core.ui.tables import html_table, three_digits

state = st.session_state
RULE = "yours, in use on the Read page"
_PROBLEM = "own_point_problem"


def in_use(name: str, finding: str) -> SavedPoint | None:
    """The reader's own point for a finding of the model that these results are of; None where the card's holds."""
    digest = stored.card_digest(name)
    if not digest:
        return None
    try:
        return saved_points(digest).get(finding)
    except DataError as problem:
        state[_PROBLEM] = str(problem)  # the page goes on with the card's, and says so below
        return None


def caveat(own: SavedPoint, here: str) -> str:
    """What a point that was not the card's is to be believed, on the films that `here` describes."""
    if not own.films:
        return ("On which films your point was set was not written down: if it was on these, expect less elsewhere "
                "than is measured here.")
    if own.films == here:
        return "Your point was set on the very films it is measured on: expect less elsewhere."
    return f"Your point was set on {own.films}. As far as these are the same films, expect less elsewhere."


def show_saving(name: str, finding: str, threshold: float, rule: str, films: str) -> None:
    """Where a threshold is put to use on the Read page, and what was chosen before.

    `films` says on which films it was found; empty for the card's own.
    """
    digest = stored.card_digest(name)
    if not digest:
        st.caption("These results are not of a model that the Read page has: their thresholds cannot be used there.")
        return
    if problem := state.pop(_PROBLEM, None):
        st.warning(problem)
    told = in_use(name, finding)
    label = f"On the Read page: {three_digits(told.threshold)}, {told.in_words}" if told else "Use on the Read page"
    with st.popover(label):
        st.text_input("Who chooses it", key="who", placeholder="Your name", max_chars=80, persist_state="session")
        with st.container(horizontal=True):
            st.button(f"Use {three_digits(threshold)} on the Read page", key="use_point", type="primary",
                      on_click=_save, args=(digest, finding, threshold, rule, films),
                      disabled=told is not None and rule == RULE)
            st.button("Undo the last choice", key="undo_point", on_click=_undo, args=(digest, finding),
                      disabled=told is None)
        if problem := state.pop(_PROBLEM, None):
            st.warning(problem)
        _show_history(digest, finding)
        st.caption("It holds for these weights, calibrated as they are, for everyone who reads on this machine. The "
                   "command line keeps the card's, unless it is told --operating-points saved.")


def _show_history(digest: str, finding: str) -> None:
    try:
        rows = [one for one in history(digest) if one.finding == finding]
    except DataError as problem:
        st.warning(str(problem))
        return
    holding = [one for one in rows if not one.undone][-1:]
    if rows:
        st.html(html_table(["When (UTC)", "threshold", "rule", "who", ""], [
            [_when(one.chosen), three_digits(one.threshold), one.rule, one.who,
             "in use" if one in holding else f"undone {_when(one.undone)}" if one.undone else "replaced"]
            for one in reversed(rows)
        ], pale=[one not in holding for one in reversed(rows)]))


def _save(digest: str, finding: str, threshold: float, rule: str, films: str) -> None:
    try:
        save_point(digest, finding, threshold, rule=rule, who=state.get("who") or "", films=films)
        state["rule"] = RULE
    except CxrError as problem:
        state[_PROBLEM] = str(problem)


def _undo(digest: str, finding: str) -> None:
    try:
        undo(digest, finding)
    except CxrError as problem:
        state[_PROBLEM] = str(problem)


def _when(moment: str) -> str:
    return moment[:16].replace("T", " ")
