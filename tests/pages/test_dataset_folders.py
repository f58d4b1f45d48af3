"""The Dataset page on folders that change: gone, come back, with other films, of two label files, of nobody's films."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
import small_set
import streamlit as st
from page_parts import html
from streamlit.testing.v1 import AppTest

from cxr_core.datasets.counts import Selection, count
from cxr_core.datasets.summary import load_summary
from cxr_core.datasets.weighted_draw import draw_shares
from cxr_core.render.dataset_figures import draw_views
from cxr_core.render.draw_figures import draw_shares_drawn
from cxr_core.ui.dataset import folder_state

APP = str(Path(__file__).parents[2] / "app.py")


def of(name: str, **words: str) -> AppTest:
    app = AppTest.from_file(APP, default_timeout=300).run()
    for key, word in {"data": name, **words}.items():
        app.query_params[key] = word
    return app.switch_page("pages/dataset.py").run()


def test_a_set_that_is_gone_is_said_to_be_and_can_come_back(empty_data: Path) -> None:
    page = of("nih")
    assert not page.exception and "This data set is not here any more" in html(page) and "112,120" not in html(page)
    assert page.query_params == {"data": "nih"}  # the link stays what it was
    small_set.draw_set(empty_data / "nih")
    page.button(key="read_again").click().run()
    assert not page.exception and "<b>12</b> films selected" in html(page)
    page.selectbox(key="dataset_name").set_value("").run()
    assert not page.exception and "<b>112,120</b> films selected" in html(page)


def test_a_set_of_any_name_is_offered_by_it_and_no_address_tells_it(empty_data: Path) -> None:
    small_set.draw_set(empty_data / "ward of Dr. Who")
    page = AppTest.from_file(APP, default_timeout=300).run().switch_page("pages/dataset.py").run()
    assert not page.exception and "<b>12</b> films selected" in html(page)  # the page opens on it
    choice = page.selectbox(key="dataset_name")
    assert "ward of Dr. Who" in choice.options and "Who" not in str(page.query_params)
    linked = of(choice.value, sex="F")
    assert "<b>6</b> films selected" in html(linked) and linked.query_params["of"]
    other = of(choice.value, of="ffffffffffff")
    assert "not the films that this link was made on" in html(other)


def test_a_name_that_never_was_one_is_no_other_set(empty_data: Path) -> None:
    page = of("<b>nowhere</b>" * 99)
    assert not page.exception and "not here any more" in html(page) and "<b>nowhere" not in html(page)


def test_what_a_link_asks_and_the_set_has_not_is_said_until_something_else_is_asked(empty_data: Path) -> None:
    page = of("", any_of="COVID-19,Mass", sex="X")
    assert not page.exception and "left out: COVID-19, sex X" in html(page)
    assert page.query_params == {"any_of": "Mass"}
    page.run()
    assert "left out: COVID-19" in html(page)
    page.multiselect(key="select_any_of").set_value(["Nodule"]).run()
    assert "left out" not in html(page)


def test_films_that_changed_are_seen_when_the_folder_is_read_again(empty_data: Path) -> None:
    root = small_set.draw_set(empty_data / "nih")
    page = of("nih")
    assert "<b>12</b> films selected" in html(page)
    (root / "images" / "00000001_000.png").unlink()
    page.run()
    assert "<b>12</b> films selected" in html(page)  # no table says so
    page.button(key="read_again").click().run()
    assert not page.exception and "<b>11</b> films selected" in html(page)
    assert "1 rows without a film, left out" in html(page)


def test_folders_are_looked_through_now_and_then_not_at_every_click(
    empty_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_set.draw_set(empty_data / "nih")
    looked = []
    real = folder_state.found_below
    monkeypatch.setattr(folder_state, "found_below", lambda folder: looked.append(folder) or real(folder))
    began, page = time.monotonic(), of("nih")
    for sex in ("F", "M", None):
        page.segmented_control(key="select_sex").set_value(sex).run()
    assert not page.exception and len(looked) <= 1 + (time.monotonic() - began) / folder_state._FRESH


def test_the_label_file_can_be_chosen_where_there_are_two(empty_data: Path) -> None:
    small_set.draw_set(empty_data / "nih", older=True)
    small_set.draw_set(empty_data / "covid")
    page = of("nih", any_of="Hernia")
    assert page.segmented_control(key="label_version").value == "2020"
    assert "No film is of this kind" in page.info[0].value
    page.segmented_control(key="label_version").set_value("2017").run()
    assert not page.exception and "<b>12</b> films selected" in html(page) and "labels of 2017" in html(page)
    assert page.query_params == {"data": "nih", "any_of": "Hernia", "labels": "2017"}
    assert "<b>12</b> films selected" in html(of("nih", labels="2017", any_of="Hernia"))
    assert "label_version" not in [one.key for one in of("covid").segmented_control]  # there is but one


def test_a_film_left_open_on_another_set_does_not_take_its_room(empty_data: Path) -> None:
    small_set.draw_set(empty_data / "nih")
    small_set.draw_set(empty_data / "covid", patients=2)
    page = of("nih", show="films")
    page.session_state["dataset_film"] = page.session_state["films_of"][0], 1
    page.run()
    assert page.button(key="film_close")
    page.selectbox(key="dataset_name").set_value("covid").run()
    page.segmented_control(key="dataset_show").set_value("trouble").run()
    page.selectbox(key="dataset_name").set_value("nih").run()
    assert not page.exception and "<b>12</b> films selected" in html(page)  # its title and its views are there
    assert page.segmented_control(key="trouble_kind").value == "summary"


def test_a_set_without_patients_says_so(tmp_path: Path, empty_data: Path) -> None:
    import tiny_training
    from cxr_core.training.tfrecord_writer import write_tfrecords

    (tmp_path / "films").mkdir()
    write_tfrecords(tiny_training.draw_films(tmp_path / "films"), tmp_path / "records", size=32, shards=1)
    (tmp_path / "records" / "preprocessed_data.csv").unlink()
    page = of("other", show="patients")
    page.text_input(key="dataset_folder").set_value(str(tmp_path / "records")).run()
    assert not page.exception and "Patients are not known" in html(page)
    assert "of patients that are not known" in html(page)
    page.segmented_control(key="dataset_show").set_value("trouble").run()
    page.segmented_control(key="trouble_kind").set_value("parts").run()
    assert not page.exception and "cannot be told" in html(page)


def test_no_findings_are_no_choice_and_no_error() -> None:
    def script() -> None:
        import streamlit as st

        from cxr_core.ui.dataset.scores import choose_finding

        st.text(repr(choose_finding((), "nothing")))

    page = AppTest.from_function(script, default_timeout=60).run()
    assert not page.exception and page.text[0].value == "''" and page.selectbox[0].disabled


def test_views_show_all_beside_what_is_selected() -> None:
    summary = load_summary()
    selected, whole = count(summary, Selection(sex="F", age=(40, 60)).kinds(summary)), count(summary)
    pale, bright = draw_views(selected, whole).data
    place = list(bright.y).index("Effusion")
    assert pale.y[place] == "Effusion"
    assert pale.x[place] == pytest.approx(whole.views.loc["Effusion", "AP"] / whole.findings["Effusion"])
    assert bright.x[place] == pytest.approx(selected.views.loc["Effusion", "AP"] / selected.findings["Effusion"])


def test_the_weighted_draw_shows_all_beside_what_is_selected() -> None:
    summary = load_summary()
    asked = Selection(sex="F", age=(40, 60))
    selected, whole = draw_shares(summary, asked.kinds(summary), drawn=900, base=0.5), draw_shares(summary, base=0.5)
    drawn = {(one.name, one.offset): dict(zip(one.y, one.x, strict=True))["Mass"]
             for one in draw_shares_drawn(selected, whole).data}
    truth = [float(table.set_index("finding").loc["Mass", column]) for table in (selected, whole)
             for column in ("share", "drawn")]
    assert sorted(drawn.values()) == pytest.approx(sorted(truth))
    assert len(drawn) == 4 and np.isfinite(list(drawn.values())).all()
