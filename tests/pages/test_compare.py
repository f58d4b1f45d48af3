"""The Compare page: without a film, with one, with one that is refused, with a model that fails."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from compared import APP, WAIT, cells, compare_page, finished, html
from streamlit.testing.v1 import AppTest

from cxr_core.evaluation.saved_points import save_point
from cxr_core.imaging.phantom import make_phantom
from cxr_core.models.card import load_card
from cxr_core.models.registry import find_spec
from cxr_core.models.weights import find_weights

MODEL = "resnet18-128-nih14"


@pytest.fixture
def app(tiny_weights: Path) -> Iterator[AppTest]:
    yield from compare_page()


def test_without_a_film_the_page_says_how_to_begin(app: AppTest) -> None:
    assert not app.exception and "Compare models" in html(app) and "not a medical device" in html(app)
    assert "sample phantom" in app.button(key="sample").label


def test_a_film_of_the_read_page_is_here_without_a_second_upload_and_every_cell_is_made(app: AppTest) -> None:
    app.switch_page("pages/read.py").run()
    app.file_uploader(key="film").upload("x.png", make_phantom(300), "image/png").run()
    app.switch_page("pages/compare.py").run()
    finished(app)
    made = cells(app)
    assert not app.exception and [one["status"] for one in made] == ["done", "done"]
    assert made[0]["steps"] > 8 and "gap" in made[0]["gap"] and "operating point 50" in made[0]["held"]
    assert made[1]["gap"] == "" and " s on " in made[1]["receipt"]
    for words in ("2 of 2 maps", "models agree cannot be said", "2 ResNet18 · Grad-CAM"):
        assert words in html(app)
    assert any("What speaks against it is not" in one.value for one in app.caption)
    app.multiselect(key="compare_methods").set_value(["grad_cam"]).run()  # nothing in its maps is negative
    assert not any("What speaks against it is not" in one.value for one in app.caption)
    app.multiselect(key="compare_methods").set_value(["ig", "grad_cam"]).run()
    app.switch_page("pages/models.py").run()
    app.switch_page("pages/compare.py").run()
    assert [one["heat"] for one in cells(app)] == [one["heat"] for one in made]  # what was made is found again
    assert not app.session_state["background_work"].is_busy


def test_a_method_that_a_model_has_not_says_so_in_its_cell_and_a_bad_model_in_its_own(
    tiny_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for model_id in (MODEL, "mobilenet-128-nih6"):
        shutil.copytree(tiny_weights / MODEL, tmp_path / model_id)
    monkeypatch.setenv("CXR_WEIGHTS", str(tmp_path))  # the second's weights are of another network
    st.cache_resource.clear()
    app = AppTest.from_file(APP, default_timeout=WAIT).run()
    app.switch_page("pages/compare.py").run()
    app.button(key="sample").click().run()
    app.multiselect(key="compare_methods").set_value(["grad_cam", "attention"]).run()
    app.selectbox(key="compare_finding").set_value("Mass").run()
    finished(app)
    good, bad, without, bad_too = cells(app)
    assert not app.exception and good["status"] == "done" and good["score"].startswith("Mass")
    assert without["status"] == "failed" and "no attention map" in without["note"]
    assert [one["status"] for one in (bad, bad_too)] == ["failed", "failed"] and "weights" in bad["note"].lower()
    assert "1 of 4 maps, 3 not possible" in html(app)


def test_a_refused_film_is_drawn_only_on_request(app: AppTest) -> None:
    app.file_uploader(key="film").upload("x.png", make_phantom(100), "image/png").run()
    assert [one["status"] for one in cells(app)] == ["failed", "failed"]
    assert "Not scored" in cells(app)[0]["note"] and "at least 128" in cells(app)[0]["note"]
    assert "was refused and not scored: there are no maps" in html(app) and "Choose another model" not in html(app)
    app.multiselect(key="compare_methods").set_value(["grad_cam"]).run()
    app.button(key="score_anyway").click().run()
    finished(app)
    assert not app.exception and [one["status"] for one in cells(app)] == ["done"]


def test_scores_and_boxes_hold_to_the_readers_own_operating_point(
    app: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CXR_HOME", str(tmp_path))
    app.button(key="sample").click().run()
    app.selectbox(key="compare_finding").set_value("Mass").run()
    finished(app)
    digest = load_card(find_weights(find_spec(MODEL))).digest
    save_point(digest, "Mass", 0.999, rule="by hand", who="a test")
    app.run()
    finished(app)
    assert all("operating point 100% (your operating point" in one["held"] for one in cells(app))
    assert all("under" in one["score"] and not one["boxes"] for one in cells(app))


def test_a_finding_that_no_chosen_model_knows_is_answered_in_words(app: AppTest) -> None:
    app.button(key="sample").click().run()
    app.multiselect(key="compare_models").set_value([]).run()
    assert not app.exception and "at least one model" in app.info[0].value and not cells(app)


def test_a_file_that_is_no_film_is_answered_in_words(app: AppTest) -> None:
    app.file_uploader(key="film").upload("x.dcm", b"no film", "application/octet-stream").run()
    assert not app.exception and "no PNG, JPEG or DICOM" in app.error[0].value


def test_a_map_is_checked_on_request_in_words_and_everything_can_be_taken_away(app: AppTest) -> None:
    app.button(key="sample").click().run()
    app.multiselect(key="compare_methods").set_value(["grad_cam"]).run()
    finished(app)
    assert "Can this map be trusted?" in html(app) and "checks" not in html(app)
    app.button(key="compare_check").click().run()
    finished(app)
    assert not app.exception and "checks speak" in html(app).replace("checks speaks", "checks speak")
    for name in ("Faithfulness", "Randomised weights", "Stability", "Inside the chest"):
        assert name in html(app)
    assert app.button(key="compare_check").disabled and len(app.get("plotly_chart")) == 1
