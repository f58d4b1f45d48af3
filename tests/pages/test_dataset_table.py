"""The Dataset page on a table of somebody's own: its films, its selections, and words for what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest
import small_set
import streamlit as st
from page_parts import html
from streamlit.testing.v1 import AppTest

from cxr_core.datasets.collection import open_collection
from cxr_core.datasets.counts import Selection
from cxr_core.datasets.subset import films_csv

APP = str(Path(__file__).parents[2] / "app.py")


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The films with a Mass, as the page gives them away, elsewhere than the films."""
    st.cache_resource.clear()
    st.cache_data.clear()
    monkeypatch.setenv("CXR_DATA", str(tmp_path / "nothing"))
    films = open_collection(small_set.draw_set(tmp_path / "films"))
    (file := tmp_path / "own" / "masses.csv").parent.mkdir()
    file.write_bytes(films_csv(films, films.places(Selection(any_of=("Mass",)))))
    return file


def typed(page: AppTest, path: Path | str) -> AppTest:
    return page.text_input(key="dataset_folder").set_value(str(path)).run()


@pytest.fixture
def page() -> AppTest:
    app = AppTest.from_file(APP, default_timeout=300).run()
    app.query_params["data"] = "other"
    return app.switch_page("pages/dataset.py").run()


def test_a_table_is_opened_with_its_films(table: Path, page: AppTest) -> None:
    typed(page, table)
    assert not page.exception and "None of the 4 films that masses.csv names lies below" in html(page)
    page.text_input(key="dataset_films").set_value(str(table.parents[1] / "films")).run()
    assert not page.exception and "<b>4</b> films selected" in html(page)
    assert "8 films without a row, left out" in html(page)
    page.multiselect(key="select_all_of").set_value(["Effusion"]).run()
    assert "<b>2</b> films selected" in html(page)
    assert str(table.parents[1]) not in str(page.query_params) and page.query_params["of"]
    page.segmented_control(key="dataset_show").set_value("films").run()
    assert not page.exception and "1 to 2 of 2" in html(page)
    said = " ".join(one.value for one in page.caption)
    assert "boxes drawn by readers" in said and "NIH" not in said  # nobody knows whose
    page.switch_page("pages/models.py").run().switch_page("pages/dataset.py").run()
    assert "1 to 2 of 2" in html(page) and page.text_input(key="dataset_films").value


def test_a_table_that_changes_is_read_again(table: Path, page: AppTest) -> None:
    whole = table.read_text()
    table.write_text("\n".join(whole.splitlines()[:3]))
    page.text_input(key="dataset_folder").set_value(str(table)).run()
    page.text_input(key="dataset_films").set_value(str(table.parents[1] / "films")).run()
    assert "<b>2</b> films selected" in html(page)
    table.write_text(whole)
    page.button(key="read_again").click().run()
    assert not page.exception and "<b>4</b> films selected" in html(page)


@pytest.mark.parametrize(("name", "content", "films", "words"), [
    ("gone.csv", None, "", "There is no table"), ("notes.md", b"# notes", "", "is no table by its name"),
    ("empty.csv", b"", "", "is empty"), ("words.csv", b"\xff\xfea,b\n1,2\n", "", "no text in UTF-8"),
    ("broken.parquet", b"PAR1 and no more", "", "cannot be read as Parquet"),
    ("nameless.csv", b"age,labels\n4,Mass\n", "", "names no films"),
    ("plain.csv", b"image,age\na.png,4\n", "", "has no labels"),
    ("films.csv", b"image,labels\na.png,Mass\n", "/nowhere at all", "There is no folder"),
    ("films.csv", b"image,labels\na.png,Mass\n", "films.csv", "is a file. Name the folder"),
])
def test_what_is_wrong_with_a_table_is_said_on_the_page(
    table: Path, page: AppTest, name: str, content: bytes | None, films: str, words: str
) -> None:
    file = table.with_name(name)
    if content is not None:
        file.write_bytes(content)
    typed(page, file)
    if films:
        page.text_input(key="dataset_films").set_value(str(file) if films == name else films).run()
    assert not page.exception and words in html(page)
