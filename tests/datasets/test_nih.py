"""NIH as downloaded: every row once, versions and ages told by content, official parts, boxes."""

from __future__ import annotations

import gzip
import math
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from cxr_core.datasets.check import check_source
from cxr_core.datasets.label_table import read_films_and_table
from cxr_core.datasets.nih import read_nih
from cxr_core.datasets.nih_small import read_nih_small
from cxr_core.datasets.nih_table import is_entries, read_entries
from cxr_core.datasets.sources import read_folder
from cxr_core.errors import DataError
from cxr_core.findings import NIH14, NIH15

ROOT = Path(__file__).resolve().parents[2]
HEADER = (
    "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position,"
    "OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y]"
)
OF_2017 = (
    f"{HEADER},\n00000001_000.png,Cardiomegaly,0,1,58,M,PA,2682,2749,0.143,0.143,\n"
    "00000003_001.png,Hernia|Infiltration,1,3,414,F,AP,2500,2048,0.168,0.168,\n"
)
OF_2020 = (
    f"{HEADER}\n00000001_000.png,Cardiomegaly,0,1,57,M,PA,2682,2749,0.14300000000000002,0.14300000000000002\n"
    "00000003_001.png,Hernia|Infiltration,0,3,74,F,AP,2500,2048,0.168,0.168\n"
)


def lay_out(
    root: Path, entries: str = OF_2020, films: tuple[str, ...] = ("00000001_000.png", "00000003_001.png"),
) -> Path:
    """A download of these films, one to each folder."""
    (root / "labels.csv").write_text(entries)
    (root / "train_val_list.txt").write_text("00000001_000.png\n")
    (root / "test_list.txt").write_text("00000003_001.png")
    for number, name in enumerate(films, 1):
        folder = root / f"images_{number:03d}" / "images"
        folder.mkdir(parents=True)
        cv2.imwrite(str(folder / name), np.full((8, 8), 40 * number, np.uint8))
    return root


def test_each_film_has_one_row_with_its_part_and_path(tmp_path: Path) -> None:
    index, report = read_nih(lay_out(tmp_path))
    assert list(index.table["path"]) == ["images_001/images/00000001_000.png", "images_002/images/00000003_001.png"]
    assert list(index.table["split"]) == ["train_val", "test"] and list(index.table["patient"]) == [1, 3]
    assert index.targets(NIH14).sum() == 3 and not report.missing_films and not report.films_without_row


def test_boxes_in_a_column_of_the_table_are_read(tmp_path: Path) -> None:
    """As "Films as CSV" writes them: NIH's own headers, and boxes beside them."""
    header, *rows = OF_2020.splitlines()
    drawn = ["Cardiomegaly 10 20 300 400|Hernia 1 2 3 4", ""]
    lay_out(tmp_path, "\n".join([f"{header},boxes", *map(",".join, zip(rows, drawn, strict=True))]))
    (tmp_path / "BBox_List_2017.csv").write_text("Image Index,Finding Label,Bbox [x,y,w,h],,,\n")
    boxes = list(read_nih(tmp_path)[0].table["boxes"])
    assert [(box.label, box.x, box.y, box.w, box.h) for box in boxes[0]] == [
        ("Cardiomegaly", 10, 20, 300, 400), ("Hernia", 1, 2, 3, 4),
    ]
    assert boxes[1] == ()
    named, _, _ = read_films_and_table(tmp_path, tmp_path / "labels.csv")
    assert list(named.table["boxes"]) == boxes


def test_rows_with_gaps_are_told_of_and_a_film_of_nobody_is_its_own_patient(tmp_path: Path) -> None:
    gaps = (
        ",Mass,0,1,57,M,PA,8,8,0.1,0.1\n00000004_000.png,,0,4,57,M,PA,8,8,0.1,0.1\n"
        "00000005_000.png,Mass,0,,57,,,8,8,0.1,0.1\n00000006_000.png,Mass,,,57,M,PA,8,8,0.1,0.1\n"
    )
    films = ("00000001_000.png", *(f"0000000{number}_000.png" for number in (4, 5, 6)))
    index, report = read_nih(lay_out(tmp_path, OF_2020 + gaps, films))
    assert list(index.table["patient"]) == ["1", "00000005_000.png", "00000006_000.png"]
    assert list(index.table["sex"]) == ["M", "", "M"] and list(index.table["follow_up"]) == [0, 0, 0]
    for told in ("1 row names no film", "1 row has no label", "2 films have no patient"):
        assert told in report.in_words


@pytest.mark.parametrize(("name", "told"), [
    ("train_val_list.txt", "1 film stands in no official list"), ("BBox_List_2017.csv", "No box is known"),
])
def test_the_films_can_be_used_though_a_list_is_empty(tmp_path: Path, name: str, told: str) -> None:
    root = lay_out(tmp_path)
    (root / name).write_bytes(b"")
    index, report = read_nih(root)
    assert told in report.in_words and len(index) == 2 and list(index.table["boxes"]) == [(), ()]


def test_a_damaged_list_is_refused_in_words(tmp_path: Path) -> None:
    root = lay_out(tmp_path)
    (root / "train_val_list.txt").rename(root / "gone.txt")
    (root / "train_val_list.txt.gz").write_bytes(gzip.compress(b"00000001_000.png")[:-9])
    with pytest.raises(DataError, match="train_val_list.txt.gz cannot be read"):
        read_nih(root)


SMALL = "path,image_index,finding_labels,patient_id,follow_up,age,sex,view,split,source_width,slice,has_box\n"


def small(root: Path, rows: str) -> Path:
    (root / "images.csv").write_text(SMALL + rows)
    for name in "abc":
        (root / f"{name}.jpg").write_bytes(b"")
    return root


def test_gaps_in_the_reduced_set_are_told_of(tmp_path: Path) -> None:
    found = read_folder(small(tmp_path, (
        "a.jpg,00000001_000.png,Mass,,0,57,M,,train,1024,natural,0\n"
        ",00000001_001.png,Mass,1,0,57,M,PA,train,1024,natural,0\n"
        "b.jpg,00000002_000.png,,2,0,57,M,PA,train,1024,natural,0\n"
        "c.jpg,00000003_000.png,Mass,3,0,57,M,PA,,1024,natural,0\n"
    )))
    table = found.index.table
    assert table[["image", "patient", "view", "split"]].to_numpy().tolist() == [
        ["00000001_000.png", "00000001_000.png", "", "train"], ["00000003_000.png", "3", "PA", ""],
    ]
    for told in ("1 row names no film", "1 row has no label", "1 film has no patient"):
        assert told in found.report.in_words
    assert check_source(found).patients == 2


def test_the_reduced_set_says_whose_labels_and_boxes_it_has(tmp_path: Path) -> None:
    """Of 2020 by a follow-up that is not the film's number, as in NIH's own file; else it is not known."""
    row = "a.jpg,00000001_007.png,Mass,1,{},57,M,PA,train,1024,natural,1\n"
    assert read_folder(small(tmp_path, row.format(7))).index.label_version == ""
    (tmp_path / "BBox_List_2017.csv").write_text(
        "Image Index,Finding Label,Bbox [x,y,w,h],,,\n00000001_007.png,Mass,10,20,300,400,,,\n"
    )
    index = read_folder(small(tmp_path, row.format(5))).index
    assert index.label_version == "2020" and [box.label for box in index.table["boxes"][0]] == ["Mass"]


def test_an_empty_table_of_the_reduced_set_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "images.csv").write_bytes(b"")
    with pytest.raises(DataError, match="images.csv is empty"):
        read_nih_small(tmp_path)


def test_rows_without_film_and_films_without_row_are_told(tmp_path: Path) -> None:
    root = lay_out(tmp_path, films=("00000001_000.png", "00000009_000.png"))
    index, report = read_nih(root)
    assert list(index.table["image"]) == ["00000001_000.png"]
    assert report.missing_films == ("00000003_001.png",) and report.films_without_row == ("00000009_000",)
    kept, _ = read_nih(root, need_films=False)
    assert list(kept.table["path"]) == ["images_001/images/00000001_000.png", ""]


@pytest.mark.parametrize(("entries", "version"), [(OF_2017, "2017"), (OF_2020, "2020")])
@pytest.mark.parametrize("name", ["Data_Entry_2017.csv", "Data_Entry_2017_v2020.csv", "x.csv.gz"])
def test_the_version_is_told_by_content_and_not_by_name(tmp_path: Path, entries: str, version: str, name: str) -> None:
    file = tmp_path / name
    file.write_bytes(gzip.compress(entries.encode()) if name.endswith(".gz") else entries.encode())
    assert is_entries(file) and read_entries(file).version == version


def test_with_both_versions_the_newer_is_used_and_said(tmp_path: Path) -> None:
    (lay_out(tmp_path) / "a_first_by_name.csv").write_text(OF_2017)
    index, report = read_nih(tmp_path)
    assert index.label_version == "2020" and list(index.table["age"]) == [57, 74]
    assert any("labels.csv (2020) is used, not a_first_by_name.csv" in remark for remark in report.remarks)
    assert read_nih(tmp_path, table=tmp_path / "a_first_by_name.csv")[0].label_version == "2017"


def test_an_age_over_120_years_is_unknown_and_said(tmp_path: Path) -> None:
    index, report = read_nih(lay_out(tmp_path, OF_2017))
    assert index.table["age"][0] == 58 and math.isnan(index.table["age"][1])
    assert any(remark.startswith("1 ages are over 120 years (414 to 414)") for remark in report.remarks)


def test_ages_with_units_are_years(tmp_path: Path) -> None:
    file = tmp_path / "labels.csv"
    ages = {"058Y": 58, "018M": 1.5, "001D": 1 / 365.25, "": math.nan}
    rows = [f"0000000{n}_000.png,No Finding,0,{n},{age},M,PA,1,1,0.171,0.171" for n, age in enumerate(ages, 1)]
    file.write_text("\n".join([HEADER, *rows]))
    read = read_entries(file)
    assert read.table["age"].to_numpy() == pytest.approx(list(ages.values()), nan_ok=True)
    assert read.version == "2017" and any("no age" in remark for remark in read.remarks)


def test_a_row_named_twice_counts_once(tmp_path: Path) -> None:
    index, report = read_nih(lay_out(tmp_path, OF_2020 + OF_2020.splitlines()[1] + "\n"))
    assert len(index) == 2 and any("an earlier row names" in remark for remark in report.remarks)


def test_what_is_no_label_file_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="No label file"):
        read_nih(tmp_path)
    (tmp_path / "labels.csv").write_text("Image Index,Finding Labels\na.png,Mass\n")
    with pytest.raises(DataError, match="lacks the columns patientid"):
        read_nih(tmp_path)
    (tmp_path / "labels.csv").write_bytes(gzip.compress(OF_2020.encode()))  # gzipped, and not named so
    with pytest.raises(DataError, match="No label file"):
        read_nih(tmp_path)


def test_an_image_in_both_official_lists_is_refused(tmp_path: Path) -> None:
    (lay_out(tmp_path) / "test_list.txt").write_text("00000001_000.png\n")
    with pytest.raises(DataError, match="both official lists"):
        read_nih(tmp_path)


@pytest.mark.realdata
def test_a_real_download_is_read_whole(data_folder: Path) -> None:
    index, report = read_nih(data_folder / "nih_download")
    assert len(index) == 28 and index.label_version == "2020" and not report.films_without_row
    boxes = sum(map(len, index.table["boxes"]))
    with open(data_folder / "nih_download" / "BBox_List_2017.csv") as lines:
        assert boxes == sum(1 for _ in lines) - 1 and (index.table["boxes"].map(len) > 0).sum() == 20
    for row in index.table.itertuples():
        assert (index.root / row.path).name == row.image and row.image.startswith(f"{row.patient:08d}")


@pytest.mark.realdata
def test_the_whole_table_agrees_with_the_official_lists_and_the_published_counts(data_folder: Path) -> None:
    folder = data_folder / "nih"
    index, _ = read_nih(folder, table=folder / "Data_Entry_2017_v2020.csv.gz", need_films=False)
    assert index.table["split"].value_counts().to_dict() == {"train_val": 86_524, "test": 25_596}
    assert index.table.groupby("split")["patient"].nunique().to_dict() == {"train_val": 28_008, "test": 2_797}
    assert index.table.groupby("patient")["split"].nunique().max() == 1
    counts = dict(zip(NIH15, index.targets(NIH15).sum(axis=0), strict=True))
    assert counts["Effusion"] == 13_317 and counts["Hernia"] == 227 and counts["No Finding"] == 60_361


@pytest.mark.realdata
@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is read from /proc")
def test_the_whole_table_takes_less_than_200_mb(data_folder: Path) -> None:
    code = (
        "import re, sys\nfrom pathlib import Path\nfrom cxr_core.datasets.nih_table import read_entries\n"
        "status = Path('/proc/self/status')\n"
        "peak = lambda: int(re.search(r'VmHWM:\\s+(\\d+)', status.read_text())[1])\nbefore = peak()\n"
        "rows = len(read_entries(Path(sys.argv[1])).table)\nprint(rows, (peak() - before) * 1024)\n"
    )
    table = data_folder / "nih" / "Data_Entry_2017_v2020.csv.gz"
    done = subprocess.run([sys.executable, "-c", code, table], capture_output=True, text=True, check=True, cwd=ROOT)
    rows, size = map(int, done.stdout.split())
    assert rows == 112_120 and 0 < size < 200e6


@pytest.mark.realdata
def test_the_sample_is_a_2017_table_of_the_same_films(data_folder: Path) -> None:
    sample = read_entries(data_folder / "nih" / "sample_labels.csv.gz")
    whole = read_entries(data_folder / "nih" / "Data_Entry_2017_v2020.csv.gz").table
    assert len(sample.table) == 5_606 and sample.version == "2017"
    assert any(remark.startswith("1 ages are over 120 years (411") for remark in sample.remarks)
    both = pd.merge(sample.table, whole, on="image")
    assert len(both) == 5_606 and (both["patient_x"] == both["patient_y"]).all()
    assert ((both["age_x"] - both["age_y"]).abs().dropna() < 20).mean() > 0.99
