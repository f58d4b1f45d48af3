"""A named selection comes back as it was, and what is wrong with one is said in words."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cxr_core.datasets.picked import Picked
from cxr_core.datasets.saved_selections import FILE, SavedSelection, delete_selection, save_selection, saved_selections
from cxr_core.errors import DataError

TOLD = SavedSelection("Old men, bed", "a" * 64, {"view": "AP", "age": "70-95"}, Picked.of([5, 3, 9]), 3)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CXR_HOME", str(tmp_path))
    return tmp_path / "settings" / FILE


def test_what_was_saved_comes_back_until_it_is_deleted() -> None:
    assert saved_selections() == []
    kept = save_selection(TOLD)
    other = save_selection(SavedSelection("  all   of it ", "", {}, None, 28))
    assert saved_selections() == [other, kept] and other.name == "all of it"
    assert replace(kept, saved="") == TOLD and kept.saved
    np.testing.assert_array_equal(kept.picked.places, [3, 5, 9])
    delete_selection("all of it")
    delete_selection("never there")
    assert saved_selections() == [kept]


def test_picked_films_open_on_their_own_data_set_alone() -> None:
    assert TOLD.fits("a" * 64) and not TOLD.fits("b" * 64)
    assert replace(TOLD, picked=None).fits("b" * 64)


@pytest.mark.parametrize(("name", "words"), [
    ("", "a name of 1 to"), ("x" * 61, "found 61"), ("OLD men,  bed", "already"),
])
def test_a_name_that_cannot_be_is_refused_in_words(name: str, words: str) -> None:
    save_selection(TOLD)
    with pytest.raises(DataError, match=words):
        save_selection(replace(TOLD, name=name))
    assert len(saved_selections()) == 1


@pytest.mark.parametrize("values", [
    ("x", "", "no json", b"", 1, ""), ("x", "", "[1]", b"", 1, ""), ("x", "", "{}", b"123", 1, ""),
    (b"x", "", "{}", b"", 1, ""),
])
def test_a_file_that_somebody_changed_is_said_to_be_broken(home: Path, values: tuple) -> None:
    save_selection(TOLD)
    with sqlite3.connect(home) as store:
        store.execute("insert into selection values (?, ?, ?, ?, ?, ?)", values)
    with pytest.raises(DataError, match="move selections.sqlite out"):
        saved_selections()


def test_a_file_that_is_none_is_said_to_be_broken(home: Path) -> None:
    home.parent.mkdir(parents=True)
    home.write_bytes(b"this is no database, " * 99)
    for act in (saved_selections, lambda: save_selection(TOLD)):
        with pytest.raises(DataError, match="could not be read or kept"):
            act()
