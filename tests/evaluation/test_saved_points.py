"""Chosen operating points: kept, replaced, undone, and never another model's."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from cxr_core.errors import DataError
from cxr_core.evaluation.saved_points import FILE, history, save_point, saved_points, undo

A, B = "a" * 64, "b" * 64


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXR_HOME", str(tmp_path))


def choose(digest: str, finding: str, threshold: float, who: str = "Dr. Roe"):
    return save_point(digest, finding, threshold, rule="sensitivity of 90%", who=who)


def test_what_was_chosen_holds_for_these_weights_alone() -> None:
    kept = choose(A, "Mass", 0.31)
    assert saved_points(A) == {"Mass": kept} and kept.who == "Dr. Roe" and kept.chosen.endswith("+00:00")
    assert saved_points(B) == {}


def test_the_last_choice_holds_and_undoing_it_brings_back_the_one_before() -> None:
    first, second = choose(A, "Mass", 0.31), choose(A, "Mass", 0.42)
    choose(A, "Nodule", 0.2)
    assert saved_points(A)["Mass"] == second
    assert undo(A, "Mass") == first == saved_points(A)["Mass"]
    assert undo(A, "Mass") is None and undo(A, "Mass") is None and set(saved_points(A)) == {"Nodule"}
    assert [(point.threshold, bool(point.undone)) for point in history(A)] == [(0.31, True), (0.42, True), (0.2, False)]


@pytest.mark.parametrize(("threshold", "who", "words"), [
    (1.2, "Dr. Roe", "between 0 and 1"), (float("nan"), "Dr. Roe", "between 0 and 1"), (0.5, "  ", "who"),
])
def test_what_makes_no_sense_is_refused_in_words(threshold: float, who: str, words: str) -> None:
    with pytest.raises(DataError, match=words):
        choose(A, "Mass", threshold, who)
    assert saved_points(A) == {}


def test_a_file_of_an_older_version_is_read_and_written(tmp_path: Path) -> None:
    """Before it was written down on which films a point was found."""
    file = tmp_path / "settings" / FILE
    file.parent.mkdir(parents=True)
    with closing(sqlite3.connect(file)) as store, store:
        store.execute("create table choice (number integer primary key autoincrement, digest text not null, finding "
                      "text not null, threshold real not null, rule text not null, who text not null, chosen text not null, "
                      "undone text)")
        store.execute("insert into choice (digest, finding, threshold, rule, who, chosen) "
                      "values (?, 'Mass', .3, 'r', 'w', '2026')", (A,))
    assert (saved_points(A)["Mass"].threshold, saved_points(A)["Mass"].films) == (0.3, "")
    kept = save_point(A, "Mass", 0.4, rule="best F1", who="Dr. Roe", films="test: 1,379 films")
    assert saved_points(A)["Mass"] == kept and kept.films == "test: 1,379 films"


def test_words_are_never_commands() -> None:
    choose(A, "Mass'; drop table choice; --", 0.5, "Robert'); drop table choice; --")
    assert saved_points(A)["Mass'; drop table choice; --"].who.startswith("Robert")


def test_many_readers_at_once_lose_nothing() -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: choose(A, f"finding {number}", number / 40), range(40)))
    assert len(saved_points(A)) == 40


def test_a_broken_file_is_said_and_not_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "settings" / FILE
    file.parent.mkdir(parents=True)
    file.write_bytes(b"no database at all" * 100)
    with pytest.raises(DataError, match="operating points could not be read"):
        saved_points(A)
    assert file.read_bytes().startswith(b"no database")
