"""Stored scores for the films that are looked at: read from results on disk, so that no model need be loaded."""

from __future__ import annotations

import streamlit as st

from cxr_core.datasets.scored import FilmScores, match_scores
from cxr_core.findings import title_of
from cxr_core.ui import stored
from cxr_core.ui.dataset.source import Data
from cxr_core.ui.resources import MODEL_WIDTH

state = st.session_state


def scored_by(data: Data) -> list[str]:
    """What the results are known by that hold scores of films of this data set; none that a leaky split flatters."""
    return [name for name in stored.names_not_leaky() if scores(data, name).films]


def scores(data: Data, name: str) -> FilmScores:
    """What one of them says of these films."""
    return _scores(data.key, name, stored.digest(name), data)


@st.cache_resource(max_entries=12, show_spinner=False)
def _scores(key: str, name: str, digest: str, _data: Data) -> FilmScores:
    return match_scores(_data.films.index, stored.whole(name))


def choose_finding(findings: tuple[str, ...], key: str, wished: tuple[str, ...] = (), label: str = "Finding") -> str:
    """Draw a choice among findings; the first of those wished for at first, and kept while it is one of them.

    Empty where there are none to choose among.
    """
    if not findings:
        st.selectbox(label, (), key=f"{key}_none", width=180, disabled=True, placeholder="none")
        return ""
    if state.get(key) not in findings:
        state[key] = next((one for one in (state.get(f"{key}_kept"), *wished) if one in findings), findings[0])
    state[f"{key}_kept"] = state[key]
    chosen = st.selectbox(label, findings, key=key, format_func=title_of, width=180)
    state[f"{key}_kept"] = chosen
    return chosen


def choose_model(names: list[str], key: str, label: str = "Model") -> str:
    """Draw a choice among results; kept while they are there."""
    if state.get(key) not in names:
        state[key] = state.get(f"{key}_kept") if state.get(f"{key}_kept") in names else names[0]
    chosen = st.selectbox(label, names, key=key, format_func=stored.title, width=MODEL_WIDTH)
    state[f"{key}_kept"] = chosen
    return chosen
