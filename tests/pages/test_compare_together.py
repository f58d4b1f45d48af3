"""What the Compare page says and draws of several maps together, and what it begins with."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from compared import cells, compare_page, finished, html
from streamlit.testing.v1 import AppTest

from cxr_core.comparing.cells import CellMap
from cxr_core.comparing.pairs import consensus_map
from cxr_core.explain.agreement import difference
from cxr_core.imaging.phantom import make_phantom
from cxr_core.imaging.read import read_radiograph
from cxr_core.models.card import Origin, load_card, write_card
from cxr_core.ui.viewer import Overlay, overlay_message

MODEL, THEIRS = "resnet18-128-nih14", "theirs"


@pytest.fixture
def app(tiny_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    """The page with a small network, and the same one imported as another's."""
    monkeypatch.setenv("CXR_HOME", str(tmp_path))
    folder = tmp_path / "weights" / THEIRS
    shutil.copytree(tiny_weights / MODEL, folder)
    card = load_card(folder)
    outputs = tuple(finding.key for finding in card.findings)
    write_card(folder, replace(card, model=replace(card.model, id=THEIRS, title="Theirs · 128 px"),
                               origin=Origin(MODEL, "theirs.h5", "0" * 64, outputs, "a test")))
    yield from compare_page()


def together(page: AppTest) -> dict:
    """What the viewer of all maps is told."""
    (told,) = [json.loads(one.proto.json) for one in page.get("bidi_component")
               if one.proto.component_name.endswith("film_viewer_low")]
    return told


def made(page: AppTest, model_id: str, method: str) -> CellMap:
    work = page.session_state["background_work"]
    return next(work.find(key).best for key in work._tasks if (key.model_id, key.method) == (model_id, method))


def test_models_are_said_to_agree_by_each_method_apart_and_the_maps_of_all_are_drawn_together(app: AppTest) -> None:
    app.button(key="sample").click().run()
    app.multiselect(key="compare_methods").set_value(["grad_cam", "gradient"]).run()
    app.selectbox(key="compare_finding").set_value("Mass").run()
    finished(app)
    assert [one["status"] for one in cells(app)] == ["done"] * 4 and not app.exception
    for method in ("Grad-CAM", "Gradient"):  # the same network twice
        assert f"<b>{method}: </b>The maps look at the same place: they share 100%" in html(app)
    film = read_radiograph(make_phantom())
    for method in ("grad_cam", "gradient"):
        app.selectbox(key="compare_consensus").set_value(method).run()
        truth = consensus_map([made(app, model, method) for model in (MODEL, THEIRS)])
        assert together(app)["heat"] == overlay_message(film, Overlay(truth))["heat"]
    app.segmented_control(key="compare_view").set_value("Difference").run()
    app.selectbox(key="compare_first").set_value(f"{MODEL} grad_cam").run()
    app.selectbox(key="compare_second").set_value(f"{MODEL} gradient").run()
    truth = difference(made(app, MODEL, "grad_cam").heatmap, made(app, MODEL, "gradient").heatmap)
    assert together(app)["heat"] == overlay_message(film, Overlay(truth, signed=True))["heat"]
    assert together(app)["signed"]
    app.selectbox(key="compare_second").set_value(f"{THEIRS} grad_cam").run()  # of the same network: no difference anywhere
    assert together(app)["heat"] == overlay_message(film, Overlay(0 * truth, signed=True))["heat"]
    app.multiselect(key="compare_models").set_value([MODEL]).run()
    assert not app.exception and "whether models agree cannot be said" in html(app) and "same place" not in html(app)


def test_what_was_chosen_below_the_grid_is_found_again_and_is_not_another_models_when_models_go(app: AppTest) -> None:
    app.button(key="sample").click().run()
    app.multiselect(key="compare_methods").set_value(["grad_cam", "gradient"]).run()
    app.selectbox(key="compare_finding").set_value("Mass").run()
    finished(app)
    app.segmented_control(key="compare_measure").set_value("spearman").run()
    app.segmented_control(key="compare_view").set_value("Swipe").run()
    chosen = {"compare_first": f"{THEIRS} gradient", "compare_second": f"{MODEL} gradient",
              "compare_trusted": f"{THEIRS} grad_cam"}
    for key, place in chosen.items():
        app.selectbox(key=key).set_value(place).run()
    app.switch_page("pages/models.py").run()
    app.switch_page("pages/compare.py").run()
    assert app.segmented_control(key="compare_measure").value == "spearman"
    assert app.segmented_control(key="compare_view").value == "Swipe"
    assert {key: app.selectbox(key=key).value for key in chosen} == chosen
    app.multiselect(key="compare_models").set_value([MODEL]).run()
    assert not app.exception
    assert app.selectbox(key="compare_second").value == f"{MODEL} gradient"  # the same map, in another place
    assert app.selectbox(key="compare_first").value == app.selectbox(key="compare_trusted").value == f"{MODEL} grad_cam"


def test_the_finding_that_was_chosen_on_the_read_page_is_compared_and_another_may_be_chosen_here(app: AppTest) -> None:
    app.button(key="sample").click().run()
    app.multiselect(key="compare_models").set_value([]).run()  # nothing is drawn
    film = next(iter(app.session_state["session_films"].values()))
    app.session_state["finding_of"] = {film.sha256: "Edema"}
    app.run()
    assert app.selectbox(key="compare_finding").value == "Edema"
    app.selectbox(key="compare_finding").set_value("Mass").run()
    app.run()
    assert app.selectbox(key="compare_finding").value == "Mass"  # chosen later than that of the Read page
    app.session_state["finding_of"] = {film.sha256: "Hernia"}
    app.run()
    assert app.selectbox(key="compare_finding").value == "Hernia"


def test_a_path_may_begin_elsewhere_and_a_map_without_a_path_stays(app: AppTest) -> None:
    app.button(key="sample").click().run()
    app.multiselect(key="compare_models").set_value([MODEL]).run()
    app.multiselect(key="compare_methods").set_value(["guided_ig", "grad_cam"]).run()
    app.selectbox(key="compare_finding").set_value("Mass").run()
    finished(app)
    black, cam = cells(app)
    app.selectbox(key="compare_baseline").set_value("white").run()
    finished(app)
    white, same = cells(app)
    assert white["heat"] != black["heat"]
    assert "white baseline" in white["receipt"] and "baseline" not in black["receipt"]
    assert same == cam
    app.multiselect(key="compare_methods").set_value(["grad_cam"]).run()
    assert "compare_baseline" not in {one.key for one in app.selectbox}
