"""The work of a session that goes on beside its pages."""

from __future__ import annotations

import streamlit as st

from cxr_core.comparing.work import Work

_KEY = "background_work"


def work() -> Work:
    """This session's work."""
    return st.session_state.setdefault(_KEY, Work())


def pause() -> None:
    """A page is being opened, perhaps another one: let the work wait until it is wanted again."""
    if _KEY in st.session_state:
        st.session_state[_KEY].pause()


def drop() -> None:
    """Nothing is wanted any more."""
    if _KEY in st.session_state:
        st.session_state[_KEY].want([])
