"""What the Dataset page opens on: the server's films, what an address names, and words for what no address can name."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import small_set
from page_parts import html
from streamlit.testing.v1 import AppTest

from cxr_core.datasets.picked import Picked

APP = str(Path(__file__).parents[2] / "app.py")
ELSEWHERE = "not the films that this link was made on"


def opened(**words: str) -> AppTest:
    """The page as an address opens it in a new session."""
    app = AppTest.from_file(APP, default_timeout=300).run()
    for key, word in words.items():
        app.query_params[key] = word
    return app.switch_page("pages/dataset.py").run()


def again(page: AppTest) -> AppTest:
    """The page's own address in a new session."""
    return opened(**page.query_params)


def test_the_page_opens_on_the_films_that_the_server_was_given(empty_data: Path) -> None:
    small_set.draw_set(empty_data / "nih")
    page = opened()
    assert not page.exception and "<b>12</b> films selected" in html(page)
    assert page.query_params == {"data": "nih"}
    page.selectbox(key="dataset_name").set_value("").run()
    assert "<b>112,120</b> films selected" in html(page) and page.query_params == {"data": "counts"}
    assert "<b>112,120</b> films selected" in html(again(page))
    page.switch_page("pages/models.py").run().switch_page("pages/dataset.py").run()
    assert "<b>112,120</b> films selected" in html(page)  # who chose the counts comes back to them


def test_an_address_that_names_no_data_set_was_made_on_the_counts(empty_data: Path) -> None:
    small_set.draw_set(empty_data / "nih")
    page = opened(any_of="Mass")
    assert not page.exception and "112,120 films of 30,805 patients" in html(page)


def test_without_films_the_page_opens_on_the_counts_and_says_why(empty_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = opened()
    assert not page.exception and "<b>112,120</b> films selected" in html(page)
    assert "without a data set that is known" in html(page) and page.query_params == {}
    monkeypatch.setenv("CXR_DATA", str(empty_data / "nowhere"))
    assert "CXR_DATA names a folder that is not here" in html(opened())
    monkeypatch.delenv("CXR_DATA")
    page = opened()
    assert "<b>112,120</b> films selected" in html(page) and "CXR_DATA" not in html(page)


def test_a_link_to_a_typed_folder_asks_for_it_and_tells_other_films_from_its_own(empty_data: Path, tmp_path: Path) -> None:
    first, other = small_set.draw_set(tmp_path / "first"), small_set.draw_set(tmp_path / "other", patients=2)
    page = opened(data="other", any_of="Mass")
    page.text_input(key="dataset_folder").set_value(str(first)).run()
    assert "<b>4</b> films selected" in html(page) and str(first) not in str(page.query_params)
    linked = again(page)
    assert not linked.exception and "This link leads to a folder that was typed in" in html(linked)
    linked.text_input(key="dataset_folder").set_value(str(other)).run()
    assert "<b>2</b> films selected" in html(linked) and ELSEWHERE in html(linked)
    copy = shutil.copytree(first, tmp_path / "where it lies here")
    linked.text_input(key="dataset_folder").set_value(str(copy)).run()
    assert "<b>4</b> films selected" in html(linked) and ELSEWHERE not in html(linked)
    linked.text_input(key="dataset_folder").set_value(str(other)).run()  # not by the link any more
    assert not linked.exception and ELSEWHERE not in html(linked)


def test_a_link_to_the_data_folder_tells_another_servers_films(empty_data: Path) -> None:
    small_set.draw_set(empty_data)
    page = opened()
    assert "<b>12</b> films selected" in html(page) and page.query_params["data"] == "data"
    assert ELSEWHERE not in html(again(page))
    shutil.rmtree(empty_data)
    small_set.draw_set(empty_data, patients=2)
    page.button(key="read_again").click().run()
    assert "<b>6</b> films selected" in html(page) and ELSEWHERE not in html(page)  # who looks on has followed no link
    linked = opened(data="data", of="0123456789ab")
    assert ELSEWHERE in html(linked)
    linked.selectbox(key="dataset_name").set_value("").run().selectbox(key="dataset_name").set_value("data").run()
    assert not linked.exception and ELSEWHERE not in html(linked)


def test_a_link_to_picked_films_says_that_it_shows_all(empty_data: Path) -> None:
    small_set.draw_set(empty_data / "nih")
    page = opened(data="nih")
    page.session_state["select_picked"] = Picked.of([2, 5])
    page.run()
    assert "<b>2</b> films selected" in html(page) and page.query_params == {"data": "nih", "picked": "2"}
    linked = again(page)
    assert not linked.exception and "<b>12</b> films selected" in html(linked)
    assert "left out: 2 picked films, which no address can hold" in html(linked)
    assert linked.query_params == {"data": "nih"}
