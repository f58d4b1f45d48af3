"""Tables of somebody's own: a data set leaves as CSV or Parquet and comes back the same; a broken one is told of."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import small_set

from cxr_core.datasets import parquet_rows
from cxr_core.datasets.collection import Collection, open_collection
from cxr_core.datasets.counts import Selection
from cxr_core.datasets.subset import films_csv
from cxr_core.errors import DataError

SAME = ["image", "path", "patient", "follow_up", "age", "sex", "view", "labels"]


@pytest.fixture
def films(tmp_path: Path) -> Collection:
    return open_collection(small_set.draw_set(tmp_path / "films"))


def of_columns(films: Collection, root: Path, name: str, **columns: object) -> Path:
    """A table of the films with some columns changed; None takes one away."""
    table = films.index.table[[*SAME, "split"]].astype({"labels": str, "sex": str, "view": str, "split": str})
    table = table.assign(**{key: value for key, value in columns.items() if value is not None})
    table = table.drop(columns=[key for key, value in columns.items() if value is None])
    file = root / name
    table.to_parquet(file, index=False) if file.suffix == ".parquet" else table.to_csv(file, index=False)
    return file


@pytest.mark.parametrize("ending", [".csv", ".csv.gz", ".parquet"])
def test_films_that_left_as_a_table_come_back_as_they_were(films: Collection, tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"own{ending}"
    if ending == ".parquet":
        of_columns(films, tmp_path, file.name)
    else:
        told = films_csv(films, films.places(Selection()))
        file.write_bytes(gzip.compress(told) if ending.endswith(".gz") else told)
    again = open_collection(films.index.root, file)
    after, before = (one.index.table[SAME].sort_values("image").astype(str) for one in (again, films))
    pd.testing.assert_frame_equal(after, before)
    assert again.summary.patients == films.summary.patients == 4 and again.report.films_without_row == ()
    assert len(again.places(Selection(any_of=("Mass",)))) == len(films.places(Selection(any_of=("Mass",)))) == 4


def test_findings_may_be_columns_and_numbers_be_numbers(films: Collection, tmp_path: Path) -> None:
    masses = films.index.table["labels"].astype(str).str.contains("Mass")
    for name in ("numbers.csv", "numbers.parquet"):
        numbers = np.where(np.arange(12) == 3, np.nan, films.index.table["patient"].astype(float))
        file = of_columns(films, tmp_path, name, labels=None, patient=numbers, Mass=masses, Effusion=0)
        told = open_collection(films.index.root, file)
        assert len(told.places(Selection(any_of=("Mass",)))) == masses.sum() == 4
        patients = told.index.table["patient"]
        assert patients.nunique() == 5 and patients.iloc[3] == "images/00000002_000.png"  # nobody's: one of its own
    assert set(patients) - {"images/00000002_000.png"} == {"1", "2", "3", "4"}


@pytest.mark.parametrize(("columns", "words"), [
    ({"image": None, "path": None}, "names no films"), ({"labels": None}, "has no labels"),
    ({"image": "gone.png", "path": "gone.png"}, "None of the 12 films"),
    ({"path": "images/00000001_000.png"}, "names a film twice"), ({"labels": None, "Mass": 3}, "neither 0 nor 1"),
])
def test_what_is_wrong_with_a_table_is_said(films: Collection, tmp_path: Path, columns: dict, words: str) -> None:
    for name in ("wrong.csv", "wrong.parquet"):
        with pytest.raises(DataError, match=words):
            open_collection(films.index.root, of_columns(films, tmp_path, name, **columns))


@pytest.mark.parametrize("make", [
    lambda whole: b"", lambda whole: whole[:4], lambda whole: whole[:-40], lambda whole: whole[:200] + whole[-200:],
    lambda whole: b"PAR1" + b"\0" * 4000 + b"PAR1", lambda whole: gzip.compress(whole)[:-30], lambda whole: whole[8:],
    lambda whole: whole[:100] + b"\xff" * 400 + whole[500:],
])
def test_a_broken_table_is_an_answer_in_words(films: Collection, tmp_path: Path, make: object) -> None:
    file = of_columns(films, tmp_path, "whole.parquet")
    for name in ("broken.parquet", "broken.csv", "broken.csv.gz"):
        (broken := tmp_path / name).write_bytes(make(file.read_bytes()))
        with pytest.raises(DataError):
            open_collection(films.index.root, broken)


def test_a_small_parquet_that_claims_millions_of_long_words_is_no_table(
    films: Collection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "bomb.parquet"
    column = pa.DictionaryArray.from_arrays(pa.array(np.zeros(150_000, np.int32)), pa.array(["x" * 4096]))
    pq.write_table(pa.table({"image": column, "labels": column}), file)
    assert file.stat().st_size < 2**18
    with pytest.raises(DataError, match="claims 1,172 MiB of words"):
        open_collection(films.index.root, file)
    monkeypatch.setattr(parquet_rows, "MOST_ROWS", 10)
    with pytest.raises(DataError, match="claims 12 rows"):
        open_collection(films.index.root, of_columns(films, tmp_path, "many.parquet"))


def test_lists_and_structs_of_a_parquet_file_are_left_out(films: Collection, tmp_path: Path) -> None:
    file = of_columns(films, tmp_path, "nested.parquet")
    table = pq.read_table(file)
    nested = pa.array([[{"x": 1}]] * 12), pa.array([{"a": [1]}] * 12)
    pq.write_table(table.append_column("boxes", nested[0]).append_column("more", nested[1]), file)
    assert len(open_collection(films.index.root, file)) == 12
