"""The patients of a selection, found by their number or in a list, and all films of one in order."""

from __future__ import annotations

from functools import partial
from html import escape

import numpy as np
import pandas as pd
import streamlit as st

from cxr_core.datasets.counts import Selection
from cxr_core.datasets.patients import films_of, list_patients
from cxr_core.ui.dataset import film_room
from cxr_core.ui.dataset.gallery import show_grid
from cxr_core.ui.dataset.source import Data
from cxr_core.ui.dataset.tiles import in_words
from cxr_core.ui.dataset.timeline import show_timeline
from cxr_core.words import counted

state = st.session_state
_MOST = 60  # films on the row of a patient: NIH's most has 184
_LONGEST = 64  # letters of a patient's number


def choose_patient(data: Data, patient: str) -> None:
    """Have the Patients view show this one."""
    state["patient_chosen"] = data.key, patient


def chosen_patient(data: Data) -> str:
    """Who was chosen of this data set; empty where nobody was."""
    key, patient = state.get("patient_chosen") or ("", "")
    return patient if key == data.key else ""


def show_patients(data: Data, asked: Selection) -> None:
    """A list of patients and the films of the chosen one; or the film that was opened."""
    opened = film_room.opened(data)
    if opened is not None:
        patient = data.films.index.table["patient"].iloc[opened]
        film_room.show(data, opened, films_of(data.films, patient) if patient else np.array([opened]))
        return
    if not data.films.summary.patients:
        st.html('<div class="nothing"><h1>Patients are not known</h1><p>No film of this data set says whose it is: of '
                "TFRecords, the table beside them does. Intervals and splits by patient cannot be had here.</p></div>")
        return
    listed = _listed(data.key, asked, data)
    left, right = st.columns([1, 1.8], gap="medium")
    with left:
        patient = _choose(data, asked, listed)
    with right:
        _show_films(data, patient, listed)


@st.cache_resource(scope="session", max_entries=3, show_spinner="Looking for patients …")
def _listed(key: str, asked: Selection, _data: Data) -> pd.DataFrame:
    return list_patients(_data.films, _data.films.places(asked))


def _choose(data: Data, asked: Selection, listed: pd.DataFrame) -> str:
    """The list of patients; the chosen one, at first the one with most films; empty where there is none."""
    several = int((listed["films"] > 1).sum())
    st.html(f"<h2>{len(listed):,} patients</h2><p class='key'>{several:,} of them with several selected films</p>")
    typed = st.text_input("Patient", key="patient_search", max_chars=_LONGEST, placeholder="number, or its beginning",
                          on_change=partial(_find, data), help="Enter opens the patient of this number, selected or "
                          "not; a beginning lists all that begin so.").strip()
    shown = listed[_begins(listed["patient"], typed)].reset_index(drop=True) if typed else listed
    kept = chosen_patient(data) or (str(shown["patient"].iloc[0]) if len(shown) else "")
    if shown.empty:
        st.html("<p class='none'>No patient of the selection has this number.</p>")
        return kept
    rows = np.flatnonzero(shown["patient"] == kept)[:1].tolist()
    key = f"patients_{abs(hash((data.key, asked, typed)))}"  # a kept row would be another patient's in another list
    st.dataframe(
        shown.assign(findings=shown["findings"].str.slice(0, 120)), key=key, hide_index=True, height=500,
        width="stretch", on_select=partial(_take_row, key, data, shown["patient"]), selection_mode="single-row",
        selection_default={"selection": {"rows": rows, "columns": [], "cells": []}},
        column_config={
            "patient": st.column_config.TextColumn("Patient", width=74),
            "films": st.column_config.NumberColumn("Films", width=56),
            "from": st.column_config.NumberColumn("From", format="%.0f", width=52, help="Youngest age, years"),
            "to": st.column_config.NumberColumn("To", format="%.0f", width=44, help="Oldest age, years"),
            "sex": st.column_config.TextColumn("Sex", width=44), "findings": st.column_config.TextColumn("Findings"),
        },
    )
    return kept


def _take_row(key: str, data: Data, patients: pd.Series) -> None:
    rows = [row for row in state[key]["selection"]["rows"] if row < len(patients)]
    if rows:
        choose_patient(data, str(patients.iloc[rows[0]]))


def _find(data: Data) -> None:
    """Open the patient whose number was typed, whole; zeros before it do not matter."""
    typed = state["patient_search"].strip()
    patients = data.films.index.table["patient"]
    found = patients[(patients != "") & (_plain(patients) == _plain(pd.Series([typed])).iloc[0])]
    if typed and len(found):
        choose_patient(data, str(found.iloc[0]))


def _begins(patients: pd.Series, typed: str) -> pd.Series:
    low = _plain(pd.Series([typed])).iloc[0]
    return _plain(patients).str.startswith(low) | patients.str.casefold().str.startswith(typed.casefold())


def _plain(patients: pd.Series) -> pd.Series:
    """Numbers as they compare: NIH writes 00000013 in a film's name and 13 in its table."""
    return patients.astype(str).str.casefold().str.lstrip("0")


def _show_films(data: Data, patient: str, listed: pd.DataFrame) -> None:
    places = films_of(data.films, patient) if patient else np.empty(0, int)
    if not len(places):
        said = f"There is no patient {escape(patient)} in this data set." if patient else "No patient to show."
        st.html(f'<p class="none">{said} Choose one from the list.</p>')
        return
    table = data.films.index.table.iloc[places]
    ages = table["age"].dropna()
    years = dict.fromkeys(f"{one:.0f}" for one in (ages.min(), ages.max())) if len(ages) else ()
    span = f", {' to '.join(years)} years" if years else ""
    selected = "all of them, selected or not" if (listed["patient"] == patient).any() else "none of them is selected"
    st.html(f"<h2>Patient {escape(patient)}</h2><p class='key'>{counted(len(places), 'film')}{span}, in order of follow-up; {selected}</p>")
    heads, key = [in_words(labels) for labels in table["labels"]], "patient_films"
    if state.get("patient_films_of") != (data.key, patient):  # another patient's begin at the first
        state["patient_films_of"], state[key] = (data.key, patient), 1
    first = (min(int(state.get(key) or 1), -(-len(places) // _MOST)) - 1) * _MOST
    here = slice(first, first + _MOST)
    show_grid(data, places[here], "patient_row", heads=heads[here], in_a_row=True)
    if len(places) > _MOST:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.html(f"<p class='paging'>{first + 1} to {first + len(places[here])} of {len(places)} films</p>",
                    width="content")
            st.pagination(-(-len(places) // _MOST), key=key)
    show_timeline(data, patient, places)
