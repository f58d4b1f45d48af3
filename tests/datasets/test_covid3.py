"""The films of the COVID-19 systems: two sets, one index, no patient in two parts."""

from __future__ import annotations

from pathlib import Path

import pytest

from cxr_core.datasets.coronahack import METADATA
from cxr_core.datasets.covid3 import read_covid3
from cxr_core.errors import DataError
from cxr_core.training.data import read_split
from cxr_core.training.recipes import find_recipe

_FILMS = {  # name -> label, part; person1 stands in both parts
    "person1_bacteria_1.jpeg": ("Pnemonia", "TRAIN"), "person1_virus_2.jpeg": ("Pnemonia", "TEST"),
    "person2_bacteria_3.jpeg": ("Pnemonia", "TRAIN"), "IM-0001-0001.jpeg": ("Normal", "TRAIN"),
}


def lay_out(root: Path, parts: str) -> None:
    (root / "coronahack").mkdir()
    (root / "covid" / "images").mkdir(parents=True)
    rows = [f"{row},{name},{label},{part},,\n" for row, (name, (label, part)) in enumerate(_FILMS.items())]
    header = ",X_ray_image_name,Label,Dataset_type,Label_2_Virus_category,Label_1_Virus_category\n"
    (root / "coronahack" / METADATA).write_text(header + "".join(rows))
    for name in _FILMS:
        (root / "coronahack" / name).write_bytes(b"")
    (root / "covid" / "images" / "a.jpg").write_bytes(b"")
    (root / "covid" / "images.csv").write_text(
        f"path,finding,patient_id,view,sex,split\nimages/a.jpg,COVID-19,1,AP,F,{parts}\n"
    )


def add(root: Path, names: list[str], row: str) -> None:
    with (root / METADATA).open("a") as table:
        for name in names:
            (root / name).write_bytes(b"")
            table.write(f"0,{name},{row}\n")


def test_train_films_of_a_patient_of_test_are_left_out_and_told(tmp_path: Path) -> None:
    lay_out(tmp_path, "train")
    index, report = read_covid3(tmp_path)
    assert set(index.table["image"]) == {*_FILMS, "a.jpg"} - {"person1_bacteria_1.jpeg"}
    assert "1 train films were left out" in report.in_words
    assert all((index.root / path).is_file() for path in index.table["path"])


def test_a_coronahack_download_is_read_alone(tmp_path: Path) -> None:
    lay_out(tmp_path, "train")
    index, report = read_covid3(tmp_path / "coronahack")
    assert set(index.table["image"]) == {*_FILMS} - {"person1_bacteria_1.jpeg"}
    assert "1 train films were left out" in report.in_words
    assert all((index.root / path).is_file() for path in index.table["path"])


def test_the_published_experiment_is_trained_on_a_coronahack_download_that_has_each_class(tmp_path: Path) -> None:
    lay_out(tmp_path, "train")
    recipe, root = find_recipe("resnet18-224-covid3"), tmp_path / "coronahack"
    add(root, [f"IM-{number:04}-0001.jpeg" for number in range(20, 30)], "Normal,TRAIN,,")
    with pytest.raises(DataError, match="no film to train on of COVID-19"):
        read_split(recipe, root)
    add(root, [f"adult-{number}.jpg" for number in range(20)], "Pnemonia,TRAIN,COVID-19,Virus")
    said: list[str] = []
    index = read_split(recipe, root, said.append)
    counts = index.table[index.table["labels"] == "COVID-19"]["split"].value_counts()
    assert counts.to_dict() == {"train": 13, "test": 5, "val": 2} and "train films were left out" in said[0]


def test_covid_films_without_a_part_are_refused_in_words(tmp_path: Path) -> None:
    lay_out(tmp_path, "")
    with pytest.raises(DataError, match="1 COVID-19 films have no part"):
        read_covid3(tmp_path)


@pytest.mark.realdata
def test_no_real_patient_stands_in_two_parts_and_test_is_as_published(data_folder: Path) -> None:
    table = read_covid3(data_folder)[0].table
    assert table.groupby("patient")["split"].nunique().max() == 1
    counts = table.groupby("split")["labels"].value_counts()
    assert (counts["test", "Normal"], counts["test", "Pneumonia"], counts["test", "COVID-19"]) == (231, 387, 61)
    for part in ("train", "val"):
        assert set(counts[part].index) == {"Normal", "Pneumonia", "COVID-19"}
