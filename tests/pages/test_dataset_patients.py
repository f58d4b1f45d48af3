"""The Patients view: a patient is found by number, and several models' scores stand over the films, made when asked."""

from __future__ import annotations

import base64
import json
import shutil
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import small_set
import streamlit as st
from page_parts import html
from streamlit.testing.v1 import AppTest

from cxr_core.datasets.collection import Collection, film_bytes, open_collection
from cxr_core.datasets.nih import read_nih
from cxr_core.datasets.patients import films_of
from cxr_core.models.card import FindingCard, Origin, load_card, write_card
from cxr_core.ui.dataset import patients, timeline

APP = str(Path(__file__).parents[2] / "app.py")
OURS, THEIRS = "resnet18-128-nih14", "of-others"


@pytest.fixture
def root(tiny_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with four patients, three films each; a model of ours and an imported one, both without results."""
    shutil.copytree(tiny_weights / OURS, folder := tmp_path / "home" / "weights" / THEIRS)
    card = load_card(folder)
    write_card(folder, replace(
        card, model=replace(card.model, id=THEIRS, title="Of others"), training=None, subsets=(),
        findings=tuple(FindingCard(one.key, None, None, None) for one in card.findings),
        origin=Origin(OURS, "theirs.h5", "0" * 64, tuple(one.key for one in card.findings), "as named by the user"),
    ))
    monkeypatch.setenv("CXR_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CXR_DATA", str(tmp_path / "data"))
    st.cache_resource.clear()
    st.cache_data.clear()
    return small_set.draw_set(tmp_path / "data" / "nih")


def of(patient: str = "", **words: str) -> AppTest:
    """The patients, and the one whose number is typed; it has no place in the address."""
    app = AppTest.from_file(APP, default_timeout=300).run()
    for key, word in {"data": "nih", "show": "patients", **words}.items():
        app.query_params[key] = word
    page = app.switch_page("pages/dataset.py").run()
    return page.text_input(key="patient_search").set_value(patient).run() if patient else page


def until(page: AppTest, words: str) -> AppTest:
    for _ in range(300):
        if page.exception or words in html(page) or any(words in (one.key or "") for one in page.button):
            break
        time.sleep(1)
        page.run()
    return page


def until_all_are_scored(page: AppTest) -> None:
    for _ in range(300):
        if page.exception or (of_ours(page) and all(np.isfinite(values).all() for values in of_ours(page))):
            break
        time.sleep(1)
        page.run()


def test_models_without_results_stop_no_timeline_and_score_when_asked(root: Path) -> None:
    broken = root / "images" / "00000002_001.png"
    whole = broken.read_bytes()
    broken.write_bytes(b"no film")
    page = of(patient="2")
    assert not page.exception and "<h2>Patient 2</h2><p class='key'>3 films" in html(page)
    assert "No scores of these films yet" in html(page)
    models = page.multiselect(key="timeline_models")
    assert "Of others" in models.options
    models.set_value([OURS, THEIRS]).run()
    page.button(key=f"timeline_score_{THEIRS}").click().run()
    page.button(key=f"timeline_score_{OURS}").click().run()
    for model in (OURS, THEIRS):
        until(page, f"timeline_again_{model}")
    assert not page.exception and "1 film cannot be read. The first:" in html(page)
    assert not [one for one in page.button if (one.key or "").startswith("timeline_score")]
    lines = drawn(page)
    assert {name for name, _ in lines} == {"Of others", "ResNet18 · 128 px · 14 findings"}
    assert all(np.isfinite(values[[0, 2]]).all() and np.isnan(values[1]) for _, values in lines)
    broken.write_bytes(whole)  # put right, and asked for anew
    page.button(key=f"timeline_again_{OURS}").click().run()
    until_all_are_scored(page)
    from cxr_core.imaging.prepare import prepare
    from cxr_core.imaging.read import read_radiograph
    from cxr_core.ui import resources

    classifier = resources.classifier(OURS)
    films = open_collection(root)
    truth = np.array([classifier.card.calibrate(classifier.predict(prepare(read_radiograph(
        films.film(place).read_bytes()), classifier.spec)))[0] for place in films_of(films, "2")])
    assert of_ours(page)
    for values in of_ours(page):  # a panel each: one finding's scores over all three films, the one put right as well
        assert np.abs(truth - values[:, None]).max(axis=0).min() < 1e-5


def test_what_was_scored_before_a_stop_is_kept_and_gone_on_with(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second of three films waits until Stop was pressed: it is scored still, the third is not."""
    read, at_second, go = [], threading.Event(), threading.Event()

    def wait_at_second(films: Collection, place: int) -> bytes:
        read.append(place)
        if len(read) == 2:
            at_second.set()
            go.wait(300)
        return film_bytes(films, place)

    monkeypatch.setattr(timeline, "film_bytes", wait_at_second)
    page = of(patient="2")
    page.multiselect(key="timeline_models").set_value([OURS]).run()
    page.button(key=f"timeline_score_{OURS}").click().run()
    assert at_second.wait(300)
    page.run().button(key=f"timeline_{OURS}_stop").click().run()
    go.set()
    until(page, "2 of 3 films scored")
    assert not page.exception and page.button(key=f"timeline_score_{OURS}").label.startswith("Score the other 1 film")
    before = of_ours(page)
    assert before and all(np.isfinite(values).sum() == 2 for values in before)
    page.button(key=f"timeline_score_{OURS}").click().run()
    until_all_are_scored(page)
    assert not page.exception and len(read) == len(set(read)) == 3  # no film was scored twice
    for first, whole in zip(before, of_ours(page), strict=True):
        assert np.isfinite(whole).all() and whole[np.isfinite(first)] == pytest.approx(first[np.isfinite(first)])


def test_films_within_records_are_scored_over_time_as_they_are_on_read(root: Path, tmp_path: Path) -> None:
    from cxr_core.imaging.prepare import prepare
    from cxr_core.imaging.read import read_radiograph
    from cxr_core.training.tfrecord_writer import write_tfrecords
    from cxr_core.ui import resources

    write_tfrecords(read_nih(root)[0], tmp_path / "records", size=64, shards=2)
    page = of(data="other")
    page.text_input(key="dataset_folder").set_value(str(tmp_path / "records")).run()
    page.text_input(key="patient_search").set_value("2").run()
    page.multiselect(key="timeline_models").set_value([OURS]).run()
    page.button(key=f"timeline_score_{OURS}").click().run()
    until_all_are_scored(page)
    classifier, films = resources.classifier(OURS), open_collection(tmp_path / "records")
    truth = np.array([classifier.card.calibrate(classifier.predict(prepare(
        read_radiograph(film_bytes(films, place)), classifier.spec)))[0] for place in films_of(films, "2")])
    assert not page.exception and truth.shape == (3, 14) and of_ours(page)
    for values in of_ours(page):
        assert np.abs(truth - values[:, None]).max(axis=0).min() < 1e-5


def drawn(page: AppTest) -> list[tuple[str, np.ndarray]]:
    """The lines of the timeline, by name."""
    charts = [json.loads(one.proto.spec) for one in page.get("plotly_chart")]
    return [(line["name"], np.array(values_of(line["y"]), float)) for chart in charts for line in chart["data"]]


def of_ours(page: AppTest) -> list[np.ndarray]:
    return [values for name, values in drawn(page) if name != "Of others"]


def values_of(told: object) -> list:
    if isinstance(told, dict):  # an array goes to the browser as its bytes
        return np.frombuffer(base64.b64decode(told["bdata"]), told["dtype"]).tolist()
    return told


def test_a_patient_of_many_films_is_shown_some_at_a_time_and_another_from_the_first(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patients, "_MOST", 2)
    page = of(patient="2")
    assert not page.exception and "1 to 2 of 3 films" in html(page) and tiles(page) == ["no. 0", "no. 1"]
    page.session_state["patient_films"] = 2
    page.run()
    assert not page.exception and "3 to 3 of 3 films" in html(page) and tiles(page) == ["no. 2"]
    page.text_input(key="patient_search").set_value("3").run()
    assert not page.exception and "<h2>Patient 3</h2>" in html(page) and tiles(page) == ["no. 0", "no. 1"]


def tiles(page: AppTest) -> list[str]:
    """The follow-up numbers of the films on the patient's row."""
    told = [json.loads(one.proto.json)["tiles"] for one in page.get("bidi_component") if "tiles" in one.proto.json][-1]
    return [tile["about"].rpartition(" · ")[2] for tile in told]


def test_a_patient_is_found_by_number_whatever_is_selected(root: Path) -> None:
    page = of(sex="M")
    assert not page.exception and "<h2>2 patients</h2>" in html(page) and "<h2>Patient 2</h2>" in html(page)
    page.text_input(key="patient_search").set_value("00000003").run()
    assert not page.exception and "<h2>Patient 3</h2>" in html(page) and "none of them is selected" in html(page)
    assert page.query_params == {"data": "nih", "show": "patients", "sex": "M"}  # who was chosen is nobody else's
    page.text_input(key="patient_search").set_value("4").run()
    assert "<h2>Patient 4</h2>" in html(page) and [*page.dataframe[0].value["patient"]] == ["4"]
    page.text_input(key="patient_search").set_value("nobody").run()
    assert not page.exception and "No patient of the selection" in html(page) and "<h2>Patient 4</h2>" in html(page)


def test_the_row_that_is_marked_is_the_patient_that_is_shown(root: Path) -> None:
    page = of(patient="3")
    for sex in (None, "F"):
        page.segmented_control(key="select_sex").set_value(sex).run()
        (table,) = page.get("arrow_data_frame") or page.dataframe
        marked = json.loads(table.proto.selection_default)["selection"]["rows"]
        assert table.value["patient"].iloc[marked].tolist() == ["3"] and "<h2>Patient 3</h2>" in html(page)


def test_somebodys_own_folder_puts_no_patient_into_the_address(root: Path) -> None:
    page = of(data="other")
    page.text_input(key="dataset_folder").set_value(str(root)).run()
    page.text_input(key="patient_search").set_value("3").run()
    assert not page.exception and "<h2>Patient 3</h2>" in html(page) and "patient" not in page.query_params
