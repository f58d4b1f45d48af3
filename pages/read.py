"""Read one chest film: findings, heat map, boxes."""

import streamlit as st
from streamlit.errors import StreamlitAPIException

from cxr_core.geometry import Box
from cxr_core.models.card import shortcut_audit
from cxr_core.models.clinical import TEST
from cxr_core.models.registry import find_spec
from cxr_core.reading import Reading, draw_reading, first_finding
from cxr_core.ui import export, film_page, films, frame, maps, resources, words
from cxr_core.ui.findings_panel import findings_panel
from cxr_core.ui.nih_boxes import drawn_by_nih
from cxr_core.ui.patient import patient_form
from cxr_core.ui.similar_films import show_like
from cxr_core.ui.viewer import Overlay, film_viewer, send_film

frame.require()
state = st.session_state
BEGIN = """<div class="begin"><h1>Read a chest film</h1><p>Findings of networks that were trained on real films,
each beside what it is worth; a heat map of where the score comes from; boxes. The film stays in this machine's memory.
</p></div>"""


def refused(reading: Reading, sha256: str) -> None:
    """Film and reasons side by side, and the way on for one who knows better."""
    left, right = st.columns([1.7, 1], gap="small")
    with left:
        film_viewer(reading.radiograph, key="viewer")
    with right:
        st.html(words.refusal(reading))
        film_page.score_anyway_button(sha256, "The scores will be marked as those of a refused film.")


def slot(name: str, body: str) -> None:
    """Words that not every model or film has, in a container that every one has: where elements changed their places,
    those of the model before would be seen among them until the map is done."""
    with st.container(key=f"slot_{name}"):
        if body:
            st.html(body)
        else:
            st.empty()


@st.fragment
def look(reading: Reading, drawn: tuple[Box, ...]) -> None:
    """Film, findings and the map of the chosen one. A click on a finding runs this alone, not the page."""
    film, prediction = reading.radiograph, reading.prediction
    chosen = state.setdefault("finding_of", {})
    finding = chosen.get(film.sha256)
    if finding not in reading.spec.findings:
        finding = first_finding(reading)
    making = maps.find(reading, finding)
    explanation = making.best
    left, right = st.columns([1.7, 1], gap="small")
    with left:
        film_viewer(film, Overlay.of(explanation, drawn), key="viewer")
    with right:
        card, told_of = resources.card_of(prediction.model_id), reading.clinical
        findings_panel(prediction, card, finding, key="findings", films=told_of.judged_on if told_of else TEST,
                       on_choose=lambda one: chosen.update({film.sha256: one}))
        audit = shortcut_audit(reading.spec, card)
        slot("audit", "" if audit is None else words.warning(audit.in_words))
        with st.container(key="why"):
            st.html(words.why(finding, explanation, making.done))
            told = st.empty()
        slot("care", words.care(reading) if reading.gate.reasons else "")
        with st.container(horizontal=True, key="exports"):
            stem = f"film-{film.sha256[:8]}-{prediction.model_id}"
            for label, make, kind in (
                ("CSV", lambda: export.to_csv(reading), "text/csv"),
                ("JSON", lambda: export.to_json(reading, explanation), "application/json"),
                ("PNG", lambda: draw_reading(reading, explanation, drawn=drawn), "image/png"),
            ):
                st.download_button(label, make, f"{stem}.{label.lower()}", kind, on_click="ignore")
        st.html(words.foot(reading, card))
    if making.done:
        resources.load_ahead(resources.best_models())  # the reader looks: Compare, if it is next, has them at hand
        frame.load_figures_ahead()  # and so has Performance
        return
    with frame.problems_shown():  # drawn so far; now the next better map, then this anew
        bar = told.progress(0.0)
        maps.advance(reading, finding, lambda done, most: bar.progress(done / most))
        try:
            st.rerun(scope="fragment")
        except StreamlitAPIException:  # the first time it is the whole page that runs
            st.rerun()


def read(film: films.Film, models: list[str]) -> None:
    """The page of a film."""
    with st.container(horizontal=True, vertical_alignment="center", key="bar"):
        model_id = st.selectbox("Model", models, key="model", label_visibility="collapsed",
                                width=resources.MODEL_WIDTH, format_func=lambda one: find_spec(one).title)
        anyway = film_page.is_scored_anyway(film.sha256)
        reading = resources.reading(film.sha256, film.data, model_id, anyway)
        with st.container(width="content", key="slot_patient"):  # as `slot`: no other model has anything in it
            if reading.clinical is not None and reading.prediction is not None:
                told = patient_form(film.sha256, reading.clinical, resources.card_of(model_id).clinical)
                if told != reading.clinical:
                    reading = resources.rescored(film.sha256, reading, model_id, anyway, told)
            else:
                st.empty()
        reading, problem = resources.held_to_own_points(reading)
        st.html(words.chips(reading, phantom=film.is_phantom), width="stretch")
        if reading.prediction is not None:
            with st.popover("What the network saw"):
                st.html(words.seen(reading))
    if problem:
        st.html(words.warning(problem))
    films.keep_picture(film, reading.radiograph)
    with st.container(key="pixels"):
        send_film(reading.radiograph, key="film_pixels")
    room, below = st.container(key="room"), st.container(key="below")
    if reading.prediction is not None:
        with below:  # drawn first: the map is refined in run after run, and what comes after it would wait
            show_like(reading)
    with room:
        if reading.prediction is None:
            refused(reading, film.sha256)
        else:
            look(reading, drawn_by_nih(film, reading.radiograph))


models, film = film_page.models_and_film(BEGIN)
with frame.problems_shown():
    read(film, models)
if films.make_pictures():
    st.rerun()
