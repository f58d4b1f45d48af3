"""A selection that was downloaded names the same films to the commands."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cxr_core.datasets.collection import Collection, collect
from cxr_core.datasets.counts import Selection
from cxr_core.datasets.index import Index
from cxr_core.datasets.picked import Picked
from cxr_core.datasets.report import DataReport
from cxr_core.datasets.saved_selections import SavedSelection, save_selection
from cxr_core.datasets.selection_words import to_address
from cxr_core.datasets.subset import films_csv, only_films
from cxr_core.errors import DataError


@pytest.fixture
def films() -> Collection:
    names = [f"{number:08}_000" for number in range(6)]
    table = pd.DataFrame({
        "path": [f"images/{name}.jpg" for name in names], "image": [f"{name}.png" for name in names],
        "patient": range(6), "follow_up": 0, "age": 50, "sex": "F", "view": "PA",
        "labels": ["Mass", "No Finding"] * 3, "split": ["train", "train", "val", "val", "test", "test"],
    })
    return collect(Index(Path("films"), table), DataReport(), "drawn")


def test_a_downloaded_selection_is_the_same_films(films: Collection, tmp_path: Path) -> None:
    places = films.places(Selection(any_of=("Mass",)))
    file = tmp_path / "mass.csv"
    file.write_bytes(films_csv(films, places))
    assert only_films(films.index, file).table["image"].tolist() == films.index.table["image"].iloc[places].tolist()


def folders(count: int) -> Collection:
    """Films of one name, each in a folder of its own."""
    table = pd.DataFrame({
        "path": [f"p{number}/view1.png" for number in range(count)], "image": "view1.png", "patient": range(count),
        "follow_up": 0, "age": 50, "sex": "F", "view": "PA", "labels": "Mass", "split": "",
    })
    return collect(Index(Path("films"), table), DataReport(), "drawn")


@pytest.mark.parametrize("head", ["image,path", "path", "image"])
def test_of_films_of_one_name_those_are_taken_whose_path_is_named(tmp_path: Path, head: str) -> None:
    whole, file = folders(8), tmp_path / "two.csv"
    file.write_bytes(films_csv(whole, np.array([2, 5])))
    if head != "image,path":
        file.write_text(f"{head}\np2\\view1.png\n./p5/view1.png\n")
    assert only_films(whole.index, file).table["patient"].tolist() == ["2", "5"]


@pytest.mark.parametrize("content", ["image\nview1.png\n", "image,path\nview1.png,\n", "path\nelsewhere/view1.png\n"])
def test_a_name_that_several_films_bear_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "mine.csv"
    file.write_text(content)
    with pytest.raises(DataError, match="1 films by a name that several films here bear, 8 in all.*column path"):
        only_films(folders(8).index, file)
    assert len(only_films(folders(1).index, file)) == 1


def test_a_selection_of_another_copy_is_known_by_its_names(films: Collection, tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_text("image,path\n00000001_000.png,images_001/images/00000001_000.png\n00000004_000.png,\n")
    assert only_films(films.index, file).table["patient"].tolist() == ["1", "4"]
    file.write_text("image,path\n00000001_000.png,images/00000001_000.jpg\n00000004_000.png,\n00000005_000.png,gone\n")
    assert only_films(films.index, file).table["patient"].tolist() == ["1", "4"]


@pytest.mark.parametrize("content", [
    "Image Index\n00000001_000.png\n00000004_000.png\n", "file\nfolder/00000001_000.jpg\nfolder/00000004_000.jpg\n",
    "image;remark\n00000001_000;second look\n00000004_000;\n", "00000001_000.png\n00000004_000.png\n",
    "\ufeffimage\r\n00000001_000.png\r\n\r\n00000004_000.png\r\n",
])
def test_any_csv_that_names_films_will_do(films: Collection, tmp_path: Path, content: str) -> None:
    file = tmp_path / "mine.csv"
    file.write_text(content)
    assert only_films(films.index, file).table["patient"].tolist() == ["1", "4"]


@pytest.mark.parametrize(("content", "parts", "words"), [
    ("image\n00000099_000.png\n", (), "None of the 1 films"), ("remark\nnice\n", (), "names no films"),
    ("image\n00000000_000.png\n", ("train", "val"), "is one of val"), ("", (), "names no films"),
    ("image\n", (), "is empty"), ("\x00" * 50, (), "names no films|cannot be read"),
])
def test_what_names_no_films_is_said(
    films: Collection, tmp_path: Path, content: str, parts: tuple[str, ...], words: str
) -> None:
    file = tmp_path / "mine.csv"
    file.write_text(content)
    with pytest.raises(DataError, match=words):
        only_films(films.index, file, parts)
    with pytest.raises(DataError, match="no file"):
        only_films(films.index, tmp_path / "gone.csv")


def test_a_named_selection_asks_for_the_films_that_the_page_shows(
    films: Collection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CXR_HOME", str(tmp_path))
    asked = Selection(any_of=("Mass",), sex="F", age=(50, 55))
    for name, words, picked in (
        ("Women, mass", to_address(asked), None), ("lasso", {}, Picked.of([1])),
        ("other set", {"any_of": "COVID-19"}, None),
        ("nobody", {"all_of": "Mass,No Finding"}, None),
    ):
        save_selection(SavedSelection(name, "", words, picked))
    told = only_films(films.index, Path("women, MASS"), ("train", "val"))
    assert told.table["image"].tolist() == films.index.table["image"].iloc[films.places(asked)].tolist()
    assert len(told) == 3
    for name, words in (("lasso", "Films as CSV"), ("other set", "asks for COVID-19"), ("nobody", "None of the 6"),
                        ("mass", "no selection of this name")):
        with pytest.raises(DataError, match=words):
            only_films(films.index, Path(name))


def test_an_empty_selection_is_a_header_alone(films: Collection) -> None:
    told = films_csv(films, np.array([], int)).decode().strip()
    assert told == "image,path,patient,follow_up,age,sex,view,labels,split,boxes"


@pytest.mark.realdata
def test_train_takes_a_selection_and_says_what_it_lacks(
    data_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from cxr_core.cli import main

    file = tmp_path / "mine.csv"
    file.write_text("image\n00000001_000.png\n")  # a train film of the reduced set
    run = tmp_path / "run"
    assert main(["train", "resnet18-128-nih14", "--run", str(run), "--only", str(file)]) == 2
    assert "None of the 1 films that mine.csv names is one of val" in capsys.readouterr().err and not run.exists()
