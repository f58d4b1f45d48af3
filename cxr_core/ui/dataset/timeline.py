"""Scores over a patient's films: stored ones at once, others when a reader asks, several models in one view."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from cxr_core.datasets.collection import Collection, film_bytes
from cxr_core.datasets.scored import FilmScores
from cxr_core.errors import CxrError
from cxr_core.findings import title_of
from cxr_core.imaging.age import age_in_words
from cxr_core.imaging.prepare import prepare
from cxr_core.imaging.read import read_radiograph
from cxr_core.render.figures import colour_of
from cxr_core.render.patient_figures import draw_timelines
from cxr_core.ui import resources, stored
from cxr_core.ui.dataset import work
from cxr_core.ui.dataset.scores import scores
from cxr_core.ui.dataset.source import Data
from cxr_core.words import counted

if TYPE_CHECKING:
    from cxr_core.models.classifier import Classifier

state = st.session_state
_PANELS = 4  # findings that are drawn at first
_MOST = 6  # models in one view


@dataclass(frozen=True)
class Made:
    """Scores made on this page: calibrated, shape (findings,), by the row of a film; and why films have none."""

    scores: dict[int, np.ndarray] = field(default_factory=dict)
    unread: dict[int, str] = field(default_factory=dict)


def show_timeline(data: Data, patient: str, places: np.ndarray) -> None:
    """A line of scores for each chosen model, a panel for each finding, over all films of a patient in order."""
    known = stored.names_not_leaky()
    names = [*known, *(one for one in resources.trained_models() if one not in known)]
    if not names:
        return
    with st.container(horizontal=True, vertical_alignment="bottom", key="timeline_bar"):
        models = _choose_models(data, places, names)
        told = {model: _known(data, patient, places, model) for model in models}
        chosen = _choose_findings(data, places, told)
    for model in models:
        _offer(data, patient, places, model, told[model])
    if not models:
        st.html('<p class="none">Choose a model to see its scores over time.</p>')
    elif not chosen and not any(np.isfinite(one.probability).any() for one in told.values()):
        st.html('<p class="none">No scores of these films yet.</p>')
    elif chosen:
        _draw(data, places, told, chosen)


def score_films(
    films: Collection, places: np.ndarray, rows: np.ndarray, classifier: Classifier, findings: tuple[str, ...],
    on_step: work.OnStep, before: Made = Made(),  # noqa: B008 - it is never changed
) -> Made:
    """Score the films in these rows of `places`, one after the other, onto what was made before.

    A film that cannot be read is told with its reason, and stops nothing. Each film is told of as it is done: what was
    scored when a reader stops this is theirs.
    """
    made = Made(before.scores, {row: why for row, why in before.unread.items() if row not in rows})
    order = [classifier.spec.findings.index(finding) for finding in findings]
    on_step(0, len(rows), made)
    for number, row in enumerate(int(one) for one in rows):
        try:
            batch = prepare(read_radiograph(film_bytes(films, int(places[row]))), classifier.spec)
            raw = classifier.predict(batch, films.index.take(places[row:row + 1]))
            scores_of_film = classifier.card.calibrate(raw)[0, order].astype(np.float32)
            made = replace(made, scores={**made.scores, row: scores_of_film})  # a page may be drawing the last ones
        except CxrError as problem:
            made = replace(made, unread={**made.unread, row: str(problem)})
        on_step(number + 1, len(rows), made)
    return made


def _choose_models(data: Data, places: np.ndarray, names: list[str]) -> list[str]:
    """Several models; at first the first that has scores of these films."""
    kept = [one for one in state.get("timeline_models", state.get("timeline_kept", ())) if one in names]
    if not kept and "timeline_models" not in state:
        known = stored.names_not_leaky()
        kept = [next((one for one in known if np.isfinite(scores(data, one).probability[places]).any()), names[0])]
    state["timeline_models"] = kept
    chosen = st.multiselect("Scores of", names, key="timeline_models", format_func=stored.title, max_selections=_MOST)
    state["timeline_kept"] = chosen
    return chosen


def _choose_findings(data: Data, places: np.ndarray, told: Mapping[str, FilmScores]) -> list[str]:
    """The findings to draw; at first those that most films bear, then those that score highest."""
    scored = {model: one for model, one in told.items() if np.isfinite(one.probability).any()}
    findings = tuple(dict.fromkeys(finding for one in scored.values() for finding in one.findings))
    if not findings:
        return []
    labels = np.nan_to_num(data.films.index.take(places).targets(findings)).sum(axis=0)
    highest = {finding: max(float(np.nan_to_num(one.of(finding)).max()) for one in scored.values()
                            if finding in one.findings) for finding in findings}
    first = sorted(range(len(findings)), key=lambda one: (-labels[one], -highest[findings[one]]))[:_PANELS]
    wanted = [findings[one] for one in first]
    return st.multiselect("Findings", findings, default=wanted, format_func=title_of,
                          key="timeline_findings_" + "_".join(wanted))


def _offer(data: Data, patient: str, places: np.ndarray, model: str, told: FilmScores) -> None:
    """What can be done for films that a model has no scores of, and what was."""
    key = _key(data, patient, model)
    doing = work.begun(key)
    if doing is not None and not doing.is_done:
        work.show_progress(doing, f"Films scored by {stored.title(model)}", f"timeline_{model}")
        return
    if doing is not None and doing.problem:
        st.warning(f"{stored.title(model)}: {doing.problem}")
    made = _made(key)
    rows = np.flatnonzero(~np.isfinite(told.probability).any(axis=1))
    unread = [int(row) for row in rows if row in made.unread]
    waiting = np.setdiff1d(rows, unread)
    if model not in resources.trained_models():
        if len(rows):
            st.caption(f"{stored.title(model)} has no stored scores of {counted(len(rows), 'film')}, and is not here to "
                       "score.")
        return
    start = partial(_begin, data, patient, places, model, told.findings)
    with st.container(horizontal=True, vertical_alignment="center"):
        scored, name = len(places) - len(rows), escape(stored.title(model))
        if len(waiting):
            others = "the other " if scored else ""
            st.button(f"Score {others}{counted(len(waiting), 'film')} with {stored.title(model)}",
                      key=f"timeline_score_{model}", on_click=start, args=(waiting,))
        if len(waiting) and scored:
            st.html(f"<p class='paging'>{name}: {scored:,} of {counted(len(places), 'film')} scored</p>", width="content")
        if unread:
            why = made.unread[unread[0]]
            st.html(f"<p class='none'>{counted(len(unread), 'film')} cannot be read. The first: {escape(why[:200])}</p>")
            st.button("Try again", key=f"timeline_again_{model}", on_click=start, args=(np.array(unread),),
                      type="tertiary", help="Reads these films anew: put them right first.")


def _draw(data: Data, places: np.ndarray, told: Mapping[str, FilmScores], chosen: list[str]) -> None:
    index = data.films.index.take(places)
    about = [f"{row.follow_up}<br>{age_in_words(row.age)}" if np.isfinite(row.age) else str(row.follow_up)
             for row in index.table.itertuples()]
    coloured = stored.coloured()
    lines = {
        stored.title(model): (colour_of(model, coloured), {one: told[model].of(one) for one in chosen
                                                           if one in told[model].findings})
        for model in told
    }
    labels = dict(zip(chosen, index.targets(tuple(chosen)).T, strict=True))
    st.plotly_chart(draw_timelines(lines, labels, about), key="timeline", config={"displayModeBar": False})
    st.caption("Films in order of follow-up number, ages below; each panel has a scale of its own. A full dot: the "
               "film bears the label. Labels are mined from reports; a score is a model's of one film, and differs "
               "between films of one day.")


def _known(data: Data, patient: str, places: np.ndarray, model: str) -> FilmScores:
    """What is known of these films' scores: stored ones, and those that were made on this page."""
    if model in stored.names_not_leaky():
        whole = scores(data, model)
        told = FilmScores(whole.findings, whole.probability[places])
    else:
        findings = tuple(one.key for one in resources.card_of(model).findings)
        told = FilmScores(findings, np.full((len(places), len(findings)), np.nan, np.float32))
    made = _made(_key(data, patient, model))
    probability = told.probability.copy()
    for row, values in made.scores.items():
        probability[row] = values
    return FilmScores(told.findings, probability)


def _made(key: tuple[str, ...]) -> Made:
    """The scores that were made on this page, of work that was stopped as well."""
    return work.left_by(key) or Made()


def _key(data: Data, patient: str, model: str) -> tuple[str, ...]:
    digest = resources.card_of(model).digest if model in resources.trained_models() else ""
    return "scores", data.key, patient, model, digest


def _begin(
    data: Data, patient: str, places: np.ndarray, model: str, findings: tuple[str, ...], rows: np.ndarray
) -> None:
    """Score these films beside the page."""
    key = _key(data, patient, model)
    before = _made(key)

    def make(on_step: work.OnStep) -> Made:
        on_step(0, len(rows))
        return score_films(data.films, places, rows, resources.classifier(model), findings, on_step, before)

    work.begin(key, make, anew=True, so_far=before)
