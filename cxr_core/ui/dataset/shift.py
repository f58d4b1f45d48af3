"""Two groups of films side by side: the selected ones against the rest, a part, or another data set."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from cxr_core.datasets.counts import Selection
from cxr_core.datasets.trouble import measures
from cxr_core.evaluation.shift import Shift, compare_groups
from cxr_core.render.trait_figures import draw_shifts
from cxr_core.ui.dataset import source
from cxr_core.ui.dataset.source import Data

state = st.session_state
REST = "the films not selected"


def show_shift(data: Data, asked: Selection) -> pd.DataFrame | None:
    """Choose what to compare with, and draw how far they are apart; the figures as a table, None without any."""
    others = [name for name in source.offered_names() if name != data.name]
    parts = [f"part {part}" for part in sorted({str(one) for one in data.summary.cube["split"].unique() if one})]
    choices = [REST, *parts, *others]
    if state.get("shift_with") not in choices:
        state["shift_with"] = state.get("shift_kept") if state.get("shift_kept") in choices else REST
    with st.container(horizontal=True, vertical_alignment="bottom", key="doubt_bar"):
        chosen = st.selectbox("The selected films against", choices, key="shift_with", width=280,
                              format_func=lambda one: one if one in (REST, *parts) else source.title(one))
    state["shift_kept"] = chosen
    other = source.open_data(chosen) if chosen in others else data
    if other is None or other.films is None:
        return None
    told = _told(data.key, asked, other.key, chosen, data, other)
    if not told:
        st.html('<p class="none">There is nothing to compare: a group has films of fewer than ten patients.</p>')
        return None
    st.html("<h2>How far they are apart</h2><p class='key'>Difference of the means over the spread within the groups, "
            "95% interval by patient: .2 is small, .5 medium, .8 large; pale where it may be chance (Holm)</p>")
    st.plotly_chart(draw_shifts(told), key="shifts", config={"displayModeBar": False})
    return pd.DataFrame([{
        "measure": one.measure, "selected": one.first, "against": one.second, "effect": one.effect, "low": one.low,
        "high": one.high, "p": one.p, "films_selected": one.films[0], "films_against": one.films[1],
    } for one in told])


@st.cache_resource(scope="session", max_entries=6, show_spinner="Comparing …")
def _told(key: str, asked: Selection, other_key: str, chosen: str, _data: Data, _other: Data) -> list[Shift]:
    places = _data.films.places(asked)
    if _other.key != _data.key:
        against = np.arange(len(_other.films))
    elif chosen == REST:
        against = np.setdiff1d(np.arange(len(_data.films)), places)
    else:
        against = _data.films.places(Selection(split=chosen.removeprefix("part ")))
    if not len(places) or not len(against):
        return []
    groups = [(_data, places, ""), (_other, against, "" if _other.key == _data.key else "other ")]
    patients = [
        (mark + one.films.index.table["patient"].iloc[where].astype(str)).to_numpy(object)
        for one, where, mark in groups
    ]
    tables = [measures(one.films, where) for one, where, _ in groups]
    return compare_groups(*tables, (patients[0], patients[1]))
