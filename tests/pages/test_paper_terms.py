"""What a paper gives beside AUC stands with its model: on its card, and below the published figures."""

from __future__ import annotations

from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from cxr_core.evaluation.paper_terms import in_paper_terms
from cxr_core.evaluation.published import figures_of
from cxr_core.evaluation.results import load_results, subset
from cxr_core.models.weights import weights_folder

APP = str(Path(__file__).parents[2] / "app.py")
MODEL = "xception-128-nih14"


@pytest.fixture
def app() -> AppTest:
    st.cache_resource.clear()
    return AppTest.from_file(APP, default_timeout=300).run()


def terms(films: str) -> list[str]:
    return in_paper_terms(subset(load_results(weights_folder() / MODEL), films), figures_of(MODEL))


def test_on_the_models_page(app: AppTest) -> None:
    app.switch_page("pages/models.py").run()
    app.selectbox(key="card_of").set_value(MODEL).run()
    assert not app.exception and terms("test")
    told = " ".join(str(one.proto.body) for one in app.get("html"))
    assert all(line in told for line in terms("test"))


def test_on_the_performance_page_of_the_films_that_are_chosen(app: AppTest) -> None:
    app.switch_page("pages/performance.py").run()
    app.multiselect(key="models").set_value([MODEL]).run()
    app.radio(key="subset").set_value("test_wide").run()
    app.session_state["below"] = "Published figures"
    app.run()
    assert not app.exception
    told = " ".join(one.value for one in app.markdown)
    assert all(line in told for line in terms("test_wide")) and "605 films" in told
