"""The Dataset page: two groups side by side, by films, by pictures and by counts; and films that cannot be read."""

from __future__ import annotations

import io
import json
import shutil
import time
from pathlib import Path

import pandas as pd
import pytest
import small_set
import streamlit as st
from page_parts import html
from streamlit.testing.v1 import AppTest

from cxr_core.datasets.collection import open_collection
from cxr_core.datasets.counts import Selection
from cxr_core.datasets.subset import films_csv
from cxr_core.datasets.trouble import TRAITS

APP = str(Path(__file__).parents[2] / "app.py")


def of(name: str, **words: str) -> AppTest:
    """Trouble of a data set, side by side where there are films."""
    st.cache_resource.clear()
    app = AppTest.from_file(APP, default_timeout=300).run()
    for key, word in {"data": name, "show": "trouble", **words}.items():
        app.query_params[key] = word
    app.session_state["trouble_kept"] = "shift"
    return app.switch_page("pages/dataset.py").run()


def said(page: AppTest) -> str:
    return " ".join(one.value for one in page.caption)


def drawn(page: AppTest) -> dict[str, float]:
    """The effects that the figure shows."""
    trace = json.loads(page.get("plotly_chart")[0].proto.spec)["data"][0]
    return dict(zip(trace["y"], trace["x"], strict=True))


def until(page: AppTest, words: str) -> AppTest:
    for _ in range(200):
        if page.exception or words in html(page) + said(page):
            break
        time.sleep(1)
        page.run()
    return page


def test_counts_alone_tell_effects_and_say_why_there_is_no_test() -> None:
    page = of("", view="AP")
    assert not page.exception and "There is no interval and no p here" in said(page)
    assert drawn(page)["Edema"] > 0.2  # in bed; the rest was taken standing
    page.selectbox(key="shift_with").set_value("counts sample").run()
    assert not page.exception and "Taken AP" in drawn(page)
    page.button(key="select_all").click().run()
    assert max(map(abs, drawn(page).values())) < 0.1  # the sample is much like all
    page.selectbox(key="shift_with").set_value("rest").run()
    assert not page.exception and "All films are selected" in html(page) and not page.get("plotly_chart")


@pytest.mark.realdata
def test_children_are_told_from_adults_by_the_look_of_their_films(data_folder: Path) -> None:
    page = of("coronahack")
    page.selectbox(key="shift_with").set_value("set covid").run()
    until(page, "What is seen is of 200 and")
    assert not page.exception and "95% interval by patient" in html(page)
    told = drawn(page)
    assert {"Mean grey", "Contrast", "Black border", "Height over width"} <= set(told)
    assert max(map(abs, told.values())) > 0.8  # large


@pytest.mark.realdata
def test_a_folder_that_is_typed_and_a_named_selection_are_compared_with(
    data_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CXR_HOME", str(tmp_path))
    page = of("nih", split="val", sex="M")
    page.text_input(key="saved_name").set_value("men").run()
    page.button(key="saved_keep").click().run()
    page.selectbox(key="shift_with").set_value("saved men").run()
    assert not page.exception and max(map(abs, drawn(page).values())) == 0  # the same films
    page.selectbox(key="shift_with").set_value("counts all").run()
    assert not page.exception and drawn(page)["Women"] < -1
    page.selectbox(key="shift_with").set_value("folder").run()
    assert not page.exception and "Type the path" in html(page)
    page.text_input(key="shift_folder").set_value("/nonexistent").run()
    assert not page.exception and "There is no folder" in html(page)
    page.text_input(key="shift_folder").set_value(str(data_folder / "covid")).run()
    assert not page.exception and "Taken AP" in drawn(page)


def test_a_table_without_its_films_is_compared_by_what_it_says(empty_data: Path, tmp_path: Path) -> None:
    films = open_collection(small_set.draw_set(empty_data / "nih", patients=12))
    table = tmp_path / "own" / "younger.csv"
    table.parent.mkdir()
    rows = pd.read_csv(io.BytesIO(films_csv(films, films.places(Selection()))))
    rows.assign(age=rows["age"] - 30, image="other-" + rows["image"], path="").to_csv(table, index=False)
    page = of("nih")
    page.selectbox(key="shift_with").set_value("folder").run()
    page.text_input(key="shift_folder").set_value(str(table)).run()
    assert not page.exception and "films of one side are not on this server" in said(page)
    assert "95% interval by patient" in html(page) and drawn(page)[TRAITS["age"]] > 0.8
    for name in rows["image"][:33]:
        shutil.copy(next((empty_data / "nih").rglob(name)), table.with_name(f"other-{name}"))
    page.button(key="read_again").click().run()
    until(page, "What is seen is of")
    assert not page.exception and "Mean grey" in drawn(page) and "36 and 33 films drawn" in said(page)


@pytest.mark.realdata
def test_films_that_the_search_for_copies_cannot_read_are_listed(data_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "films"
    shutil.copytree(data_folder / "nih_download", folder)
    broken = sorted(folder.rglob("*.png"))[4]
    broken.write_bytes(b"no film")
    page = of("other")
    page.text_input(key="dataset_folder").set_value(str(folder)).run()
    page.segmented_control(key="trouble_kind").set_value("twins").run()
    page.button(key="twins_begin").click().run()
    until(page, "cannot be read</h2>")
    assert not page.exception and "1 films that cannot be read" in html(page)
    tables = [one.value for one in page.dataframe]
    assert any(isinstance(one, pd.DataFrame) and broken.name in one["image"].tolist() for one in tables)
