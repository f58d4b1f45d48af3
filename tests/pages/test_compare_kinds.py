"""The Compare page with models that are told of the patient, and with models of exclusive classes."""

from __future__ import annotations

from dataclasses import replace
from html import escape
from pathlib import Path

import pytest
import streamlit as st
import tiny_classes
import tiny_training as tiny
from compared import APP, WAIT, cells, finished, html
from streamlit.testing.v1 import AppTest
from tagged_film import tagged_film

from cxr_core.imaging.phantom import make_phantom
from cxr_core.models.card import Figure, load_card, write_card
from cxr_core.models.classifier import load_classifier
from cxr_core.models.clinical import ClinicalInputs
from cxr_core.reading import read_film
from cxr_core.ui.compare_words import score_line, worth_line


def opened() -> AppTest:
    st.cache_resource.clear()
    st.cache_data.clear()
    return AppTest.from_file(APP, default_timeout=WAIT).run().switch_page("pages/compare.py").run()


def test_a_clinical_model_is_explained_with_what_the_form_says(
    tiny_models: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CXR_WEIGHTS", str(tmp_path / "weights"))
    tiny.write_clinical_weights(tmp_path / "weights")
    film = tagged_film(tmp_path / "film.dcm")
    app = opened()
    app.file_uploader(key="film").upload("film.dcm", film, "application/octet-stream").run()
    app.multiselect(key="compare_methods").set_value(["grad_cam"]).run()
    app.selectbox(key="compare_finding").set_value(tiny.CLINICAL.findings[0]).run()
    told = []
    for sex in ("F", "Unknown"):
        next(one for one in app.selectbox if one.key.startswith("told_sex_")).select(sex).run()
        finished(app)
        (cell,) = cells(app)
        known = ClinicalInputs(67, None if sex == "Unknown" else sex, "AP")
        classifier = load_classifier(tiny.CLINICAL.id)
        reading = read_film(film, tiny.CLINICAL.id, classifier=classifier, clinical=lambda tags, known=known: known)
        assert cell["score"] == score_line(reading.scores[0]) and "held fixed" in cell["receipt"]
        told.append(cell["heat"])
    assert not app.exception and len(told) == 2


def test_a_clinical_model_is_worth_what_it_is_worth_where_as_much_is_known(
    tiny_models: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CXR_WEIGHTS", str(tmp_path / "weights"))
    tiny.write_clinical_weights(tmp_path / "weights")
    folder = tmp_path / "weights" / tiny.CLINICAL.id
    card = load_card(folder)
    figures = {films: Figure(auc, 0.55, 0.95, 20, 100) for films, auc in
               (("test", 0.81), ("test, history unknown", 0.72), ("test, first films", 0.63))}
    write_card(folder, replace(card, findings=tuple(replace(one, figures=figures) for one in card.findings)))
    app = opened()
    app.file_uploader(key="film").upload("film.dcm", tagged_film(tmp_path / "film.dcm"), "application/dicom").run()
    app.multiselect(key="compare_methods").set_value(["gradient"]).run()

    def worth() -> str:
        finished(app)
        return cells(app)[0]["worth"]

    assert worth().startswith("AUC .72")
    next(one for one in app.toggle if one.key.startswith("told_known_")).set_value(True).run()
    assert worth().startswith("AUC .63")
    next(one for one in app.multiselect if one.key.startswith("told_history_")).set_value(["Mass"]).run()
    assert worth().startswith("AUC .81") and not app.exception


def test_three_classes_are_each_held_against_the_others_and_answer_by_the_nearest(classes_model: Path) -> None:
    app = opened()
    app.button(key="sample").click().run()
    app.multiselect(key="compare_methods").set_value(["gradient"]).run()
    finished(app)
    (cell,) = cells(app)
    assert "the likeliest class" in cell["held"]
    reading = read_film(make_phantom(), tiny_classes.SPEC.id)
    card = load_card(classes_model / "weights" / tiny_classes.SPEC.id)
    assert cell["score"] == score_line(next(score for score in reading.scores if score.likeliest))
    assert cell["worth"] == worth_line(next(score for score in reading.scores if score.likeliest), card)[0]
    assert escape(f"{tiny_classes.SPEC.title}: {card.classes.audit.in_words}") in html(app)  # as on the Read page
    assert not app.exception
