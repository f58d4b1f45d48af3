"""Films of stored results are found by what is theirs alone, and nothing outside the data is ever opened."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import small_set

from cxr_core.datasets.collection import open_collection
from cxr_core.datasets.locate import films_at_hand
from cxr_core.datasets.nih import read_nih
from cxr_core.datasets.subset import films_csv
from cxr_core.datasets.tfrecords import TABLE, read_tfrecords
from cxr_core.imaging.read import load_bytes
from cxr_core.training.tfrecord_writer import write_tfrecords

_HEAD = ("path", "image_index", "patient_id", "follow_up", "age", "sex", "view", "finding_labels", "split",
         "source_width", "slice", "has_box")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with two of NIH's films; a third row leads out of it."""
    root = tmp_path / "data" / "nih"
    (root / "images").mkdir(parents=True)
    rows = []
    for image, path in (("00000001_000.png", "images/a.jpg"), ("00000002_000.png", "images/b.jpg"),
                        ("00000003_000.png", "../../secret.jpg"), ("00000004_000.png", "images/gone.jpg")):
        rows.append((path, image, 1, 0, 50, "F", "PA", "No Finding", "test", 1024, "natural", False))
    pd.DataFrame(rows, columns=_HEAD).to_csv(root / "images.csv", index=False)
    for path in (root / "images" / "a.jpg", root / "images" / "b.jpg", tmp_path / "secret.jpg"):
        path.write_bytes(b"film")
    return tmp_path / "data"


def test_nihs_films_are_found_by_name_whatever_their_ending(data: Path) -> None:
    for folder in (data, data / "nih"):
        at_hand = films_at_hand(folder)
        assert at_hand.find("00000001_000.png") == (data / "nih" / "images" / "a.jpg").resolve()
        assert at_hand.find("00000002_000.jpg", "elsewhere/x.jpg") == (data / "nih" / "images" / "b.jpg").resolve()


def test_what_is_not_there_or_leads_out_of_the_data_is_not_found(data: Path) -> None:
    at_hand = films_at_hand(data)
    for image, path in (("00000003_000.png", ""), ("00000004_000.png", ""), ("film.png", "../../secret.jpg"),
                        ("/etc/passwd", ""), ("a.jpg", "images/a.jpg")):
        assert at_hand.find(image, path) is None
    assert not len(films_at_hand(data / "nowhere"))


def test_films_of_a_table_are_found_where_they_lie(tmp_path: Path) -> None:
    films = open_collection(small_set.draw_set(tmp_path / "films"))
    (table := tmp_path / "mine.csv").write_bytes(films_csv(films, np.array([3, 5])))
    names, paths = films.index.table["image"], films.index.table["path"]
    at_hand = films_at_hand(table, tmp_path / "films")
    assert at_hand.find(names[5]) == (tmp_path / "films" / paths[5]).resolve() and at_hand.find(names[4]) is None
    rows = pd.read_csv(table).assign(patient="somebody")  # names like NIH's, of others' patients: known by their path
    rows.to_csv(tmp_path / "films" / "mine.csv", index=False)
    at_hand = films_at_hand(tmp_path / "films" / "mine.csv")
    assert len(at_hand) == 2 and at_hand.find(names[5]) is None
    assert not len(films_at_hand(table, tmp_path / "nowhere"))


@pytest.mark.parametrize("has_table", [True, False])
def test_films_within_records_are_found_and_are_the_records_own(tmp_path: Path, has_table: bool) -> None:
    index, _ = read_nih(small_set.draw_set(tmp_path / "films"))
    home = tmp_path / "data"
    write_tfrecords(index, home / "records", size=32, shards=2)
    if not has_table:  # nobody knows whose they are: a film is known by its place
        (home / "records" / TABLE).unlink()
    told, _ = read_tfrecords(home / "records")
    at_hand = films_at_hand(home)
    assert len(at_hand) == len(told) == 12
    for image, path in zip(told.table["image"], told.table["path"], strict=True):
        assert load_bytes(at_hand.find(image, path)) == load_bytes(home / "records" / path)
    image, path = told.table[["image", "path"]].iloc[0]
    assert (at_hand.find(image, "elsewhere.tfrec@0") is None) != has_table  # NIH's are known by name, others are not
    (home / "records" / path.partition("@")[0]).unlink()
    assert at_hand.find(image, path) is None and len(films_at_hand(home)) == 6  # it is looked at anew


def test_films_of_joined_data_sets_are_found_by_their_path_with_its_folder(data: Path) -> None:
    """As results of three classes know them; a folder of another name is another data set."""
    root = data / "coronahack"
    (root / "all" / "test").mkdir(parents=True)
    (root / "all" / "test" / "IM-1.jpeg").write_bytes(b"film")
    (root / "Chest_xray_Corona_Metadata.csv").write_text(
        "X_ray_image_name,Label,Dataset_type,Label_2_Virus_category\nIM-1.jpeg,Normal,TEST,\n")
    for folder in (data, root):
        at_hand = films_at_hand(folder)
        for path in ("coronahack/all/test/IM-1.jpeg", "all/test/IM-1.jpeg"):
            assert at_hand.find("IM-1.jpeg", path) == (root / "all" / "test" / "IM-1.jpeg").resolve()
        assert at_hand.find("IM-1.jpeg", "covid/all/test/IM-1.jpeg") is None


@pytest.mark.realdata
def test_every_test_film_of_the_shipped_results_is_found(data_folder: Path) -> None:
    from cxr_core.evaluation.results import load_results, subset
    from cxr_core.models.weights import weights_folder

    at_hand = films_at_hand(data_folder)
    for image in subset(load_results(weights_folder() / "resnet18-128-nih14"), "test").films["image"]:
        assert at_hand.find(image).stem == Path(image).stem
