"""Each page: without a film, with one, with a bad one, without weights."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from cxr_core.imaging.phantom import make_phantom

MODEL = "resnet18-128-nih14"
APP = str(Path(__file__).parents[2] / "app.py")


@pytest.fixture
def app(tiny_weights: Path) -> AppTest:
    st.cache_resource.clear()
    st.cache_data.clear()
    return AppTest.from_file(APP, default_timeout=60).run()


def words(page: AppTest) -> str:
    return " ".join(str(one.value) for kind in (page.error, page.warning, page.info, page.markdown, page.caption) for one in kind)


def html(page: AppTest) -> str:
    return " ".join(str(one.proto.body) for one in page.get("html"))


def test_without_a_film_the_page_says_how_to_begin(app: AppTest) -> None:
    assert not app.exception and app.button(key="sample").label == "Try the sample phantom"
    assert "not a medical device" in html(app)


def test_a_film_is_read_and_explained(app: AppTest) -> None:
    app.file_uploader(key="film").upload("x.png", make_phantom(300), "image/png").run()
    assert not app.exception and not app.error
    assert "Integrated Gradients" in html(app) and "64 steps" in html(app) and "Completeness gap" in html(app)
    assert len(app.get("bidi_component")) == 2  # the film and the findings


def test_the_phantom_is_one_click_away_and_goes_when_it_is_switched_off(app: AppTest) -> None:
    app.button(key="sample").click().run()
    assert not app.exception and len(app.get("bidi_component")) == 2
    app.toggle(key="phantom").set_value(False).run()
    assert not app.exception and app.button(key="sample")


def test_a_chosen_finding_is_the_one_explained_and_stays_chosen(app: AppTest) -> None:
    app.session_state["finding"] = "Hernia"
    app.file_uploader(key="film").upload("x.png", make_phantom(300), "image/png").run()
    assert "Why Hernia?" in html(app)


def test_several_films_are_a_strip_without_their_names(app: AppTest) -> None:
    app.file_uploader(key="film").upload("jane.png", make_phantom(300), "image/png")
    app.file_uploader(key="film").upload("doe.png", make_phantom(400), "image/png").run()
    assert not app.exception and "300 × 300" in html(app) and "jane" not in str(app.main) + html(app)


def read_as_the_page_does(path: str, model: str) -> None:
    """A script of its own: the cached reading that pages/read.py draws, with its scores in reach of a test."""
    import hashlib
    from pathlib import Path

    import streamlit

    from cxr_core.ui import resources

    data = Path(path).read_bytes()
    streamlit.session_state["scores"] = resources.reading(hashlib.sha256(data).hexdigest(), data, model, False).scores


def test_the_page_says_what_the_command_line_says_to_the_last_bit(
    app: AppTest, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from cxr_core.cli import main

    film = tmp_path / "film.png"
    film.write_bytes(make_phantom(300))
    app.file_uploader(key="film").upload("x.png", film.read_bytes(), "image/png").run()
    making = next(iter(app.session_state["maps"].values()))
    asked = AppTest.from_function(read_as_the_page_does, kwargs={"path": str(film), "model": MODEL}, default_timeout=60).run()
    shown = {score.finding: score.probability for score in asked.session_state["scores"]}
    assert main(["predict", str(film), "--model", MODEL, "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert len(shown) == 14 and shown == {finding: row[finding] for finding in shown}
    assert main(["explain", str(film), "--model", MODEL, "--finding", making.best.finding, "--json"]) == 0
    explained = json.loads(capsys.readouterr().out)
    assert explained["boxes"] == [{"x": b.x, "y": b.y, "w": b.w, "h": b.h, "share": b.share} for b in making.best.boxes]
    assert explained["receipt"]["gap"] == making.best.receipt.gap[0]
    assert explained["probability"] == shown[making.best.finding]


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
