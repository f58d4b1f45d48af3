"""Beside the counts: how many films patients have, and what the weighted draw shows a network."""

from __future__ import annotations

import streamlit as st

from cxr_core.datasets.counts import Selection
from cxr_core.datasets.patients import films_per_patient
from cxr_core.datasets.sampling import BASE
from cxr_core.datasets.weighted_draw import GROUPS, KHAN, draw_shares
from cxr_core.render.draw_figures import draw_films_per_patient, draw_shares_drawn
from cxr_core.ui.dataset.source import Data, summary_of

_QUIET = {"displayModeBar": False}
_WAYS = {"once": "each film once", "back": "films put back"}


def show_weighted(data: Data, asked: Selection) -> None:
    """Both figures, of a selection that has films."""
    left, right = st.columns([1, 2], gap="medium")
    with left:
        _per_patient(data, asked)
    with right:
        _draw(data, asked)


def _per_patient(data: Data, asked: Selection) -> None:
    st.html("<h2>Films of a patient</h2>")
    whole = data.summary.films_per_patient
    if not whole:
        st.html('<p class="none">Whose films these are is not known.</p>')
        return
    everything = asked == Selection()
    selected = whole if everything else None
    if not everything and data.films is not None:
        selected = films_per_patient(data.films, data.films.places(asked))
    st.plotly_chart(draw_films_per_patient(selected, whole), key="per_patient", config=_QUIET)
    if selected is None:
        st.caption("Of all films. Counts alone do not say whose the selected ones are.")
    else:
        st.caption("Share of patients; the selected films of each alone are counted.")


def _draw(data: Data, asked: Selection) -> None:
    summary = summary_of(data, asked)
    kinds = asked.kinds(summary)
    there = int(summary.cube["films"].to_numpy()[kinds].sum())
    st.html("<h2>What the weighted draw shows a network</h2>")
    with st.container(horizontal=True, vertical_alignment="bottom", key="draw_bar"):
        base = st.number_input("Weight without findings", 0.0, 5.0, BASE, 0.1, key="base", width=150,
                               help="Of a film without findings; each finding adds 1 (Khan 2018 drew with 0.1).")
        way = st.segmented_control("Drawn", list(_WAYS), key="draw_way", default="once", required=True,
                                   format_func=_WAYS.get,
                                   help="Khan drew each film once at most. Our recipes draw anew each epoch and put "
                                        "each film back.")
        part = st.number_input("Drawn of 100 films", 0.1, 100.0, KHAN, 5.0, format="%.1f", key="draw_part", width=150,
                               disabled=way == "back", help="Khan drew 40,000 of 112,120. Put back, their number is "
                                                            "nothing to the shares.")
        by = st.segmented_control("Shares", list(GROUPS), key="draw_by", default="", required=True,
                                  format_func=GROUPS.get)
    drawn = max(round(there * part / 100), 1)
    told = draw_shares(summary, kinds, drawn=drawn, base=float(base), put_back=way == "back", by=by)
    if told.empty:
        st.html('<p class="none">Neither sex nor age is known of these films.</p>')
        return
    whole = None
    if by == "" and asked != Selection():
        everything = max(round(data.summary.films * part / 100), 1)
        whole = draw_shares(data.summary, drawn=everything, base=float(base), put_back=way == "back")
    st.plotly_chart(draw_shares_drawn(told, whole), key="weighted", config=_QUIET)
    pale = "" if by == "" else "Pale: the films as they are. "
    st.caption(pale + _in_words(there, drawn, way == "back", float(base)))


def _in_words(there: int, drawn: int, put_back: bool, base: float) -> str:
    if put_back:
        return (f"Each film comes with the chance of its weight, {base:g} and 1 for each finding, again and again: "
                "what an epoch of our recipes that draw so shows on average.")
    if drawn >= there:
        return f"All {there:,} films are drawn, each once: the weights change nothing. Draw fewer, or put films back."
    return (f"{drawn:,} of {there:,} films, each once at most, as Khan drew: the films with many findings run out, and "
            "the shares lie nearer to those of the set than the weights alone would bring them.")
