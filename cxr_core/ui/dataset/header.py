"""The head of the Dataset page: what is looked at, how much of it is selected, and the four ways to look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import streamlit as st

from cxr_core.datasets.counts import Counts, Selection
from cxr_core.ui.dataset.counts import as_csv, show_counts
from cxr_core.ui.dataset.source import Data

state = st.session_state
VIEWS = {"counts": "Counts"}


def title(told: Sequence[str]) -> None:
    """The page's name and who and what is looked at."""
    with st.container(horizontal=True, vertical_alignment="center", key="bar"):
        st.html("<h1 class='page'>Dataset</h1>", width="content")
        chips = "".join(f"<span>{escape(one)}</span>" for one in told)
        st.html(f'<div class="chips">{chips}</div>', width="stretch")


def views(address: Mapping[str, str], selected: Counts, whole: Counts) -> str:
    """Which way to look, beside how many films are selected."""
    if "dataset_show" not in state:
        asked = address.get("show") or state.get("show_kept", "counts")
        state["dataset_show"] = asked if asked in VIEWS else "counts"
    with st.container(horizontal=True, vertical_alignment="center", key="selected"):
        show = st.segmented_control("Look at", list(VIEWS), key="dataset_show", format_func=VIEWS.get, required=True,
                                    label_visibility="collapsed", width="content")
        share = selected.films / whole.films if whole.films else 0
        told = f"<b>{selected.films:,}</b> films selected, {share:.1%} of all"
        st.html(f"<p class='selected'>{told}</p>", width="stretch")
        st.download_button("Counts as CSV", lambda: as_csv(selected, whole), "counts.csv", "text/csv",
                           on_click="ignore")
    state["show_kept"] = show
    return show


def show(view: str, data: Data, asked: Selection, selected: Counts, whole: Counts) -> None:
    """The chosen view."""
    if view == "counts":
        show_counts(selected, whole)
