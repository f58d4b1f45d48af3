"""Planted trouble is found, all of it and nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cxr_core.datasets.collection import Collection, collect, open_collection
from cxr_core.datasets.duplicates import Duplicates, Pair
from cxr_core.datasets.index import Index
from cxr_core.datasets.report import DataReport
from cxr_core.datasets.scored import FilmScores
from cxr_core.datasets.trouble import doubtful, duplicate_table, impossible, known_traits, patients_in_two_parts


def films(**columns: list) -> Collection:
    table = pd.DataFrame({
        "path": list("abcdef"), "image": [f"{name}.png" for name in "abcdef"], "patient": [1, 1, 2, 2, 2, 3],
        "follow_up": [0, 1, 0, 1, 2, 0], "age": [50, 51, 30, 30, 31, 60], "sex": list("FFMMMF"), "view": "PA",
        "labels": ["Mass", "No Finding", "Mass", "Mass", "No Finding", "Effusion"], "split": "train",
    } | columns)
    return collect(Index(Path("films"), table), DataReport(), "drawn")


def test_a_patient_in_two_parts_is_told() -> None:
    assert patients_in_two_parts(films()).empty
    told = patients_in_two_parts(films(split=["train", "test", "val", "val", "val", ""]))
    assert told.to_numpy().tolist() == [["1", "test, train", 2]]


def test_films_of_nobody_are_no_patient_in_two_parts_and_of_no_two_sexes() -> None:
    nobody = films(patient=["", "", "", 2, 2, 3], split=["train", "test", "val", "val", "test", ""],
                   sex=list("FMFMMF"), age=[50, 20, 70, 30, 31, 60])
    assert patients_in_two_parts(nobody).to_numpy().tolist() == [["2", "test, val", 2]]
    assert impossible(nobody).empty


def test_ages_and_sexes_that_cannot_be_are_told() -> None:
    assert impossible(films()).empty
    told = impossible(films(age=[50, 411, 30, 22, 31, -4], sex=list("FFMFMF")))
    assert dict(zip(told["image"], told["what"], strict=False)) | {} == {
        "b.png": "age of 411 years", "f.png": "age of -4 years", "d.png": "sex F, other films of the patient say M",
    }
    assert told["what"].tolist()[2] == "age of 22 years after 30"


def test_an_age_may_fall_by_a_year_and_films_of_one_day_have_no_order() -> None:
    assert impossible(films(age=[51, 50, 30, 40, 31, 60], follow_up=[0, 1, 0, 0, 0, 0])).empty


def test_labels_and_scores_that_disagree_come_first() -> None:
    scores = FilmScores(("Mass",), np.array([[.9], [.8], [.01], [.2], [.1], [np.nan]], np.float32))
    every = np.arange(6)
    assert doubtful(films(), every, scores, "Mass", True)["image"].tolist() == ["c.png", "d.png", "a.png"]
    assert doubtful(films(), every, scores, "Mass", False)["image"].tolist() == ["b.png", "e.png"]
    assert doubtful(films(), every[3:], scores, "Mass", True)["image"].tolist() == ["d.png"]
    assert doubtful(films(), every[:0], scores, "Mass", True).empty


def test_what_is_odd_about_a_pair_is_said() -> None:
    told = duplicate_table(films(split=["train", "test", *["train"] * 4]), Duplicates(6, (
        Pair(0, 1, .99), Pair(2, 3, .95, True), Pair(0, 2, .93),
    )))
    assert told["odd"].tolist() == ["two parts, other labels", "mirrored", "two patients"]
    assert told["patients"].tolist() == ["1", "2", "1 / 2"]


def test_traits_that_never_differ_are_no_traits() -> None:
    assert list(known_traits(films())) == ["Age", "Follow-up number", "Sex"]
    assert list(known_traits(films(view=["AP", *["PA"] * 5])))[0] == "View"


@pytest.mark.realdata
def test_the_official_split_shares_no_patient(data_folder: Path) -> None:
    assert patients_in_two_parts(open_collection(data_folder / "nih")).empty
