"""The patients of a selection, and all films of one in order, with a model's scores over time."""

from __future__ import annotations

from html import escape

import numpy as np
import pandas as pd
import streamlit as st

from cxr_core.datasets.counts import Selection
from cxr_core.datasets.patients import films_of, list_patients
from cxr_core.datasets.scored import FilmScores
from cxr_core.findings import title_of
from cxr_core.render.patient_figures import draw_timeline
from cxr_core.ui import resources, stored
from cxr_core.ui.dataset import film_room, work
from cxr_core.ui.dataset.gallery import show_grid
from cxr_core.ui.dataset.scores import choose_model, scores
from cxr_core.ui.dataset.source import Data
from cxr_core.ui.dataset.tiles import in_words

state = st.session_state
_LINES = 4  # findings that are drawn at first
_MOST = 60  # films on the row of a patient: NIH's most has 184


def show_patients(data: Data, asked: Selection) -> None:
    """A list of patients and the films of the chosen one; or the film that was opened."""
    opened = film_room.opened(data)
    if opened is not None:
        patient = data.films.index.table["patient"].iloc[opened]
        film_room.show(data, opened, films_of(data.films, patient))
        return
    listed = _listed(data.key, asked, data)
    left, right = st.columns([1, 2.2], gap="medium")
    with left:
        patient = _choose(data, listed)
    with right:
        _timeline(data, patient)


@st.cache_resource(scope="session", max_entries=3, show_spinner="Looking for patients …")
def _listed(key: str, asked: Selection, _data: Data) -> pd.DataFrame:
    return list_patients(_data.films, _data.films.places(asked))


def _choose(data: Data, listed: pd.DataFrame) -> str:
    """The list of patients; the chosen one, at first the one with most films."""
    several = int((listed["films"] > 1).sum())
    st.html(f"<h2>{len(listed):,} patients</h2><p class='key'>{several:,} of them with several selected films</p>")
    shown = listed.assign(findings=listed["findings"].str.slice(0, 120))
    event = st.dataframe(
        shown, key=f"patients_{abs(hash(data.key)) % 10**8}", hide_index=True, height=560, width="stretch",
        on_select="rerun", selection_mode="single-row",
        column_config={
            "patient": st.column_config.TextColumn("Patient", width="small"),
            "films": st.column_config.NumberColumn("Films", width="small"),
            "from": st.column_config.NumberColumn("From", format="%.0f", help="Youngest age, years"),
            "to": st.column_config.NumberColumn("To", format="%.0f", help="Oldest age, years"),
            "sex": st.column_config.TextColumn("Sex"), "findings": st.column_config.TextColumn("Findings"),
        },
    )
    rows = [row for row in event.selection.rows if row < len(listed)]
    key, kept = state.get("patient_chosen") or ("", "")
    if rows and rows != state.get("patient_rows"):
        kept, key = str(listed["patient"].iloc[rows[0]]), data.key
    state["patient_rows"] = rows
    if key != data.key:
        kept = str(listed["patient"].iloc[0])
    state["patient_chosen"] = data.key, kept
    return kept


def _timeline(data: Data, patient: str) -> None:
    places = films_of(data.films, patient)
    if not len(places):
        st.html('<p class="none">This patient has no film here.</p>')
        return
    table = data.films.index.table.iloc[places]
    ages = table["age"].dropna()
    span = f", {ages.min():.0f} to {ages.max():.0f} years" if len(ages) else ""
    count = f"{len(places):,} film{'s' if len(places) > 1 else ''}"
    st.html(f"<h2>Patient {escape(patient)}</h2><p class='key'>{count}{span}, in order of follow-up; all of them, "
            "selected or not</p>")
    heads = [in_words(labels) for labels in table["labels"]]
    show_grid(data, places[:_MOST], "patient_row", heads=heads[:_MOST], in_a_row=True)
    if len(places) > _MOST:
        st.caption(f"The first {_MOST} of {len(places)} films; the Films view shows all.")
    _over_time(data, patient, places)


def _over_time(data: Data, patient: str, places: np.ndarray) -> None:
    """The scores of a model over a patient's films: stored ones at once, others when they are asked for."""
    known = stored.names_not_leaky()
    names = [*known, *(one for one in resources.trained_models() if one not in known)]
    if not names:
        return
    with st.container(horizontal=True, vertical_alignment="bottom", key="timeline_bar"):
        model = choose_model(names, "timeline_model", "Scores of")
        told = _known(data, patient, places, model)
        missing = int((~np.isfinite(told.probability).any(axis=1)).sum())
        if missing and model in resources.trained_models():
            st.button(f"Score {missing} film{'s' if missing > 1 else ''} now", key="timeline_score",
                      on_click=_begin, args=(data, patient, places, model, told))
        chosen = _findings(data, places, told) if missing < len(places) else []
    doing = work.begun(_key(data, patient, model))
    if doing is not None and doing.running:
        work.show_progress(doing, "Films scored", "timeline")
    elif doing is not None and doing.problem:
        st.warning(doing.problem)
    if missing == len(places):
        st.html('<p class="none">No stored scores of these films.</p>')
        return
    if chosen:
        _draw(data, places, told, chosen)


def _findings(data: Data, places: np.ndarray, told: FilmScores) -> list[str]:
    """The findings to draw; at first those that most films bear, then those that score highest."""
    index = data.films.index.take(places)
    labels = index.targets(told.findings)
    highest = np.nan_to_num(told.probability).max(axis=0)
    first = sorted(range(len(told.findings)), key=lambda one: (-labels[:, one].sum(), -highest[one]))[:_LINES]
    wanted = [told.findings[one] for one in first]
    return st.multiselect("Findings", told.findings, default=wanted, format_func=title_of,
                          key="timeline_findings_" + "_".join(wanted))


def _draw(data: Data, places: np.ndarray, told: FilmScores, chosen: list[str]) -> None:
    index = data.films.index.take(places)
    labels = index.targets(told.findings)
    columns = [told.findings.index(one) for one in chosen]
    about = [f"{row.follow_up}<br>{row.age:.0f} y" if np.isfinite(row.age) else str(row.follow_up)
             for row in index.table.itertuples()]
    st.plotly_chart(draw_timeline(chosen, told.probability[:, columns], labels[:, columns], about), key="timeline",
                    config={"displayModeBar": False})
    st.caption("Films in order of follow-up number, ages below. A full dot: the film bears the label. Labels are mined "
               "from reports; scores are those of one model on one film, and differ between films of one day.")


def _known(data: Data, patient: str, places: np.ndarray, model: str) -> FilmScores:
    """What is known of these films' scores: stored ones, and those that were made on this page."""
    if model in stored.names_not_leaky():
        whole = scores(data, model)
        told = FilmScores(whole.findings, whole.probability[places])
    else:
        findings = resources.card_of(model).findings
        told = FilmScores(tuple(one.key for one in findings), np.full((len(places), len(findings)), np.nan, np.float32))
    made = work.begun(_key(data, patient, model))
    if made is None or made.result is None:
        return told
    probability = told.probability.copy()
    for row, values in made.result.items():
        probability[row] = values
    return FilmScores(told.findings, probability)


def _key(data: Data, patient: str, model: str) -> tuple[str, ...]:
    sha256 = resources.card_of(model).weights.sha256 if model in resources.trained_models() else ""
    return "scores", data.key, patient, model, sha256


def _begin(data: Data, patient: str, places: np.ndarray, model: str, told: FilmScores) -> None:
    """Score the films without scores, one after the other, beside the page."""
    rows = np.flatnonzero(~np.isfinite(told.probability).any(axis=1))

    def make(on_step: work.OnStep) -> dict[int, np.ndarray]:
        from cxr_core.evaluation.scoring import score_index

        on_step(0, len(rows))
        classifier = resources.classifier(model)
        order = [classifier.spec.findings.index(finding) for finding in told.findings]
        made = {}
        for number, row in enumerate(rows):
            index = data.films.index.take(places[row:row + 1])
            for scored in score_index(index, classifier):
                if len(scored.results):
                    made[int(row)] = scored.results.probability[0, order]
            on_step(number + 1, len(rows))
        return made

    work.begin(_key(data, patient, model), make)
