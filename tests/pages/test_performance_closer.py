"""The Performance page below its table: groups, sample films, published figures, training and drawn boxes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import streamlit as st
from page_parts import charts, html, segment, spec
from performance_page import SHIPPED, look_closer, opened
from streamlit.testing.v1 import AppTest

from cxr_core.evaluation.judged_boxes import FILE as BOXES
from cxr_core.evaluation.judged_boxes import Draft, Judged
from cxr_core.evaluation.localisation import CONTROLS
from cxr_core.folders import user_folder
from cxr_core.models.card import Card
from cxr_core.models.weights import weights_folder
from cxr_core.ui import measured, resources, stored
from cxr_core.ui.tables import three_digits


BELOW = ["Groups of people", "Sample films", "Published figures", "Training", "Drawn boxes"]


@pytest.fixture
def page() -> AppTest:
    return opened()


@pytest.mark.parametrize("at", BELOW)
def test_each_closer_look_opens(page: AppTest, at: str) -> None:
    page = look_closer(page, at)
    assert not page.exception and not page.error


def test_published_figures_say_their_split_and_stand_below_ours(page: AppTest) -> None:
    told = html(look_closer(page, "Published figures"))
    assert told.index("measured here") < told.index("Crobu") < told.index("CheXNet")
    assert '<tr class="pale"><td>CheXNet' in told and "random by patient, not official" in told


def test_published_figures_of_other_films_are_pale_and_say_so_in_row_and_figure(page: AppTest) -> None:
    page.radio(key="subset").set_value("test_wide")
    page = look_closer(page, "Published figures")
    told = html(page).split("measured here</td>")[1]
    assert told.startswith('<td class="pale">test_wide: other patients, not the official list</td>')
    assert "(not the official list)" in spec(page, "published")
    page.radio(key="subset").set_value("test").run()
    assert "<td>part of the official test list</td>" in html(page)
    assert "not the official list" not in spec(page, "published")


def test_groups_are_measured_by_each_measure(page: AppTest) -> None:
    page = look_closer(page, "Groups of people")
    model = page.multiselect(key="models").value[0]
    for measure in ("sensitivity", "ill films called healthy"):
        segment(page, "group_measure").set_value(measure).run()
        finding = "" if measure == "ill films called healthy" else page.selectbox(key="of").value
        measured.gaps(stored.digest(model), model, "test", finding, measure).result()
        page.run()
        assert not page.exception and charts(page) == ["roc", "gaps single", "gaps crossed"] and measure in html(page)
        if measure == "sensitivity":
            point = stored.operating_point(model, finding)
            words = f"sensitivity at the card's operating point {three_digits(point)}"
            assert words in html(page).replace("&#x27;", "'")
            assert words in spec(page, "gaps single").replace("\\u0027", "'")
    said = " ".join(one.value for one in page.caption)
    assert "any of the 14 findings of this model's own" in said and "none of the 14 is at or over" in said


def test_a_finding_without_an_operating_point_has_no_sensitivity_by_group_and_the_others_have(
    monkeypatch: pytest.MonkeyPatch
) -> None:
    """Val had no film of it, so that shipping set none: the model calls films by its others."""
    law = resources.card_of

    def card_of(model_id: str) -> Card:
        first, *others = (card := law(model_id)).findings
        return replace(card, findings=(replace(first, operating_point=None, unsure=None), *others))

    monkeypatch.setattr(resources, "card_of", card_of)
    page = look_closer(opened(), "Groups of people")
    model = page.multiselect(key="models").value[0]
    page.selectbox(key="of").set_value(card_of(model).findings[0].key)
    segment(page, "group_measure").set_value("sensitivity").run()
    assert not page.exception and "only its AUC" in " ".join(one.value for one in page.info)
    segment(page, "group_measure").set_value("ill films called healthy").run()
    assert not page.exception and "only its AUC" not in " ".join(one.value for one in page.info)
    st.cache_resource.clear()


@pytest.fixture
def unjudged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The shipped weights without the judged boxes that ship with some: the user's own are all there are."""
    monkeypatch.setenv("CXR_HOME", str(tmp_path))
    for file in weights_folder().glob("*/*"):
        if file.name != BOXES:
            (tmp_path / "weights" / file.parent.name).mkdir(parents=True, exist_ok=True)
            (tmp_path / "weights" / file.parent.name / file.name).symlink_to(file.resolve())
    monkeypatch.setenv("CXR_WEIGHTS", str(tmp_path / "weights"))


def test_judged_boxes_stand_by_method_beside_the_controls(unjudged: None) -> None:
    """Methods of the core and newer ones, per finding, beside the controls and the published rows."""
    draft = Draft(user_folder("boxes") / f"{SHIPPED}.parquet", SHIPPED, "0123456789")
    draft.add([
        Judged(f"{n}.png", str(n), 0, ("Mass", "Nodule")[n % 4 == 0], method, hit, hit, hit > 0.5)
        for method, hit in {**dict.fromkeys(CONTROLS, 0.0), "ig": 1.0, "newer": 1.0}.items() for n in range(40)
    ])
    draft.finish("test", [f"{n}.png" for n in range(40)], ("ig", "newer"))
    page = look_closer(opened(), "Drawn boxes")
    assert not page.exception and not page.error
    hits = spec(page, "hits")
    for words in ("40 boxes that NIH", "a random map", "10 boxes"):
        assert words in hits
    told = html(page)
    assert "of other weights (01234567)" in told
    assert "IG (+1.00), newer (+1.00) beyond a random map" in told
    assert '<tr class="pale"><td>published: Wang et al. 2017</td><td>0.681</td>' in told
    assert "<th>Mass · 30</th><th>Nodule · 10</th>" in told and "<td>1.00 (0.91–1.00)</td>" in told


def test_boxes_that_cannot_be_read_are_an_error_in_words(unjudged: None) -> None:
    user_folder("boxes").mkdir(parents=True)
    (user_folder("boxes") / f"{SHIPPED}.parquet").write_bytes(b"none")
    page = look_closer(opened(), "Drawn boxes")
    assert not page.exception and "no Parquet file" in page.error[0].value
