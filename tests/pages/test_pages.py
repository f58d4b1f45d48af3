"""Each page: without a film, with one, with a bad one, without weights."""

from __future__ import annotations

from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from cxr_core.imaging.phantom import make_phantom

APP = str(Path(__file__).parents[2] / "app.py")


@pytest.fixture
def app(tiny_weights: Path) -> AppTest:
    st.cache_resource.clear()
    st.cache_data.clear()
    return AppTest.from_file(APP, default_timeout=60).run()


def words(page: AppTest) -> str:
    return " ".join(str(one.value) for kind in (page.error, page.warning, page.info, page.markdown, page.caption) for one in kind)


def test_without_a_film_the_page_says_how_to_begin(app: AppTest) -> None:
    assert not app.exception and "Drop a chest film" in app.info[0].value


def test_a_film_is_read_and_explained(app: AppTest) -> None:
    app.file_uploader(key="film").upload("x.png", make_phantom(300), "image/png").run()
    assert not app.exception and not app.error
    assert "Integrated Gradients" in words(app) and "Completeness gap" in words(app)
    assert len(app.get("bidi_component")) == 1


def test_a_bad_file_is_answered_in_words_and_the_page_lives_on(app: AppTest) -> None:
    app.file_uploader(key="film").upload("x.dcm", b"no film", "application/dicom").run()
    assert not app.exception and "no PNG, JPEG or DICOM" in app.error[0].value
    app.file_uploader(key="film").clear().run()
    assert not app.exception and not app.error


def test_a_refused_film_is_scored_only_on_request_and_marked(app: AppTest) -> None:
    import cv2
    import numpy as np

    noise = cv2.imencode(".png", np.random.default_rng(0).integers(0, 255, (300, 300, 3), dtype=np.uint8))[1].tobytes()
    app.file_uploader(key="film").upload("x.png", noise, "image/png").run()
    assert "not scored" in app.warning[0].value
    app.button(key="score_anyway").click().run()
    assert not app.exception and any("scored anyway" in str(one.proto.body) for one in app.get("html"))


def test_without_weights_both_pages_say_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXR_WEIGHTS", str(tmp_path))
    st.cache_resource.clear()
    page = AppTest.from_file(APP, default_timeout=60).run()
    assert not page.exception and "No model is trained" in page.error[0].value
    page.switch_page("pages/models.py").run()
    assert not page.exception and "No model is trained" in page.error[0].value


def test_the_models_page_shows_the_card(app: AppTest) -> None:
    app.switch_page("pages/models.py").run()
    assert not app.exception and "untrained: its scores mean nothing" in words(app)
