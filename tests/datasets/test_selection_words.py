"""An address asks no more than there is, is bounded, and what it asks in vain is said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cxr_core.datasets.counts import Selection, count
from cxr_core.datasets.index import Index
from cxr_core.datasets.picked import Picked
from cxr_core.datasets.selection_words import Askable, from_address, left_out, to_address, to_link
from cxr_core.datasets.summary import Summary, load_summary, summarise


@pytest.mark.parametrize("words", [
    {"age": "9" * 5000 + "-1"}, {"age": "0-" + "9" * 5000}, {"follow_up": "-".join(["1" * 10_000] * 2)},
    {"any_of": "Mass" * 50_000},
])
def test_numbers_and_names_of_any_length_ask_nothing(words: dict[str, str]) -> None:
    assert from_address(words) == Selection()
    assert all(len(one) <= 40 for one in left_out(words, Selection()))


def test_what_is_said_twice_is_asked_once() -> None:
    assert from_address({"any_of": "Mass,Mass,Nodule,Mass"}).any_of == ("Mass", "Nodule")


@pytest.mark.parametrize(("said", "meant"), [
    ("42-58", (40, 60)), ("40-60", (40, 60)), ("43-43", (40, 45)), ("40-40", (40, 40)), ("0-119", (0, 120)),
])
def test_ages_are_of_whole_bands_as_the_slider_shows_them(said: str, meant: tuple[int, int]) -> None:
    assert from_address({"age": said}).age == meant


def drawn(**columns: object) -> Summary:
    table = pd.DataFrame({
        "image": [f"{number}.png" for number in range(4)], "patient": range(4), "labels": ["COVID-19", "Pneumonia"] * 2,
        "sex": ["F", "M", "O", ""], "age": 40.0, "view": ["AP Supine", "PA", "L", "PA"], "follow_up": 0,
        "split": "test",
    } | columns)
    return summarise(Index(Path(), table), "drawn")


def test_a_data_sets_own_views_and_sexes_come_back_from_an_address() -> None:
    there = Askable.of(drawn())
    asked = Selection(any_of=("COVID-19",), sex="O", view="AP Supine")
    assert from_address(to_address(asked), there) == asked
    assert from_address(to_address(asked)) == Selection()  # of NIH's none of it can be asked


def test_what_a_data_set_has_not_is_told() -> None:
    words = {"any_of": "COVID-19,Mass,Pleural_Thickening", "sex": "O", "age": "60-40", "boxed": "yes", "split": "test"}
    assert left_out(words, from_address(words, Askable.of(load_summary()))) == ("COVID-19", "age 60-40", "sex O")
    without_boxes = from_address(words, Askable.of(drawn()))
    assert left_out(words, without_boxes) == ("Mass", "Pleural thickening", "age 60-40", "boxed yes")
    many = left_out({"any_of": ",".join(f"Finding {number}" for number in range(300))}, Selection())
    assert len(many) == 5 and many[-1] == "296 more"
    assert left_out({"any_of": "Mass"}, from_address({"any_of": "Mass"})) == ()


def test_films_that_were_picked_are_counted_in_a_link_and_told_of_where_it_is_opened() -> None:
    asked = Selection(any_of=("Mass",), picked=Picked.of([3, 1, 4]))
    words = to_link(asked)
    assert words == to_address(asked) | {"picked": "3"} and to_link(Selection()) == {}
    assert left_out(words, from_address(words)) == ("3 picked films, which no address can hold",)
    assert left_out(words, asked) == () == left_out({"picked": "many"}, Selection())


@pytest.mark.parametrize(("edges", "low", "below"), [
    ((40, 60), 40, 60), ((0, 5), 0, 5), ((40, 40), 40, 45), ((0, 0), 0, 5), ((60, 120), 60, 999), ((0, 115), 0, 115),
    ((5, 120), 5, 999), ((95, 95), 95, 100), ((120, 120), 120, 125),
])
def test_ages_are_counted_as_they_are_said_at_every_edge(edges: tuple[int, int], low: int, below: int) -> None:
    ages = np.r_[np.arange(0, 121), 39.9, 59.99, 0.1, np.nan]
    table = pd.DataFrame({
        "image": [f"{number}.png" for number in range(len(ages))], "patient": range(len(ages)), "labels": "Mass",
        "sex": "F", "age": ages, "view": "PA", "follow_up": 0, "split": "train",
    })
    summary = summarise(Index(Path(), table), "of every age")
    told = count(summary, Selection(age=edges).kinds(summary)).films
    assert told == ((table["age"] >= low) & (table["age"] < below)).sum()


@pytest.mark.realdata
@pytest.mark.parametrize(("edges", "low", "below"), [
    ((40, 60), 40, 60), ((0, 20), 0, 20), ((85, 120), 85, 999), ((50, 50), 50, 55),
])
def test_ages_of_all_nih_are_counted_as_pandas_counts_them(
    data_folder: Path, edges: tuple[int, int], low: int, below: int
) -> None:
    age = pd.read_csv(data_folder / "nih" / "Data_Entry_2017_v2020.csv.gz", usecols=["Patient Age"])["Patient Age"]
    known = age <= 120
    summary = load_summary()
    told = count(summary, Selection(age=edges).kinds(summary)).films
    assert told == (known & (age >= low) & (age < below)).sum()


def test_a_click_on_the_matrix_counts_what_its_cell_says() -> None:
    summary = load_summary()
    asked = Selection(any_of=("Infiltration", "Effusion"), none_of=("Edema",), sex="F", age=(40, 60), view="AP")
    shown = count(summary, asked.kinds(summary))
    for row, column in ((0, 4), (9, 9), (7, 2)):
        pair = shown.names[row], shown.names[column]
        clicked = asked.with_all_of(pair)
        assert count(summary, clicked.kinds(summary)).films == shown.together[row, column]
        assert (clicked.any_of, clicked.none_of, clicked.sex, clicked.age) == (
            asked.any_of, asked.none_of, asked.sex, asked.age)


def test_films_of_nobody_are_no_patient() -> None:
    assert drawn(patient="").patients == 0 and drawn(patient=["7", "7", "", ""]).films_per_patient == {2: 1}
