"""Any folder of films with any table of labels: whose the films are, what is said of them, and which have no row."""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd
import pytest

from cxr_core.datasets.collection import Collection, open_collection
from cxr_core.datasets.counts import count
from cxr_core.errors import DataError
from cxr_core.findings import NIH14, NO_FINDING
from cxr_core.imaging.phantom import make_phantom


def opened(root: Path, table: str, *films: str) -> Collection:
    """A folder of these films, opened with a table of this text."""
    content = make_phantom(32)
    for film in films:
        (root / film).parent.mkdir(parents=True, exist_ok=True)
        (root / film).write_bytes(content)
    (root / "own.csv").write_text(table)
    return open_collection(root, root / "own.csv")


def test_films_of_nobody_are_patients_of_their_own_though_they_bear_one_name(tmp_path: Path) -> None:
    films = [f"p{number}/view1.png" for number in range(4)]
    found = opened(tmp_path, "path,Mass\n" + "".join(f"{film},1\n" for film in films), *films)
    assert found.index.table["patient"].nunique() == 4 == found.summary.patients
    assert "4 films have no patient: intervals take each as a patient of its own" in found.report.in_words


BLANK = "path,labels\na.png,Mass\nb.png,\nc.png,nan\nd.png,No Finding\ne.png,effusion|no finding\n"


def test_a_film_of_which_the_table_says_nothing_is_not_one_without_findings(tmp_path: Path) -> None:
    found = opened(tmp_path, BLANK, *(f"{name}.png" for name in "abcde"))
    assert count(found.summary).findings[NO_FINDING] == 1 and count(found.summary).films == 3
    assert "2 rows have no label, not even No Finding: left out." in found.report.in_words
    rows = pd.read_csv(io.StringIO(BLANK), keep_default_na=False)
    rows.to_parquet(tmp_path / "own.parquet")
    again = open_collection(tmp_path, tmp_path / "own.parquet")
    assert again.index.table["image"].tolist() == ["a.png", "d.png", "e.png"] and again.summary.findings == NIH14
    assert again.report.remarks == found.report.remarks and not again.report.missing_films


def test_a_line_is_that_of_the_file_though_rows_were_left_out(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="twice, first in line 4"):
        opened(tmp_path, "path,labels\na.png,\nb.png,Mass\nb.png,Mass\n", "a.png", "b.png")


def test_a_table_that_says_nothing_of_any_film_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="None of the 2 rows of own.csv has a label"):
        opened(tmp_path, "path,labels\na.png,\nb.png,\n", "a.png", "b.png")


def test_films_of_one_name_are_doubled_only_where_the_name_is_all_that_is_said(tmp_path: Path) -> None:
    films = [f"p{number}/view1.png" for number in range(4)]
    found = opened(tmp_path, "path,Mass\n./p0/view1.png,1\np2/view1.png,0\n", *films).report
    assert "more than once" not in found.in_words and found.films_without_row == ("p1/view1.png", "p3/view1.png")
    found = opened(tmp_path, "image,Mass\nview1,1\nalone,0\n", "alone.png")
    assert "1 film lies there more than once by name; the first is used." in found.report.remarks
    assert found.index.table["path"].tolist() == ["p0/view1.png", "alone.png"]
    assert found.report.films_without_row == tuple(films[1:])


NAMED = "a.png,Mass{0}Pleural effusion\nb.png,effusion{0}nodule{0}Mass\nc.png,No Finding\nd.png,Hernia\n"


@pytest.mark.parametrize("between", ["|", " | ", ";", "; ", ", ", ",", "/"])
def test_findings_are_told_apart_whatever_stands_between_them(between: str, tmp_path: Path) -> None:
    rows = [line.split(",", 1) for line in NAMED.format(between).splitlines()]
    table = "path,labels\n" + "".join(f'{film},"{labels}"\n' for film, labels in rows)
    found = opened(tmp_path, table, *(f"{name}.png" for name in "abcd"))
    assert found.index.table["labels"].tolist() == ["Mass|Effusion", "Effusion|Nodule|Mass", "No Finding", "Hernia"]
    assert found.summary.findings == NIH14 and "no finding known here" not in found.report.in_words
    assert ("are read as several findings" in found.report.in_words) == ("|" not in between)


def test_a_name_that_holds_a_slash_is_one_finding_and_is_told_of(tmp_path: Path) -> None:
    films = [f"{name}.png" for name in "ab"]
    found = opened(tmp_path, "path,labels\na.png,Nodule/Mass|Hernia\nb.png,Nodule/Mass\n", *films)
    assert found.index.table["labels"].tolist() == ["Nodule/Mass|Hernia", "Nodule/Mass"]
    assert "Labels that are no finding known here, left as they are: Nodule/Mass." in found.report.remarks


def test_an_unknown_finding_beside_known_ones_leaves_these_theirs(tmp_path: Path) -> None:
    found = opened(tmp_path, 'path,labels\na.png,"Mass, Fracture"\nb.png,Mass\n', "a.png", "b.png")
    assert found.index.table["labels"].tolist() == ["Mass|Fracture", "Mass"]
    assert "Labels that are no finding known here, left as they are: Fracture." in found.report.remarks


AS_NIH = "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position\n"


def test_nih_s_own_table_is_read_so_too_and_refused_where_it_names_nothing_known(tmp_path: Path) -> None:
    rows = "a.png,Mass; Pleural Thickening,0,1,40,M,PA\nb.png,No Finding,0,2,40,F,PA\n"
    found = opened(tmp_path, AS_NIH + rows, "a.png", "b.png")
    assert found.index.table["labels"].tolist() == ["Mass|Pleural_Thickening", "No Finding"]
    found = opened(tmp_path, AS_NIH + rows.replace("No Finding", "Normal"), "a.png", "b.png")
    assert "Labels that are no finding known here, left as they are: Normal." in found.report.remarks
    (tmp_path / "own.csv").write_text(AS_NIH + rows.replace("Mass; Pleural Thickening", "Fracture"))
    with pytest.raises(DataError, match="None of the labels of own.csv is a finding known here: 'Fracture'"):
        open_collection(tmp_path)
