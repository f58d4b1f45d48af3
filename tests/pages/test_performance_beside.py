"""The Performance page while something is drawn beside it: it stands at once, and finds what was drawn."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
import streamlit as st
from page_parts import charts, html, segment
from performance_page import SHIPPED, WAIT, imported, look_closer, opened
from streamlit.testing.v1 import AppTest

from cxr_core.errors import CxrError
from cxr_core.evaluation import drawn
from cxr_core.ui import measured, stored


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user's folder of the test's own."""
    monkeypatch.setenv("CXR_HOME", str(tmp_path))


def test_intervals_of_large_results_are_drawn_beside_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """The page stands at once, and says how far the drawing is; the next session finds what was drawn."""
    imported("theirs", better=0.5)
    go, begun, law, calls = threading.Event(), threading.Event(), drawn.draw_spans, []

    def held(results, films, digest, on_step):
        calls.append(films)
        on_step(400, 1000)
        begun.set()
        assert go.wait(WAIT)
        return law(results, films, digest, on_step)

    monkeypatch.setattr(measured, "SMALL", 0)
    monkeypatch.setattr(drawn, "REPLICATES", 40)
    monkeypatch.setattr(drawn, "draw_spans", held)
    page = opened()
    page.multiselect(key="models").set_value(["theirs"]).run()
    assert not page.exception and not page.error and charts(page) == ["roc", "grid"] and page.get("progress")
    assert begun.wait(WAIT)
    page.run()
    (progress,) = page.get("progress")
    assert progress.proto.value == 40 and "drawing patients" in progress.proto.text
    row = html(page).split("<td>Effusion</td><td>1,379</td><td>329</td>")[1].split("</tr>")[0]
    assert row.split("</td>")[1] == "<td>–"
    go.set()
    told = drawing(page)
    assert told.result()["Effusion"][0] > 0.5
    page.run()
    assert not page.exception and not page.get("progress")
    row = html(page).split("<td>Effusion</td><td>1,379</td><td>329</td>")[1].split("</tr>")[0]
    low, high = told.result()["Effusion"]
    assert row.split("</td>")[1] == f"<td>{low:.3f}–{high:.3f}"
    low, high = told.result()[drawn.MEAN]
    assert f"<td>{low:.3f}–{high:.3f}</td>" in html(page).split("<td>Mean of 14 findings</td>")[1].split("</tr>")[0]
    st.cache_resource.clear()
    page.run()
    assert not page.exception and not page.get("progress") and calls == ["test"]


def drawing(page: AppTest):
    return measured.spans(stored.digest("theirs"), "theirs", page.radio(key="subset").value)


def test_a_measure_by_group_is_drawn_beside_the_page_once_and_kept(
    monkeypatch: pytest.MonkeyPatch
) -> None:
    """And ill films called healthy are of all findings: another finding asks for no other drawing."""
    go, law, calls = threading.Event(), drawn.measure_groups, []

    def held(results, finding, measure, points, **more):
        calls.append((finding, measure))
        assert go.wait(WAIT)
        return law(results, finding, measure, points, **more)

    monkeypatch.setattr(drawn, "measure_groups", held)
    page = look_closer(opened(), "Groups of people")
    segment(page, "group_measure").set_value("ill films called healthy")
    page.selectbox(key="of").set_value("Mass").run()
    assert not page.exception and "by group of people" in page.get("progress")[0].proto.text
    go.set()
    model = page.multiselect(key="models").value[0]
    measured.gaps(stored.digest(model), model, "test", "", "ill films called healthy").result()
    st.cache_resource.clear()
    page.selectbox(key="of").set_value("Edema").run()
    assert not page.exception and not page.get("progress") and "Ill: a film with any" in " ".join(
        one.value for one in page.caption)
    assert [one for one in calls if one[1] != "AUC"] == [("", "ill films called healthy")]


def test_a_reader_who_does_not_want_to_wait_stops_a_drawing_and_may_go_on(
    monkeypatch: pytest.MonkeyPatch
) -> None:
    go, begun, law = threading.Event(), threading.Event(), drawn.measure_groups

    def slow(results, finding, measure, points, *, on_step):
        while not go.wait(0.01):
            on_step(1, 4)
            begun.set()
        return law(results, finding, measure, points, on_step=on_step)

    monkeypatch.setattr(drawn, "measure_groups", slow)
    page = look_closer(opened(), "Groups of people")
    model, finding = page.multiselect(key="models").value[0], page.selectbox(key="of").value
    drawing = measured.gaps(stored.digest(model), model, "test", finding, "AUC")
    assert begun.wait(WAIT)
    page.run()
    assert page.get("progress")[0].proto.value == 25
    page.button(key="stop AUC by group of people").click().run()
    assert drawing.is_stopped and not drawing.is_done and not page.exception and not page.get("progress")
    assert "AUC by group of people: stopped." in [one.value for one in page.caption]
    go.set()
    page.button(key="resume AUC by group of people").click().run()
    drawing.result()
    page.run()
    assert not page.exception and drawing.is_done and "differ" in html(page)


def test_what_failed_beside_the_page_is_told_in_words_once_and_after_a_while_tried_again(
    monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page runs as each drawing ends: were one begun anew whenever it was told of, several would try for ever."""
    law, calls = drawn.roc_band, []

    def fail(*_, **__):
        calls.append(1)
        raise MemoryError("patient 7")

    monkeypatch.setattr(measured, "SMALL_BAND", 0)
    monkeypatch.setattr(drawn, "roc_band", fail)
    page = opened()
    models, finding = page.multiselect(key="models").value, page.selectbox(key="of").value
    bands = [measured.band(stored.digest(one), one, "test", finding) for one in models]
    for one in bands:
        with pytest.raises(CxrError, match="ran out of memory"):
            one.result()
    for _ in range(2):
        page.run()
        (said,) = page.error
        assert said.value == bands[0].problem and "patient" not in said.value and not page.exception
        assert not page.get("progress") and "roc" not in charts(page) and "grid" in charts(page)
    assert len(calls) == len(models) > 1
    monkeypatch.setattr(measured, "STANDS", -1)
    monkeypatch.setattr(drawn, "roc_band", law)
    again = [measured.band(stored.digest(one), one, "test", finding) for one in models]
    assert all(len(one.result()) == 3 for one in again)
    assert not page.run().error and "roc" in charts(page)
