"""Patients are counted and their films ordered as a reader would by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cxr_core.datasets.collection import Collection, collect
from cxr_core.datasets.index import Index
from cxr_core.datasets.patients import films_of, list_patients
from cxr_core.datasets.report import DataReport


@pytest.fixture
def films() -> Collection:
    table = pd.DataFrame({
        "path": "abcd", "image": ["7_2.png", "9_0.png", "7_0.png", "7_1.png"], "patient": [7, 9, 7, 7],
        "follow_up": [2, 0, 0, 0], "age": [52, 30, 50, np.nan], "sex": ["F", "M", "F", "F"], "view": "PA",
        "labels": ["Mass", "No Finding", "Mass|Effusion", "Edema"], "split": "train",
    } | {"path": list("abcd")})
    return collect(Index(Path("films"), table), DataReport(), "drawn")


def test_a_patient_is_told_by_all_selected_films(films: Collection) -> None:
    listed = list_patients(films, np.arange(4))
    assert listed["patient"].tolist() == ["7", "9"] and listed["films"].tolist() == [3, 1]
    assert listed[["from", "to"]].to_numpy().tolist() == [[50, 52], [30, 30]]
    assert listed["findings"].tolist() == ["Edema, Effusion, Mass", "No finding"]
    assert list_patients(films, np.array([0]))["findings"].tolist() == ["Mass"]


def test_films_of_nobody_are_not_listed(films: Collection) -> None:
    table = films.index.table.assign(patient=["7", "", "7", ""])
    nameless = collect(Index(Path("films"), table), DataReport(), "drawn")
    assert list_patients(nameless, np.arange(4))["patient"].tolist() == ["7"]


def test_films_of_a_patient_are_in_order_of_time(films: Collection) -> None:
    assert films_of(films, "7").tolist() == [2, 3, 0] and films_of(films, "8").tolist() == []
