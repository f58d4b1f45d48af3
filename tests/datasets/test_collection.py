"""A data set is explored as it lies there, and a folder that is broken is answered in words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cxr_core.datasets.collection import Collection, open_collection
from cxr_core.datasets.counts import Selection, count
from cxr_core.errors import DataError
from cxr_core.imaging.phantom import make_phantom

HEADS = "path,image_index,finding_labels,patient_id,follow_up,age,sex,view,split,source_width,slice,has_box\n"
ROWS = (
    "a.png,00000001_000.png,Mass|Effusion,1,0,60,M,PA,train,1024,natural,0\n"
    "b.png,00000001_001.png,No Finding,1,1,61,M,AP,train,1024,natural,0\n"
    "c.png,00000002_000.png,Mass,2,0,411,F,PA,test,1024,natural,1\n"
    "gone.png,00000003_000.png,Mass,3,0,50,F,PA,test,1024,natural,0\n"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "images.csv").write_text(HEADS + ROWS)
    for name in "abc":
        (tmp_path / f"{name}.png").write_bytes(make_phantom(64))
    (tmp_path / "BBox_List_2017.csv").write_text(
        "Image Index,Finding Label,Bbox [x,y,w,h],,,\n00000002_000.png,Mass,10,20,300,400,,,\n"
    )
    return tmp_path


def test_films_and_counts_agree_on_every_selection(folder: Path) -> None:
    found = open_collection(folder)
    for asked in (Selection(), Selection(any_of=("Mass",)), Selection(all_of=("Mass", "Effusion")), Selection(sex="F"),
                  Selection(boxed=True), Selection(none_of=("Mass",)), Selection(age=(60, 64), view="AP")):
        assert len(found.places(asked)) == count(found.summary, asked.kinds(found.summary)).films
    assert found.index.table["image"].iloc[found.places(Selection(any_of=("Mass",)))].tolist() == [
        "00000001_000.png", "00000002_000.png",
    ]


def test_rows_without_films_and_impossible_ages_are_told(folder: Path) -> None:
    found = open_collection(folder)
    assert len(found) == 3 and found.report.missing_films == ("00000003_000.png",)
    assert np.isnan(found.index.table["age"].iloc[2]) and found.index.table["age_written"].iloc[2] == 411
    assert found.index.table["boxes"].iloc[2][0].label == "Mass" and not found.index.table["boxes"].iloc[0]


def test_a_half_download_without_any_film_says_what_to_do(folder: Path) -> None:
    for film in folder.glob("*.png"):
        film.unlink()
    with pytest.raises(DataError, match="none of its 4 rows has its film there.*Unpack the films"):
        open_collection(folder)


def test_films_are_looked_for_by_folder_and_asked_after_one_by_one_only_where_no_list_has_them(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, real = [], Path.is_file
    monkeypatch.setattr(Path, "is_file", lambda path: asked.append(path.name) or real(path))
    assert open_collection(folder).index.table["path"].tolist() == ["a.png", "b.png", "c.png"]
    assert [name for name in asked if name.endswith(".png")] == ["gone.png"]


def test_a_label_file_beside_the_films_tells_their_original_size_whatever_else_it_lacks(folder: Path) -> None:
    (folder / "labels.csv").write_text(
        "Image Index,Finding Labels,OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y],\n"
        "00000002_000.png,Mass,2500,2048,0.168,0.168,\n"
    )
    told = open_collection(folder).index.table
    assert told["original_width"].iloc[2] == 2500 and told["original_height"].iloc[2] == 2048
    assert told["spacing_mm"].iloc[2] == np.float32(0.168) and told["spacing_mm"].isna().sum() == 2


@pytest.mark.parametrize("table", [
    HEADS.encode() + b"a.png,\xff\xfe\x00\xe4,,,,,,,,,,\n", HEADS.replace("sex", "gender").encode() + b"", b"", b"\x00" * 4000,
    HEADS.encode() + b'"a.png,never closed\n', "finding_labels;path\n1;2\n".encode("utf-16"),
], ids=["other encoding", "other columns", "empty", "zeros", "open quote", "utf-16"])
def test_a_broken_table_is_answered_in_words(folder: Path, table: bytes) -> None:
    (folder / "images.csv").write_bytes(table)
    with pytest.raises(DataError) as told:
        open_collection(folder)
    assert len(str(told.value)) > 40


@pytest.mark.parametrize("cell", ["age", "follow_up", "labels", "sex"])
def test_cells_that_are_no_values_are_unknown(folder: Path, cell: str) -> None:
    column = {"labels": "finding_labels"}.get(cell, cell)
    rows = pd.read_csv(folder / "images.csv", dtype=str)
    rows.loc[0, column] = "" if cell in ("labels", "sex") else "sixty"
    rows.to_csv(folder / "images.csv", index=False)
    found = open_collection(folder)
    left_out = cell == "labels"  # a film of which nothing is said is not one without findings
    assert count(found.summary).films == 3 - left_out
    assert ("1 row has no label" in found.report.in_words) == left_out


def test_a_table_cannot_make_the_page_open_other_files(folder: Path) -> None:
    (folder.parent / "secret.png").write_bytes(b"not yours")
    (folder / "images.csv").write_text(HEADS + ROWS.replace("a.png", "../secret.png"))
    found = open_collection(folder)
    with pytest.raises(DataError, match="outside of its folder"):
        found.film(0)
    (folder.parent / "secret.png").unlink()


@pytest.mark.realdata
@pytest.mark.parametrize(("name", "films", "none"), [
    ("nih_download", 28, "No Finding"), ("covid", 251, "No Finding"), ("coronahack", 5808, "Normal"),
])
def test_real_sets_are_explored_in_their_own_words(data_folder: Path, name: str, films: int, none: str) -> None:
    found: Collection = open_collection(data_folder / name)
    told = count(found.summary)
    assert told.films == films == len(found.places(Selection())) and found.summary.none == none
    labels = found.index.table["labels"].astype(str)
    for finding in found.summary.findings:
        assert told.findings[finding] == labels.str.split("|").map(lambda names, one=finding: one in names).sum()
