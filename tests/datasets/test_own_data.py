"""A table of one's own is a data set to every command as it is to the page; its boxes come back as they left."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import small_set
import tiny_training

from cxr_core.cli import main
from cxr_core.datasets.box_cells import to_cell
from cxr_core.datasets.boxes import LIST
from cxr_core.datasets.collection import Collection, open_collection
from cxr_core.datasets.counts import Selection
from cxr_core.datasets.sources import open_source
from cxr_core.datasets.subset import films_csv
from cxr_core.datasets.summary import load_summary
from cxr_core.datasets.tfrecords import read_tfrecords
from cxr_core.errors import DataError
from cxr_core.evaluation.results import read_results
from cxr_core.geometry import Box
from cxr_core.training.data import read_split

MODEL = "resnet18-128-nih14"
MASSES = 4
ROWS = "00000003_001.png,Mass,225.08474576271186,547.0,86.7,79.2,,,\n00000003_001.png,Effusion,10,20,300,400,,,\n"


@pytest.fixture
def films(tmp_path: Path) -> Collection:
    """NIH as downloaded, in small, with two boxes on one film."""
    folder = small_set.draw_set(tmp_path / "films")
    (folder / LIST).write_text("Image Index,Finding Label,Bbox [x,y,w,h],,,\n" + ROWS)
    return open_collection(folder)


@pytest.fixture
def table(films: Collection) -> Path:
    """The films with a Mass as the Dataset page gives them away, beside the films."""
    file = films.index.root / "masses.csv"
    file.write_bytes(films_csv(films, films.places(Selection(any_of=("Mass",)))))
    return file


def copied(table: Path, tmp_path: Path) -> list[str]:
    """The table elsewhere than its films, and how a command is told."""
    (tmp_path / "own").mkdir()
    return [str(table.parent), "--table", str(shutil.copy(table, tmp_path / "own" / "mine.csv"))]


def test_a_table_beside_its_films_is_the_data_set_that_both_together_are(
    table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = open_source(table.parent, table=table)
    monkeypatch.chdir(table.parent)
    for named in (table, Path(table.name)):
        alone = open_source(named)
        assert alone.index.root == both.index.root and alone.kind == both.kind == "table" and len(alone.index) == MASSES
        pd.testing.assert_frame_equal(alone.index.table, both.index.table)
    assert len(open_source(Path(small_set.NEWER)).index) == 12  # NIH's own table is NIH's set
    assert open_source(Path(small_set.NEWER)).kind == "nih"


def test_check_summarise_and_tfrecord_take_a_table(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for named in ([str(table)], copied(table, tmp_path)):
        assert main(["data", "check", *named]) == 0
        assert f"{MASSES} films of 2 patients" in capsys.readouterr().out
        assert main(["data", "summarise", *named, "--force", "--out", str(tmp_path / "counts.parquet")]) == 0
        assert load_summary(tmp_path / "counts.parquet").films == MASSES
        out = tmp_path / f"records{len(named)}"
        assert main(["data", "tfrecord", named[0], str(out), *named[1:], "--size", "32", "--shards", "1"]) == 0
        assert set(read_tfrecords(out)[0].table["labels"]) == {"Mass", "Mass|Effusion"}


def test_counts_are_written_whole_or_it_is_said_why_not(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "kept.parquet"
    kept.write_bytes(b"theirs")
    (tmp_path / "file").write_bytes(b"")
    for out, said in (
        (kept, "is there already. Name another file, or add --force."),
        (tmp_path / "none" / "counts.parquet", "Could not write"), (tmp_path / "file" / "a.parquet", "Could not write"),
    ):
        assert main(["data", "summarise", str(table), "--out", str(out)]) == 2
        assert said in capsys.readouterr().err
    assert kept.read_bytes() == b"theirs"
    assert main(["data", "summarise", str(table), "--out", str(kept), "--force"]) == 0
    assert load_summary(kept).films == MASSES


def test_a_folder_that_cannot_be_made_is_named(
    table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_bytes(b"")
    out = tmp_path / "file" / "records"
    assert main(["data", "tfrecord", str(table), str(out)]) == 2
    assert f"Could not make the folder {out}: Not a directory." in capsys.readouterr().err
    tiny_training.register(monkeypatch)
    rows = pd.read_csv(table)
    rows.assign(split=["train", "train", "val", "val"], labels=["Mass", "Mass|Effusion"] * 2).to_csv(table, index=False)
    assert main(["train", tiny_training.RECIPE.model_id, "--data", str(table), "--run", str(out)]) == 2
    assert f"Could not make the folder {out}: Not a directory." in capsys.readouterr().err


def test_a_table_is_counted_without_its_films(table: Path, tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    away = table.rename(tmp_path / "own" / "mine.csv")
    assert main(["data", "check", str(away)]) == 2
    assert main(["data", "summarise", str(away), "--out", str(tmp_path / "counts.parquet")]) == 0
    assert load_summary(tmp_path / "counts.parquet").films == MASSES


def test_evaluate_and_embed_take_a_table(
    table: Path, tmp_path: Path, tiny_weights: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("CXR_HOME", str(tmp_path / "home"))
    rows = pd.read_csv(table)
    rows.assign(labels=["Mass", "Mass|Effusion"] * 2).to_csv(table, index=False)
    assert main(["evaluate", MODEL, "--data", str(table), "--split", "all"]) == 0
    told = read_results(tmp_path / "home" / "results" / f"{MODEL}.masses.all.parquet")
    assert len(told) == MASSES and told.label_version == "masses.csv"
    assert "--data masses.csv --split all" in told.provenance.command
    assert main(["data", "embed", MODEL, "--data", str(table)]) == 0
    assert f"vectors of {MASSES} films" in capsys.readouterr().out


def test_train_takes_a_table_with_parts_of_its_own_or_splits_it_by_patient(
    table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny_training.register(monkeypatch)
    rows = pd.read_csv(table)
    rows.assign(split=["train", "train", "val", "test"]).to_csv(table, index=False)
    index = read_split(tiny_training.RECIPE, table)
    assert index.table["split"].tolist() == ["train", "train", "val", "test"]
    said: list[str] = []
    big = small_set.draw_set(tmp_path / "more", patients=20)
    away = tmp_path / "own.tsv"
    films = open_collection(big)
    rows = pd.DataFrame({"image": films.index.table["image"], "patient": films.index.table["patient"], "Mass": 1})
    rows.to_csv(away, index=False, sep="\t")
    with pytest.raises(DataError, match="own.tsv says nothing of Effusion, which tiny-16-test2 learns"):
        read_split(tiny_training.RECIPE, big, table=away)
    rows.assign(Effusion=0).to_csv(away, index=False, sep="\t")
    index = read_split(tiny_training.RECIPE, big, said.append, table=away)
    assert len(index) == 60 and set(index.table["split"]) >= {"train", "val"}
    assert index.table.groupby("patient")["split"].nunique().max() == 1 and "patient" in " ".join(said)


def test_what_is_no_table_for_a_command_is_said(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    film = str(next(table.parent.rglob("*.png")))
    for named, words in (
        ([film], "is no table by its name"), ([str(table.with_name("gone.csv"))], "There is no table"),
        ([str(table), "--table", str(table)], "is a file. Name the folder that holds the films of 'masses.csv'"),
    ):
        assert main(["data", "check", *named]) == 2
        assert words in " ".join(capsys.readouterr().err.split())
    for recipe in (tiny_training.RECIPE, replace(tiny_training.RECIPE, data="covid3")):
        with pytest.raises(DataError, match="There is no folder /nowhere"):
            read_split(recipe, Path("/nowhere"))
    with pytest.raises(DataError, match="says what films show, and not where they are"):
        read_split(tiny_training.RECIPE, None, table=table)
    with pytest.raises(DataError, match="name the folder that holds these, no table"):
        read_split(replace(tiny_training.RECIPE, data="all_films"), table)


def test_boxes_leave_with_the_films_and_come_back_to_the_last_digit(films: Collection, table: Path) -> None:
    (films.index.root / LIST).unlink()
    boxes = open_collection(table).index.table.set_index("image")["boxes"]
    assert boxes["00000003_001.png"] == (
        Box(225.08474576271186, 547, 86.7, 79.2, "Mass"), Box(10, 20, 300, 400, "Effusion"),
    )
    assert boxes.map(len).sum() == 2
    found = open_collection(table)
    assert len(found.places(Selection(boxed=True))) == 1
    rows = pd.read_csv(table)
    rows.to_parquet(table.with_suffix(".parquet"), index=False)
    assert open_collection(table.with_suffix(".parquet")).index.table["boxes"].map(len).sum() == 2


def test_a_table_s_own_boxes_count_and_a_list_in_the_folder_where_it_has_none(films: Collection, table: Path) -> None:
    rows = pd.read_csv(table)
    for column, count in (("Nodule 1 2 3 4", 4), ("", 2), (np.nan, 2)):
        rows.assign(boxes=column).to_csv(table, index=False)
        assert open_collection(table).index.table["boxes"].map(len).sum() == count


@pytest.mark.parametrize("cell", [
    "[[1, 2, 3, 4]]", "Mass 1 2 3", "Mass a b c d", "Mass 1 2 -3 4", "Mass 1 2 nan 4", "Mass 1000 2 100 4", "yes",
    "Mass 1 2 3 4|", "Mass 1 2 inf 4",
])
def test_boxes_that_cannot_be_read_are_told_of_and_the_films_are_there(
    films: Collection, table: Path, cell: str
) -> None:
    rows = pd.read_csv(table)
    rows.assign(boxes=["Mass 1 2 3 4", cell, "", cell]).to_csv(table, index=False)
    found = open_collection(table)
    (said,) = [one for one in found.report.remarks if "boxes" in one]
    assert len(found) == MASSES and "2 cells cannot be read, the first in line 3" in said and "label x y w h" in said
    assert cell not in said and found.index.table["boxes"].map(len).sum() == 2  # NIH's list beside the films
    rows.drop(columns="boxes").assign(boxes=[[{"x": 1}]] * MASSES).to_parquet(table.with_suffix(".parquet"))
    said = " ".join(open_collection(table.with_suffix(".parquet")).report.remarks)
    assert "lists or structs are not read: boxes" in said and "label x y w h" in said


@pytest.mark.realdata
def test_nihs_boxes_come_back_from_a_table(data_folder: Path, tmp_path: Path) -> None:
    films = open_collection(data_folder / "nih_download")
    (file := tmp_path / "own.csv").write_bytes(films_csv(films, films.places(Selection(boxed=True))))
    back = open_source(data_folder / "nih_download", table=file).index.table.set_index("image")["boxes"]
    there = films.index.table.set_index("image")["boxes"]
    assert len(back) == 20 and all(back[name] == there[name] for name in back.index)
    assert to_cell(()) == ""
