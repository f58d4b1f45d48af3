"""The Performance page: on shipped results, with every choice, and without any."""

from __future__ import annotations

from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

APP = str(Path(__file__).parents[2] / "app.py")


@pytest.fixture
def page() -> AppTest:
    st.cache_resource.clear()
    app = AppTest.from_file(APP, default_timeout=60).run()
    return app.switch_page("pages/performance.py").run()


def html(page: AppTest) -> str:
    return " ".join(str(one.proto.body) for one in page.get("html"))


def test_curves_and_numbers_of_a_shipped_model_are_shown(page: AppTest) -> None:
    assert not page.exception and not page.error
    assert len(page.get("plotly_chart")) == 4
    assert "1,379 films of 454 patients" in html(page) and "95% DeLong" in html(page)


@pytest.mark.parametrize("films", ["test natural", "test picked", "test_wide"])
def test_every_set_of_films_has_its_page(page: AppTest, films: str) -> None:
    page.radio(key="subset").set_value(films).run()
    assert not page.exception and not page.error and films in html(page)


def test_the_table_says_what_the_card_says(page: AppTest) -> None:
    from cxr_core.models.card import load_card
    from cxr_core.models.weights import weights_folder

    card = load_card(weights_folder() / page.multiselect(key="models").value[0])
    figure = card.finding("Effusion").figures["test"]
    assert f"<td>Effusion</td><td>1,379</td><td>{figure.positives}</td><td>{figure.auc:.3f}</td>" in html(page)


def test_a_higher_sensitivity_costs_specificity(page: AppTest) -> None:
    page.selectbox(key="rule").set_value("sensitivity of at least").run()
    page.slider(key="least").set_value(95).run()
    assert not page.exception
    told = html(page).split("sensitivity <b>")[1]
    assert float(told.split("%")[0]) >= 95 and float(told.split("specificity <b>")[1].split("%")[0]) < 50
    assert "expect less elsewhere" in " ".join(one.value for one in page.caption)


def test_without_a_model_the_page_says_what_to_do(page: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page.multiselect(key="models").set_value([]).run()
    assert "Choose a model" in page.info[0].value
    monkeypatch.setenv("CXR_WEIGHTS", str(tmp_path))
    page.run()
    assert not page.exception and "No model has stored results" in page.error[0].value
