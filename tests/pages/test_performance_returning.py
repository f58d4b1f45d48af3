"""What a reader chose on the Performance page stays: for other films and findings, and until the page is seen again."""

from __future__ import annotations

from pathlib import Path

import pytest
from page_parts import html, segment
from performance_page import SHIPPED, imported, look_closer, opened
from streamlit.testing.v1 import AppTest

from cxr_core.evaluation.store import file_of
from cxr_core.ui.trust import threshold

OTHER = "mobilenet-128-nih6"
OF_THESE = "(of these films)"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user's folder of the test's own."""
    monkeypatch.setenv("CXR_HOME", str(tmp_path))


def away_and_back(page: AppTest) -> AppTest:
    return page.switch_page("pages/models.py").run().switch_page("pages/performance.py").run()


def prevalence(page: AppTest, finding: str):
    return page.number_input(key=f"prevalence {finding}")


def test_choices_stay_when_the_page_is_left_for_a_film_and_seen_again() -> None:
    page = opened()
    page.radio(key="subset").set_value("test_wide").run()
    page.multiselect(key="models").set_value([OTHER, SHIPPED])
    page.selectbox(key="of").set_value("Effusion").run()
    page.selectbox(key="judged").set_value(SHIPPED)
    page.selectbox(key="rule").set_value(threshold.SENSITIVE).run()
    page.slider(key="least").set_value(95)
    prevalence(page, "Effusion").set_value(3.5).run()
    page = away_and_back(look_closer(page, "Groups of people"))
    assert not page.exception and page.radio(key="subset").value == "test_wide"
    assert page.multiselect(key="models").value == [OTHER, SHIPPED] and page.selectbox(key="of").value == "Effusion"
    assert page.selectbox(key="judged").value == SHIPPED and page.selectbox(key="rule").value == threshold.SENSITIVE
    assert page.slider(key="least").value == 95 and prevalence(page, "Effusion").value == 3.5
    assert segment(page, "below").value == "Groups of people"


def test_a_choice_that_is_no_longer_offered_falls_back_quietly() -> None:
    imported("theirs", subset="holdout")
    page = opened()
    page.radio(key="subset").set_value("holdout").run()
    assert page.multiselect(key="models").value == ["theirs"]
    page.switch_page("pages/models.py").run()
    file_of("theirs").unlink()
    page.switch_page("pages/performance.py").run()
    assert not page.exception and not page.error and page.radio(key="subset").value == "test"
    assert SHIPPED in page.multiselect(key="models").value and "theirs" not in page.multiselect(key="models").value


def test_the_prevalence_where_one_reads_is_the_films_until_it_is_told_and_then_the_readers() -> None:
    page = opened()
    page.selectbox(key="of").set_value("Effusion").run()
    of_test = prevalence(page, "Effusion").value
    assert OF_THESE in html(page)
    page.radio(key="subset").set_value("test_wide").run()
    assert prevalence(page, "Effusion").value != of_test and OF_THESE in html(page)
    prevalence(page, "Effusion").set_value(2.0).run()
    assert "At a prevalence of <b>2.00%</b> a film" in html(page)
    page.radio(key="subset").set_value("test").run()
    assert prevalence(page, "Effusion").value == 2.0 and OF_THESE not in html(page)
    page.selectbox(key="of").set_value("Mass").run()
    assert prevalence(page, "Mass").value != 2.0 and OF_THESE in html(page)
    page.selectbox(key="of").set_value("Effusion").run()
    assert prevalence(page, "Effusion").value == 2.0 and OF_THESE not in html(page)
