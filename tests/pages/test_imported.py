"""A model of others in the reading room: it reads films, and nothing is said of it that nobody knows."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import streamlit as st
from page_parts import html
from streamlit.testing.v1 import AppTest

from cxr_core.imaging.phantom import make_phantom
from cxr_core.models.card import FindingCard, Origin, load_card, write_card

MODEL, OWN = "of-others", "resnet18-128-nih14"
APP = str(Path(__file__).parents[2] / "app.py")


@pytest.fixture
def app(tiny_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The app where one model has been imported and nothing else is there."""
    folder = tmp_path / "home" / "weights" / MODEL
    shutil.copytree(tiny_weights / OWN, folder)
    card = load_card(folder)
    write_card(folder, replace(
        card, model=replace(card.model, id=MODEL), training=None, subsets=(),
        findings=tuple(FindingCard(one.key, None, None, None) for one in card.findings),
        origin=Origin(OWN, "theirs.h5", "0" * 64, tuple(one.key for one in card.findings), "as named by the user"),
    ))
    monkeypatch.setenv("CXR_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CXR_WEIGHTS", str(tmp_path / "none"))
    st.cache_resource.clear()
    return AppTest.from_file(APP, default_timeout=300).run()


def test_it_reads_a_film_and_claims_nothing(app: AppTest) -> None:
    app.file_uploader(key="film").upload("x.png", make_phantom(300), "application/octet-stream").run()
    assert not app.exception and not app.error and MODEL in html(app)
    assert "not calibrated" in html(app) and "what it is worth is not known" in html(app)
    assert " steps in " in html(app) and "being refined" not in html(app) and "NIH test list" not in html(app)


def test_its_card_says_unknown(app: AppTest) -> None:
    app.switch_page("pages/models.py").run()
    told = " ".join(str(one.value) for one in app.markdown)
    assert not app.exception and "Training.** Unknown" in told and "theirs.h5" in told
    assert "Unknown: no test figures" in html(app)


def test_a_page_of_figures_leaves_it_out(app: AppTest) -> None:
    app.switch_page("pages/performance.py").run()
    assert not app.exception and "No model has stored results" in app.error[0].value
