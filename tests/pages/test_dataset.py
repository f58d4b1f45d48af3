"""The Dataset page: counts that are true, and every filter."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

import pandas as pd
import pytest
import streamlit as st
from page_parts import html
from streamlit.testing.v1 import AppTest

from cxr_core.datasets.collection import open_collection
from cxr_core.datasets.counts import Selection, count
from cxr_core.datasets.patients import list_patients
from cxr_core.datasets.summary import load_summary
from cxr_core.findings import parse_labels

APP = str(Path(__file__).parents[2] / "app.py")


@pytest.fixture
def no_data(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server was given no films: the page opens on the shipped counts."""
    monkeypatch.delenv("CXR_DATA", raising=False)


@pytest.fixture
def page(no_data: None) -> AppTest:
    st.cache_resource.clear()
    return AppTest.from_file(APP, default_timeout=300).run().switch_page("pages/dataset.py").run()


def test_without_a_film_the_page_shows_all_of_nih(page: AppTest) -> None:
    assert not page.exception and not page.error
    assert len(page.get("plotly_chart")) == 7
    assert "112,120 films of 30,805 patients" in html(page) and "<b>112,120</b> films selected, 100.0%" in html(page)


def test_a_filter_counts_what_the_core_counts(page: AppTest) -> None:
    page.multiselect(key="select_any_of").set_value(["Mass"]).run()
    page.slider(key="select_age").set_value((40, 60)).run()
    summary = load_summary()
    told = count(summary, Selection(any_of=("Mass",), age=(40, 60)).kinds(summary))
    assert not page.exception and f"<b>{told.films:,}</b> films selected" in html(page)
    assert page.query_params == {"any_of": "Mass", "age": "40-60"}


def test_an_address_opens_on_its_selection(no_data: None) -> None:
    app = AppTest.from_file(APP, default_timeout=300).run()
    app.query_params["all_of"] = "Effusion,Mass"
    page = app.switch_page("pages/dataset.py").run()
    summary = load_summary()
    told = count(summary, Selection(all_of=("Effusion", "Mass")).kinds(summary))
    assert f"<b>{told.films:,}</b> films selected" in html(page)
    page.button(key="select_all").click().run()
    assert "<b>112,120</b>" in html(page) and page.query_params == {}


def test_an_empty_selection_says_what_to_do(page: AppTest) -> None:
    page.multiselect(key="select_all_of").set_value(["No Finding", "Mass"]).run()
    assert not page.exception and "Take a filter back" in page.info[0].value


@pytest.mark.parametrize("measure", ["films", "conditional", "lift"])
def test_the_matrix_is_drawn_by_every_measure(page: AppTest, measure: str) -> None:
    from cxr_core.render.dataset_figures import draw_together

    together = count(load_summary())
    women = count(load_summary(), Selection(sex="F").kinds(load_summary()))
    figure = draw_together(together, women, measure)
    cells = {(row, column): value for row, column, value, _ in figure.data[1].customdata}
    of_women = {(row, column): value for row, column, _, value in figure.data[1].customdata}
    assert len(cells) == 196
    expected = {"films": together.together, "conditional": together.conditional(), "lift": together.lift()}[measure]
    assert cells["Effusion", "Atelectasis"] == pytest.approx(expected[4, 0])
    expected = {"films": women.together, "conditional": women.conditional(), "lift": women.lift()}[measure]
    assert of_women["Effusion", "Atelectasis"] == pytest.approx(expected[4, 0])


def of(name: str, **words: str) -> AppTest:
    """The page on a data set, as an address opens it."""
    app = AppTest.from_file(APP, default_timeout=300).run()
    for key, word in {"data": name, **words}.items():
        app.query_params[key] = word
    return app.switch_page("pages/dataset.py").run()


@pytest.mark.realdata
@pytest.mark.parametrize(("name", "films", "finding"), [("nih_download", 28, "Mass"), ("covid", 251, "COVID-19")])
def test_a_data_set_is_counted_by_its_own_rows(data_folder: Path, name: str, films: int, finding: str) -> None:
    page = of(name, any_of=finding)
    found = open_collection(data_folder / name)
    told = len(found.places(Selection(any_of=(finding,))))
    assert not page.exception and 0 < told < films
    assert f"{films} films of" in html(page) and f"<b>{told}</b> films selected" in html(page)
    assert page.query_params == {"any_of": finding, "data": name}


@pytest.mark.realdata
def test_what_another_data_set_cannot_be_asked_is_taken_back(data_folder: Path) -> None:
    page = of("nih_download", any_of="Mass")
    page.selectbox(key="dataset_name").set_value("covid").run()
    assert not page.exception and "<b>251</b> films selected" in html(page)
    page.multiselect(key="select_any_of").set_value(["COVID-19"]).run()
    page.selectbox(key="dataset_name").set_value("").run()
    assert not page.exception and "<b>112,120</b> films selected" in html(page)


@pytest.mark.parametrize(("typed", "words"), [
    ("", "Which folder?"), ("nowhere", "There is no folder"), ("/nonexistent/films", "There is no folder"),
    ("/" + "x" * 5000, "cannot be opened"), ("/tmp/\x00", "There is no folder"),
    ("~nobody-at-all/films", "There is no folder"),
])
def test_a_folder_that_is_none_is_said_in_words(typed: str, words: str) -> None:
    page = of("other")
    page.text_input(key="dataset_folder").set_value(typed).run()
    assert not page.exception and words in html(page)


def test_a_folder_of_something_else_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "images.csv").write_bytes(b"\xff\xfe broken")
    page = of("other")
    page.text_input(key="dataset_folder").set_value(str(tmp_path)).run()
    assert not page.exception and "cannot be explored" in html(page)
    assert str(tmp_path) not in page.query_params


def grid(page: AppTest) -> list[dict]:
    """The tiles that the page shows."""
    return [json.loads(one.proto.json)["tiles"] for one in page.get("bidi_component") if "tiles" in one.proto.json][-1]


def test_counts_alone_have_no_films_and_say_where_there_are_some(no_data: None) -> None:
    page = of("", show="films")
    assert not page.exception and "These are counts alone" in html(page)
    assert page.query_params == {"show": "films"}


@pytest.mark.realdata
def test_the_gallery_pages_and_a_film_opens_on_its_facts(data_folder: Path) -> None:
    page = of("nih_download", show="films")
    assert not page.exception and "1 to 24 of 28" in html(page)
    page.button(key="films_on").click().run()
    assert "25 to 28 of 28" in html(page) and page.button(key="films_on").disabled
    found = open_collection(data_folder / "nih_download")
    boxed = int(found.places(Selection(boxed=True))[0])
    page.session_state["dataset_film"] = page.session_state["films_of"][0], boxed
    page.run()
    row = found.index.table.iloc[boxed]
    assert not page.exception and row["image"] in html(page) and "Boxes by NIH" in html(page)
    page.button(key="film_close").click().run()
    assert not page.exception and "of 28" in html(page)
    page.session_state["dataset_film"] = page.session_state["films_of"][0], boxed
    page.session_state["compare_methods"] = []  # nothing is drawn
    page.run().button(key="film_compare").click().run()
    assert not page.exception and [film.name for film in page.session_state["session_films"].values()] == [row["image"]]
    assert page.selectbox(key="compare_finding").value == parse_labels(row["labels"])[0]


@pytest.mark.realdata
def test_films_without_a_stored_score_are_left_out_of_the_orders_by_score(data_folder: Path) -> None:
    page = of("nih", show="films", any_of="Mass")
    page.selectbox(key="films_order").set_value("score").run()
    assert not page.exception and "have a stored score of Mass" in page.caption[-1].value
    page.selectbox(key="films_order").set_value("doubt").run()
    assert not page.exception and "doubted by radiologists" in page.caption[-1].value


@pytest.mark.realdata
def test_a_patient_is_shown_with_all_films_and_stored_scores(data_folder: Path) -> None:
    page = of("nih", show="patients", split="test")
    assert not page.exception
    found = open_collection(data_folder / "nih")
    listed = list_patients(found, found.places(Selection(split="test")))
    assert f"<h2>{len(listed):,} patients</h2>" in html(page)
    assert f"{listed['films'].iloc[0]} films" in html(page) and page.get("plotly_chart")


@pytest.mark.realdata
@pytest.mark.parametrize(("kind", "words"), [
    ("summary", "Of all 14,696 films"), ("doubt", "Labelled, and scored low"), ("twins", "Look for the same picture"),
    ("parts", "No patient stands in two parts"), ("people", "no patient has two sexes"), ("traits", "without looking at the lungs"),
    ("shift", "How far they are apart"),
])
def test_each_kind_of_trouble_is_told(data_folder: Path, kind: str, words: str) -> None:
    page = of("nih", show="trouble", view="AP")
    page.segmented_control(key="trouble_kind").set_value(kind).run()
    for _ in range(240):
        if words in html(page) or page.exception:
            break
        time.sleep(1)
        page.run()
    assert not page.exception and words in html(page)


@pytest.mark.realdata
def test_duplicates_are_looked_for_when_asked_and_counted(data_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "films"
    shutil.copytree(data_folder / "nih_download", folder)
    films = sorted(folder.rglob("*.png"))
    table = pd.read_csv(folder / "Data_Entry_2017_v2020.csv")
    lost = next(name for name in table["Image Index"] if not any(film.name == name for film in films))
    (films[0].parent / lost).write_bytes(films[3].read_bytes())  # another patient's row shows this patient's film
    page = of("other")
    page.text_input(key="dataset_folder").set_value(str(folder)).run()
    page.segmented_control(key="dataset_show").set_value("trouble").run()
    page.segmented_control(key="trouble_kind").set_value("twins").run()
    page.button(key="twins_begin").click().run()
    for _ in range(240):
        if "pairs</h2>" in html(page):
            break
        time.sleep(1)
        page.run()
    assert not page.exception and "<h2>1 pairs</h2>" in html(page) and "two patients" in html(page)


@pytest.mark.realdata
def test_original_sizes_are_spread_as_pandas_says(data_folder: Path) -> None:
    from cxr_core.render.dataset_figures import draw_spread

    page = of("nih_download", any_of="Mass")
    assert not page.exception and "Pixel spacing" in html(page) and len(page.get("plotly_chart")) == 10
    spacing = open_collection(data_folder / "nih_download").index.table["spacing_mm"].to_numpy(float)
    figure = draw_spread(spacing[:5], spacing, "mm")
    told = pd.read_csv(data_folder / "nih_download" / "Data_Entry_2017_v2020.csv")["OriginalImagePixelSpacing[x"]
    assert figure.data[0].customdata.sum() == 28 and figure.data[1].customdata.sum() == 5
    assert told.min() <= min(figure.data[0].x) and max(figure.data[0].x) <= told.max()


def test_tfrecords_are_explored_like_any_other_set(tmp_path: Path) -> None:
    import tiny_training
    from cxr_core.training.tfrecord_writer import write_tfrecords

    (tmp_path / "films").mkdir()
    index = tiny_training.draw_films(tmp_path / "films")
    write_tfrecords(index, tmp_path / "records", size=32, shards=3)
    page = of("other", show="films")
    page.text_input(key="dataset_folder").set_value(str(tmp_path / "records")).run()
    assert not page.exception and f"TFRecords: {len(index)} films" in html(page)
    for _ in range(240):
        if all(tile["picture"] or tile["problem"] for tile in grid(page)):
            break
        time.sleep(1)
        page.run()
    assert len(grid(page)) == 24 and all(tile["picture"] and not tile["problem"] for tile in grid(page))
