"""Stored scores find their films, and the orders of the gallery are what they say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cxr_core.datasets.index import Index
from cxr_core.datasets.scored import FilmScores, disagreement, match_scores, order_films
from cxr_core.evaluation.results import Results


def index(**columns: list) -> Index:
    table = pd.DataFrame({
        "path": ["d/00000010_000.png", "a/00000002_001.png", "a/00000002_000.png", "other.jpg"],
        "image": ["00000010_000.png", "00000002_001.png", "00000002_000.png", "other.jpg"],
        "patient": ["10", "2", "2", "3"], "follow_up": [0, 1, 0, 0], "age": [70.0, 31.0, 30.0, np.nan],
        "labels": ["Mass", "No Finding", "Mass|Effusion", "No Finding"],
    } | columns)
    return Index(Path("films"), table)


def results(images: list[str], paths: list[str], mass: list[float]) -> Results:
    films = pd.DataFrame({"image": images, "path": paths})
    column = np.array(mass)[:, None]
    return Results("m", ("Mass",), "2020", films, column * 0, column, column)


def test_a_film_of_nih_is_found_by_name_and_another_by_its_path_as_well() -> None:
    images = ["00000002_000.jpg", "other.jpg", "00000010_000.jpg"]
    told = results(images, ["x.jpg", "elsewhere/other.jpg", ""], [.1, .2, .3])
    assert match_scores(index(), told).of("Mass") == pytest.approx([.3, np.nan, .1, np.nan], nan_ok=True)
    told = results(["other.jpg"], ["other.jpg"], [.2])
    assert match_scores(index(), told).of("Mass") == pytest.approx([np.nan, np.nan, np.nan, .2], nan_ok=True)


def test_a_label_of_half_the_probability_is_one_bit_of_surprise() -> None:
    bits = disagreement(np.array([1.0, 0.0, 1.0, 0.0]), np.array([.5, .5, .125, .125]))
    assert bits == pytest.approx([1, 1, 3, -np.log2(.875)])


@pytest.mark.parametrize(("order", "places"), [
    ("patient", [2, 1, 3, 0]), ("young", [2, 1, 0, 3]), ("old", [0, 1, 2, 3]), ("labels", [2, 0, 1, 3]),
    ("score", [1, 0, 2]), ("doubt", [2, 1, 0]), ("nothing known", [2, 1, 3, 0]),
])
def test_films_stand_in_the_order_asked_for(order: str, places: list[int]) -> None:
    scores = FilmScores(("Mass",), np.array([[.4], [.6], [.1], [np.nan]], np.float32))
    assert order_films(index(), np.arange(4), order, scores, "Mass").tolist() == places


def test_an_order_holds_the_selected_films_alone() -> None:
    assert order_films(index(), np.array([0, 3]), "young").tolist() == [0, 3]
    assert order_films(index(), np.array([], int), "old").tolist() == []
    assert order_films(index(), np.arange(4), "score").tolist() == []


def test_patients_that_are_no_numbers_have_an_order_too() -> None:
    told = index(patient=["person9", "IM-1", "IM-1", "person10"])
    assert order_films(told, np.arange(4), "patient").tolist() == [2, 1, 3, 0]
