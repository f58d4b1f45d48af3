"""Each page: without a film, with one, with a bad one, without weights."""

from __future__ import annotations

import hashlib
import json
from html import unescape
from pathlib import Path

import pytest
import streamlit as st
from page_parts import html
from streamlit.testing.v1 import AppTest

from cxr_core.datasets import boxes
from cxr_core.imaging.phantom import make_phantom

MODEL = "resnet18-128-nih14"
APP = str(Path(__file__).parents[2] / "app.py")


@pytest.fixture
def app(tiny_weights: Path) -> AppTest:
    st.cache_resource.clear()
    st.cache_data.clear()
    return AppTest.from_file(APP, default_timeout=300).run()


def words(page: AppTest) -> str:
    kinds = page.error, page.warning, page.info, page.markdown, page.caption
    return " ".join(str(one.value) for kind in kinds for one in kind)


def drop(page: AppTest, name: str, data: bytes) -> AppTest:
    return page.file_uploader(key="film").upload(name, data, "application/octet-stream")


def sizes(page: AppTest) -> str:
    """The chips above the film."""
    return next(one for one in (str(node.proto.body) for node in page.get("html")) if "chips" in one)


def test_without_a_film_the_page_says_how_to_begin(app: AppTest) -> None:
    assert not app.exception and "sample phantom" in app.button(key="sample").label
    assert "not a medical device" in html(app)


def test_a_film_is_read_and_explained(app: AppTest) -> None:
    drop(app, "x.png", make_phantom(300)).run()
    assert not app.exception and not app.error
    assert "Integrated Gradients" in html(app) and " steps in " in html(app) and "being refined" not in html(app)
    assert "Completeness gap" in html(app) and "error of the map" in html(app)
    assert "What speaks against it, here" in html(app) and "is not drawn" in html(app)
    assert len(app.get("bidi_component")) == 3  # the film's pixels, the film, the findings


def test_the_phantom_is_one_click_away_and_one_click_gone(app: AppTest) -> None:
    app.button(key="sample").click().run()
    assert not app.exception and len(app.get("bidi_component")) == 3 and "phantom, no patient" in sizes(app)
    app.button(key="close_phantom").click().run()
    assert not app.exception and app.button(key="sample")


def test_a_chosen_finding_is_the_one_explained_and_stays_chosen(app: AppTest) -> None:
    film = make_phantom(300)
    app.session_state["finding_of"] = {hashlib.sha256(film).hexdigest(): "Hernia"}
    drop(app, "x.png", film).run()
    assert "Why Hernia?" in html(app)
    app.run()
    assert "Why Hernia?" in html(app)


def test_several_films_are_a_strip_of_pictures_without_their_names(app: AppTest) -> None:
    drop(app, "jane-doe-1.png", make_phantom(300))
    drop(app, "jane-doe-2.png", make_phantom(400)).run()
    assert not app.exception and "300 × 300" in sizes(app)
    first, second = (one for one in app.button if one.key.startswith("choose_"))
    assert (first.label, second.label) == ("Film 1", "Film 2")
    assert html(app).count('<div class="thumb"><img') == 2
    second.click().run()
    assert "400 × 400" in sizes(app) and "jane-doe" not in html(app)


def test_a_film_that_is_closed_is_gone_and_its_neighbour_is_read(app: AppTest) -> None:
    drop(app, "a.png", make_phantom(300))
    drop(app, "b.png", make_phantom(400)).run()
    next(one for one in app.button if one.key.startswith("close_")).click().run()
    assert not app.exception and "400 × 400" in sizes(app)
    assert len([one for one in app.button if one.key.startswith("choose_")]) == 1


def test_films_outlive_a_walk_to_another_page(app: AppTest) -> None:
    drop(app, "a.png", make_phantom(300)).run()
    app.switch_page("pages/models.py").run()
    app.switch_page("pages/read.py").run()
    assert not app.exception and "300 × 300" in sizes(app)
    drop(app, "b.png", make_phantom(400)).run()
    assert "400 × 400" in sizes(app) and len([one for one in app.button if one.key.startswith("choose_")]) == 2


def read_as_the_page_does(path: str, model: str) -> None:
    """A script of its own: the cached reading that pages/read.py draws, with its scores in reach of a test."""
    import hashlib
    from pathlib import Path

    import streamlit

    from cxr_core.reading import draw_reading
    from cxr_core.ui import resources

    data = Path(path).read_bytes()
    reading = resources.reading(hashlib.sha256(data).hexdigest(), data, model, False)
    streamlit.session_state["scores"] = reading.scores
    streamlit.session_state["drawn"] = lambda explanation: draw_reading(reading, explanation)


def test_the_page_says_what_the_command_line_says_to_the_last_bit(
    app: AppTest, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from cxr_core.cli import main

    film = tmp_path / "film.png"
    film.write_bytes(make_phantom(300))
    drop(app, "x.png", film.read_bytes()).run()
    making = next(iter(app.session_state["maps"].values()))
    asked = AppTest.from_function(
        read_as_the_page_does, kwargs={"path": str(film), "model": MODEL}, default_timeout=300
    ).run()
    shown = {score.finding: score.probability for score in asked.session_state["scores"]}
    assert main(["predict", str(film), "--model", MODEL, "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert len(shown) == 14 and shown == {finding: row[finding] for finding in shown}
    assert main(["explain", str(film), "--model", MODEL, "--finding", making.best.finding, "--json"]) == 0
    explained = json.loads(capsys.readouterr().out)
    assert explained["boxes"] == [{"x": b.x, "y": b.y, "w": b.w, "h": b.h, "share": b.share} for b in making.best.boxes]
    assert explained["receipt"]["gap"] == making.best.receipt.gap[0]
    assert explained["probability"] == shown[making.best.finding]
    out = tmp_path / "film-with-map.png"
    assert main(["explain", str(film), "--model", MODEL, "--finding", making.best.finding, "--out", str(out)]) == 0
    assert out.read_bytes() == asked.session_state["drawn"](making.best)


def test_a_broken_list_of_nihs_boxes_keeps_nobody_from_reading(
    app: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "BBox_List_2017.csv").write_text("a,b\n1,2\n")
    monkeypatch.setenv("CXR_DATA", str(tmp_path))
    boxes._known.cache_clear()
    drop(app, "00000001_000.png", make_phantom(300)).run()
    assert not app.exception
    assert "NIH's boxes are not shown" in unescape(html(app)) and "Integrated Gradients" in html(app)


def test_a_bad_file_is_answered_in_words_and_the_page_lives_on(app: AppTest) -> None:
    drop(app, "x.dcm", b"no film").run()
    assert not app.exception and "no PNG, JPEG or DICOM" in app.error[0].value
    assert "cannot be read as a film" in html(app) and "unreadable" in html(app)
    app.file_uploader(key="film").clear().run()
    assert not app.exception and not app.error and app.button(key="sample")


def test_a_refused_film_is_scored_only_on_request_and_marked(app: AppTest) -> None:
    import cv2
    import numpy as np

    noise = cv2.imencode(".png", np.random.default_rng(0).integers(0, 255, (300, 300, 3), dtype=np.uint8))[1].tobytes()
    drop(app, "x.png", noise).run()
    assert "not scored" in html(app) and len(app.get("bidi_component")) == 2  # no findings
    app.button(key="score_anyway").click().run()
    assert not app.exception and "refused, scored anyway" in sizes(app) and len(app.get("bidi_component")) == 3


def test_without_weights_both_pages_say_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXR_WEIGHTS", str(tmp_path))
    st.cache_resource.clear()
    page = AppTest.from_file(APP, default_timeout=300).run()
    assert not page.exception and "No model is trained" in page.error[0].value
    page.switch_page("pages/models.py").run()
    assert not page.exception and "No model is trained" in page.error[0].value


def test_the_models_page_shows_the_card(app: AppTest) -> None:
    app.switch_page("pages/models.py").run()
    assert not app.exception and "untrained: its scores mean nothing" in words(app)
