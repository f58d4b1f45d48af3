"""The reduced NIH ChestX-ray14 set: films of at most 320 px and one table, `images.csv`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from cxr_core.datasets.boxes import boxes_beside
from cxr_core.datasets.folder import data_folder
from cxr_core.datasets.index import Index
from cxr_core.datasets.nih_table import version_of
from cxr_core.datasets.own_table import labelled_rows, own_patients, read_table, rows_of_films, text_of
from cxr_core.datasets.present import are_there
from cxr_core.datasets.report import DataReport
from cxr_core.errors import DataError

_COLUMNS = {
    "path": "path", "image_index": "image", "patient_id": "patient", "follow_up": "follow_up", "age": "age",
    "sex": "sex", "view": "view", "finding_labels": "labels", "split": "split", "source_width": "source_width",
    "slice": "slice", "has_box": "has_box",
}


def read_nih_small(root: Path | None = None) -> Index:
    """Read `images.csv` below `root` (default: the `nih` folder of `data_folder()`), rows without a film among them.

    Raises
    ------
    DataError
        When the table is not there, cannot be read or lacks a column.
    """
    return read_rows(root or data_folder() / "nih", [])


def read_with_report(root: Path, *, need_films: bool = True) -> tuple[Index, DataReport]:
    """The same without the rows that have no film, which the report names; where none is needed their path is empty.

    Raises
    ------
    DataError
        As `read_nih_small` does.
    """
    remarks: list[str] = []
    index = read_rows(root, remarks)
    there = are_there(root, index.table["path"])
    report = DataReport(tuple(index.table["image"][~there]), remarks=tuple(remarks))
    if need_films:
        return index.where(there), report
    return replace(index, table=index.table.assign(path=index.table["path"].where(there, ""))), report


def read_rows(root: Path, remarks: list[str]) -> Index:
    """The rows of `images.csv` in `root`; `remarks` is told of those that cannot be used, and are left out."""
    table_path = root / "images.csv"
    if not table_path.is_file():
        raise DataError(f"No images.csv in {root.name!r}. Set CXR_DATA to the folder that holds nih/images.csv.")
    rows = read_table(table_path, tuple(_COLUMNS))
    rows = rows_of_films(rows, text_of(rows["path"]), remarks)
    rows = labelled_rows(rows, text_of(rows["finding_labels"]), remarks)
    table = rows[list(_COLUMNS)].rename(columns=_COLUMNS)
    for column in ("path", "image", "sex", "view", "labels", "split", "slice"):
        table[column] = text_of(table[column])
    table["image"] = table["image"].where(table["image"] != "", table["path"].str.rsplit("/", n=1).str[-1])
    table["patient"] = own_patients(table["patient"], table["image"], remarks)
    table["boxes"] = boxes_beside(root, table["image"], remarks)
    return Index(root, table, version_of(table))
