"""NIH's boxes: read as drawn, scaled to the film, found by name alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from cxr_core.datasets.boxes import boxes_of, read_boxes
from cxr_core.errors import DataError


def test_a_list_is_read_with_its_odd_header_and_odd_spelling(tmp_path: Path) -> None:
    file = tmp_path / "BBox_List_2017.csv"
    file.write_text(
        "Image Index,Finding Label,Bbox [x,y,w,h],,,\n"
        "00000001_000.png,Infiltrate,1.5,2,30,40\n00000001_000.png,Mass,5,6,7,8\n"
    )
    first, second = read_boxes(file)["00000001_000"]
    assert (first.label, first.x, first.y, first.w, first.h) == ("Infiltration", 1.5, 2, 30, 40)
    assert second.label == "Mass"


def test_another_table_is_refused_in_words(tmp_path: Path) -> None:
    file = tmp_path / "BBox_List_2017.csv"
    file.write_text("a,b,c,d,e,f\n1,2,3,4,5,6\n")
    with pytest.raises(DataError, match="no list of boxes"):
        read_boxes(file)


@pytest.mark.parametrize(
    ("name", "content"),
    [("BBox_List_2017.csv", b""), ("BBox_List_2017.csv", b"one,two\n1,2\n"), ("BBox_List_2017.csv.gz", b"not gzipped")],
)
def test_a_broken_list_is_answered_in_words(tmp_path: Path, name: str, content: bytes) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(DataError, match="could not be read as a table"):
        read_boxes(file)


@pytest.mark.realdata
def test_the_real_list_holds_984_boxes_on_880_films(data_folder: Path) -> None:
    boxes = read_boxes(data_folder / "nih" / "BBox_List_2017.csv.gz")
    assert len(boxes) == 880 and sum(map(len, boxes.values())) == 984
    assert {box.label for drawn in boxes.values() for box in drawn} <= {
        "Atelectasis", "Cardiomegaly", "Effusion", "Infiltration", "Mass", "Nodule", "Pneumonia", "Pneumothorax"
    }


@pytest.mark.realdata
def test_a_box_is_scaled_to_the_film_and_found_by_nihs_names_only(data_folder: Path) -> None:
    (box,) = boxes_of("00013118_008.png", 320, 320)
    assert box.x == pytest.approx(225.084745762712 * 320 / 1024) and box.label == "Atelectasis"
    assert boxes_of("film.png", 320, 320) == boxes_of("../00013118_008.png", 320, 320) == ()
