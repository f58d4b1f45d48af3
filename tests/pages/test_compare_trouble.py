"""The Compare page when something is wrong with a film, a model or a map: that cell says so, and the others go on."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from compared import cells, compare_page, finished, html
from streamlit.testing.v1 import AppTest

from cxr_core.imaging.gate import check_film
from cxr_core.imaging.phantom import make_phantom
from cxr_core.imaging.read import read_radiograph
from cxr_core.models.card import load_card, write_card
from cxr_core.models.classifier import Classifier
from cxr_core.models.prediction import Score
from cxr_core.ui.compare_words import worth_line

MODEL, KHAN = "resnet18-128-nih14", "mobilenet-128-nih6"


@pytest.fixture
def two_models(tiny_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a small model, and a copy of it in the place of another whose network it does not fit."""
    for model_id in (MODEL, KHAN):
        shutil.copytree(tiny_weights / MODEL, tmp_path / model_id)
    monkeypatch.setenv("CXR_WEIGHTS", str(tmp_path))
    return tmp_path


@pytest.fixture
def app(two_models: Path) -> Iterator[AppTest]:
    yield from compare_page()


def opened(app: AppTest, methods: list[str], finding: str = "Mass", models: tuple[str, ...] = (MODEL,)) -> AppTest:
    """The sample phantom, by these methods and models."""
    app.button(key="sample").click().run()
    app.multiselect(key="compare_models").set_value(list(models)).run()
    app.multiselect(key="compare_methods").set_value(methods).run()
    app.selectbox(key="compare_finding").set_value(finding).run()
    return app


def test_one_bad_card_does_not_take_the_other_columns_with_it(app: AppTest, two_models: Path) -> None:
    card = two_models / KHAN / "card.toml"
    card.write_bytes(card.read_bytes()[:200])
    opened(app, ["grad_cam"], models=(MODEL, KHAN))
    finished(app)
    good, bad = cells(app)
    assert not app.exception and not app.error and good["status"] == "done" and good["score"].startswith("Mass")
    assert bad["status"] == "failed" and "card" in bad["note"] and "cannot be read" in bad["note"]
    assert not [one for one in app.button if one.key == "score_anyway"]  # it is the model, not the film


def test_a_gradient_that_is_no_number_and_memory_that_is_short_are_told_in_their_cells_and_the_last_may_pass(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    gradients, features = Classifier.gradients, Classifier.features

    def short_of_memory(self: Classifier, batch: np.ndarray, *given: object, **named: object) -> object:
        if len(batch) > 1:
            raise MemoryError
        return gradients(self, batch, *given, **named)

    def no_number(self: Classifier, *given: object) -> tuple[np.ndarray, np.ndarray]:
        maps, slopes = features(self, *given)
        return maps, slopes * np.nan

    with monkeypatch.context() as planted:
        planted.setattr(Classifier, "gradients", short_of_memory)
        planted.setattr(Classifier, "features", no_number)
        opened(app, ["ig", "grad_cam", "gradient"])
        finished(app)
    path, nan, plain = cells(app)
    assert not app.exception and [one["status"] for one in (path, nan, plain)] == ["failed", "failed", "done"]
    assert "ran out of memory" in path["note"] and path["again"]
    assert "not a number" in nan["note"] and not nan["again"]
    app.multiselect(key="compare_methods").set_value(["gradient"]).run()
    app.multiselect(key="compare_methods").set_value(["ig", "gradient"]).run()  # chosen anew: tried anew
    finished(app)
    assert [one["status"] for one in cells(app)] == ["done", "done"]


def test_a_check_that_failed_can_be_asked_for_again(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    def short_of_memory(*_: object, **__: object) -> None:
        raise MemoryError

    opened(app, ["gradient"])
    finished(app)
    with monkeypatch.context() as planted:
        planted.setattr(Classifier, "outputs", short_of_memory)
        app.button(key="compare_check").click().run()
        finished(app)
    assert "ran out of memory" in html(app)
    assert app.button(key="compare_check").label == "Try again" and not app.button(key="compare_check").disabled
    app.button(key="compare_check").click().run()
    finished(app)
    assert not app.exception and "ran out of memory" not in html(app) and "Faithfulness" in html(app)
    assert "under the curves" in html(app) or "Area, from an empty film" in html(app)
    assert app.button(key="compare_check").disabled


def test_a_finding_that_the_only_chosen_model_does_not_know_is_answered_in_words(app: AppTest) -> None:
    opened(app, ["gradient"], finding="Hernia", models=(KHAN,))
    assert not app.exception and not cells(app) and "Left out" in html(app) and "MobileNet" in html(app)
    assert "a finding that a model knows" in app.info[0].value


def test_what_the_gate_found_is_said_of_a_film_that_is_not_refused(app: AppTest) -> None:
    film = 255 - cv2.imdecode(np.frombuffer(make_phantom(400), np.uint8), cv2.IMREAD_UNCHANGED)
    inverted = cv2.imencode(".png", film)[1].tobytes()
    (reason,) = check_film(read_radiograph(inverted), 128).reasons
    assert reason.code == "inverted" and not reason.refuses
    app.file_uploader(key="film").upload("x.png", inverted, "image/png").run()
    app.multiselect(key="compare_methods").set_value([]).run()
    app.multiselect(key="compare_methods").set_value(["gradient"]).run()
    assert not app.exception and html(app).count(reason.text) == 1 and "phantom" not in html(app)


def test_the_phantom_is_called_one(app: AppTest) -> None:
    opened(app, ["gradient"])
    assert "drawn phantom, no patient" in html(app)


def test_a_refused_film_that_is_scored_anyway_is_called_so_with_the_reason(app: AppTest) -> None:
    app.file_uploader(key="film").upload("x.png", make_phantom(100), "image/png").run()
    assert "The gate refused" not in html(app) and "Not scored" in cells(app)[0]["note"]
    app.multiselect(key="compare_methods").set_value(["gradient"]).run()
    app.button(key="score_anyway").click().run()
    finished(app)
    assert "The gate refused this film; it is scored on request" in html(app) and "at least 128" in html(app)


def test_a_score_stands_beside_what_it_is_worth(app: AppTest, two_models: Path) -> None:
    folder = two_models / MODEL
    card = load_card(folder)
    figure = replace(card.findings[0].figures["test"], auc=0.714, low=0.65, high=0.77)
    write_card(folder, replace(card, findings=tuple(
        replace(one, figures={"test": figure} if one.key == "Mass" else {}) for one in card.findings)))
    opened(app, ["gradient"])
    finished(app)
    (cell,) = cells(app)
    assert (cell["worth"], cell["weak"]) == ("AUC .71 (.65–.77) on NIH's test", False)
    app.selectbox(key="compare_finding").set_value("Edema").run()
    finished(app)
    assert cells(app)[0]["worth"] == "AUC not measured"
    assert worth_line(Score("Mass", 0.5, 0.5, 0.5, (0.4, 0.6)), card) == ("AUC .50 (.40–.60) on NIH's test, chance", True)
