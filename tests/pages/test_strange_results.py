"""The Performance page on results as they come: one class, ties, constant scores, few films, hostile names."""

from __future__ import annotations

from html import escape, unescape
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import streamlit as st
from page_parts import html
from streamlit.testing.v1 import AppTest

from cxr_core.evaluation.provenance import Provenance
from cxr_core.evaluation.results import ABOUT, Results
from cxr_core.evaluation.store import file_of
from cxr_core.evaluation.writer import write_results
from cxr_core.findings import COVID3
from cxr_core.ui.tables import counted
from cxr_core.ui.trust import choice, threshold
from cxr_core.ui.trust.reports import report_of_classes

APP = str(Path(__file__).parents[2] / "app.py")
EVIL = "<img src=x onerror=alert(1)>.png"
FINDINGS = ("Mass", "Nodule", "Hernia", "Edema")


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """Results of twelve films: mixed, constant scores, no positive film, and all of one score of 1."""
    monkeypatch.setenv("CXR_HOME", str(tmp_path))
    monkeypatch.setenv("CXR_WEIGHTS", str(tmp_path / "none"))
    rng = np.random.default_rng(1)
    labels = np.c_[np.arange(12) % 2, np.arange(12) % 3 == 0, np.zeros(12), np.arange(12) % 2].astype(float)
    scores = np.c_[np.round(rng.random(12), 1), np.full(12, 0.25), rng.random(12), np.ones(12)]
    films = pd.DataFrame({name: "" for name in ABOUT}, index=range(12)).assign(
        subset="odd", image=[EVIL, *(f"f{n}.png" for n in range(11))], patient=[f"p{n // 2}" for n in range(12)],
        age=np.nan, source_width=np.nan, path=[f"../../{n}" for n in range(12)],
    )
    made = Provenance("imported", "odd", "ab" * 32, label_version=EVIL)
    write_results(file_of("odd"), Results("odd", FINDINGS, EVIL, films, labels, scores, scores, made))
    st.cache_resource.clear()
    app = AppTest.from_file(APP, default_timeout=300).run().switch_page("pages/performance.py").run()
    return app.radio(key="subset").set_value("odd").run()


def test_a_chip_says_that_labels_are_labels_and_one_patient_is_one(page: AppTest) -> None:
    told = html(page)
    assert "<span>odd: 12 films of 6 patients</span>" in told and f"<span>labels {escape(EVIL)}</span>" in told
    assert (counted(1, "film"), counted(1379, "film")) == ("1 film", "1,379 films")


@pytest.mark.parametrize("finding", FINDINGS)
def test_every_rule_and_count_answers_or_says_why_not(page: AppTest, finding: str) -> None:
    page.selectbox(key="of").set_value(finding).run()
    assert not page.exception and not page.error
    if finding == "Hernia":
        assert "No curve" in " ".join(one.value for one in page.info)
        return
    for rule in threshold.RULES[1:]:
        page.selectbox(key="rule").set_value(rule).run()
        assert not page.exception and not page.error and "At a threshold of" in html(page)
    for cell in ("found", "false_alarm", "missed", "cleared"):
        page.button(key=f"cell_{cell}").click().run()
        assert not page.exception and not page.error
        assert "film-row" in html(page) or any("No film stands here" in one.value for one in page.info)


@pytest.mark.parametrize("positives", [1, 2999])
def test_the_rarest_and_the_commonest_finding_have_a_prevalence(
    positives: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CXR_HOME", str(tmp_path))
    monkeypatch.setenv("CXR_WEIGHTS", str(tmp_path / "none"))
    films = pd.DataFrame({name: "" for name in ABOUT}, index=range(3000)).assign(
        subset="odd", image=[f"f{n}.png" for n in range(3000)], patient=[f"p{n}" for n in range(3000)], age=np.nan,
        source_width=np.nan,
    )
    labels, scores = (np.arange(3000) < positives)[:, None].astype(float), np.linspace(0, 1, 3000)[:, None]
    made = Provenance("imported", "odd", "ab" * 32, label_version="none")
    write_results(file_of("odd"), Results("odd", ("Mass",), "none", films, labels, scores, scores, made))
    st.cache_resource.clear()
    page = AppTest.from_file(APP, default_timeout=300).run().switch_page("pages/performance.py").run()
    page.radio(key="subset").set_value("odd").run()
    assert not page.exception and not page.error
    asked = page.number_input(key="prevalence Mass")
    assert asked.value == pytest.approx(100 * positives / 3000, abs=0.01)
    assert f"prevalence of <b>{asked.value:.2f}%</b>" in html(page)
    asked.set_value(asked.min).run()
    assert not page.exception and "prevalence of <b>0.01%</b>" in html(page)


def test_somebodys_results_of_three_classes_have_their_confusion_matrix(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Films that have none of the classes by their labels are counted as none, never as the first class."""
    monkeypatch.setenv("CXR_HOME", str(tmp_path))
    monkeypatch.setenv("CXR_WEIGHTS", str(tmp_path / "none"))
    true, called = np.array([0, 0, 1, 1, 2, 2, 0]), np.array([0, 1, 1, 1, 2, 0, 0])
    labels, scores = np.eye(3)[true], np.eye(3)[called] * 0.6 + 0.1
    labels[6] = 0
    films = pd.DataFrame({name: "" for name in ABOUT}, index=range(7)).assign(
        subset="clinic", image=[f"f{n}.png" for n in range(7)], patient=[f"p{n}" for n in range(7)], age=np.nan,
        source_width=np.nan,
    )
    write_results(file_of("clinic"), Results("clinic", COVID3, "none", films, labels, scores, scores,
                                             Provenance("imported", "clinic", "ab" * 32, overlap=2)))
    st.cache_resource.clear()
    page = AppTest.from_file(APP, default_timeout=300).run().switch_page("pages/performance.py").run()
    assert not page.exception and not page.error
    told = html(page)
    assert "<td>Normal</td><td>1</td><td>1</td><td>0</td>" in told
    assert "<td>COVID-19</td><td>1</td><td>0</td><td>1</td>" in told
    assert "1 film has none of these classes" in " ".join(one.value for one in page.caption)
    assert "2 patients of these films" in page.warning[0].value
    page.selectbox(key="class_true").set_value("COVID-19")
    page.selectbox(key="class_called").set_value("Normal").run()
    assert not page.exception and html(page).count("film-row") == 1 and "<b>f5.png</b>" in html(page)
    report = report_of_classes(choice.shown("clinic"), "clinic").split("</head>")[1]
    assert "<h2>Confusion</h2>" in report and "<td>Normal</td><td>1</td><td>1</td><td>0</td>" in report
    assert report.index("2 patients of these films") < report.index("<h2>") and "<h2>Beside published" not in report


def test_names_and_labels_of_others_are_never_run(page: AppTest) -> None:
    for cell in ("false_alarm", "cleared"):
        page.button(key=f"cell_{cell}").click().run()
        assert "<img src=x" not in html(page)
    assert EVIL in unescape(html(page))


def test_others_results_cannot_change_the_read_page(page: AppTest) -> None:
    assert not [one for one in page.button if one.key == "use_point"]
    assert any("not of a model that the Read page has" in one.value for one in page.caption)
