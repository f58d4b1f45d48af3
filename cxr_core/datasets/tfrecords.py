"""TFRecords as the Kaggle set of NIH ChestX-ray14 has them: written from any index, and read into one.

Files are named `{index:03d}-{count}.tfrec`. A record holds one greyscale JPEG under `image` and one int64, 0 or 1, per
class under its name; `preprocessed_data.csv` beside them has a row per film. In an index a film's path is its file and
the byte where its record begins, `000-438.tfrec@17042`, so that films can be drawn in any order.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from cxr_core.datasets.boxes import boxes_beside
from cxr_core.datasets.index import Index
from cxr_core.datasets.nih_table import read_ages, version_of
from cxr_core.datasets.own_table import own_patients, read_table, text_of
from cxr_core.datasets.report import DataReport
from cxr_core.errors import DataError, UnreadableFilm
from cxr_core.findings import NIH15, NO_FINDING
from cxr_core.imaging.records import in_record, read_example, record_starts

TABLE = "preprocessed_data.csv"
COLUMNS = {
    "Image Index": "image", "Finding Labels": "labels", "Follow-up #": "follow_up", "Patient ID": "patient",
    "Patient Age": "age", "Patient Gender": "sex", "View Position": "view",
}
OWN = ("split", "source_width")  # written where the index has them, and read back
_NAME = re.compile(r"(\d{3,})-(\d+)\.tfrec")


def is_tfrecords(root: Path) -> bool:
    """Whether a folder holds TFRecords by these names."""
    return root.is_dir() and any(_NAME.fullmatch(path.name) for path in root.iterdir())


def read_tfrecords(root: Path) -> tuple[Index, DataReport]:
    """Read the files of `root` and their table into an index.

    Patients, ages and views stand in the table alone. Its rows are the records in order, or say their `file` and
    `record`; where they do not line up with the records' labels they are not used, and the report says so. Where no
    patient is known `patient` is empty: such films can be split by file, not by patient.

    Raises
    ------
    DataError
        When there is no such file, or none of them can be read.
    """
    files = sorted(path for path in root.glob("*.tfrec") if _NAME.fullmatch(path.name))
    if not files:
        raise DataError(f"No TFRecords in {root.name!r}: files are named 000-438.tfrec, number and count of films.")
    remarks: list[str] = []
    places = [(path.name, number, start) for path in files for number, start in enumerate(_starts(path, remarks))]
    if not places:
        raise DataError(f"None of the {len(files)} TFRecords in {root.name!r} can be read. Fetch or write them again.")
    records = pd.DataFrame(places, columns=["file", "record", "start"])
    records["path"] = records["file"] + "@" + records["start"].astype(str)
    has_units, table = _join(root, records, remarks)
    table["boxes"] = boxes_beside(root, table["image"], remarks)
    version = version_of(table, has_units=has_units)
    return Index(root, table.drop(columns=["file", "record", "start"]), version), DataReport(remarks=tuple(remarks))


def classes_in(index: Index) -> tuple[str, ...]:
    """The classes that the records speak of, NIH's first and in NIH's order: those of the first that can be read.

    Raises
    ------
    DataError
        When none of the first hundred can.
    """
    for path in index.table["path"].head(100):
        try:
            named = set(read_example(*in_record(index.root / path)).features.feature) - {"image"}
        except UnreadableFilm:
            continue
        return (*(name for name in NIH15 if name in named), *sorted(named - set(NIH15)))
    raise DataError(f"No record in {index.root.name!r} can be read. Fetch or write the TFRecords again.")


def file_names(index: Index) -> pd.Series:
    """The TFRecord file of each film, by which whole files go to train or val."""
    return index.table["path"].str.rpartition("@")[0]


def _starts(path: Path, remarks: list[str]) -> Iterator[int]:
    """The byte where each whole record begins; a remark where the file has others than its name says."""
    end, count = 0, 0
    for start, end in record_starts(path):
        yield start
        count += 1
    named = int(_NAME.fullmatch(path.name)[2])
    if end != path.stat().st_size or count != named:
        remarks.append(f"{path.name} has {count} whole records, not {named}; write or fetch it again.")


def _join(root: Path, records: pd.DataFrame, remarks: list[str]) -> tuple[bool, pd.DataFrame]:
    """The records with what the table says of them, and whether its ages have units."""
    has_units, rows = _read_table(root, remarks)
    if rows is not None and {"file", "record"} <= set(rows.columns):
        joined = records.merge(rows, on=["file", "record"], how="left", validate="one_to_one")
        if len(lost := joined.index[joined["image"].isna()]):
            remarks.append(f"{len(lost)} records have no row in {TABLE}, {joined['path'][lost[0]]} for one; left out.")
        return has_units, joined.drop(index=lost).reset_index(drop=True)
    labels = pd.Series([_labels(root, path) for path in records["path"]], index=records.index)
    if rows is not None and len(rows) == len(records) and (_sets(rows["labels"]) == _sets(labels)).all():
        return has_units, pd.concat([records, rows], axis=1)
    if rows is not None:
        remarks.append(f"{TABLE} does not line up with the records: patients, ages and views are not known.")
    stems = records["file"].str.removesuffix(".tfrec") + "-" + records["record"].map("{:05d}".format)
    return False, records.assign(
        image=stems, labels=labels, follow_up=0, patient="", age=np.nan, sex="", view="", split=""
    )


def _read_table(root: Path, remarks: list[str]) -> tuple[bool, pd.DataFrame | None]:
    """Whether the table's ages have units, and its rows as an index has them; None where they cannot be used."""
    path = root / TABLE
    if not path.is_file():
        remarks.append(f"There is no {TABLE}: patients, ages and views are not known.")
        return False, None
    try:
        table = read_table(path, ("Image Index", "Finding Labels"))
    except DataError as problem:
        remarks.append(f"Patients, ages and views are not known. {problem}")
        return False, None
    table = table.rename(columns={"Patient Sex": "Patient Gender"}).rename(columns=COLUMNS)
    for name in ("image", "labels", "sex", "view", "split"):
        table[name] = text_of(table[name]) if name in table else ""
    knows_patients = "patient" in table and (text_of(table["patient"]) != "").any()
    table["patient"] = own_patients(table["patient"], table["image"], remarks) if knows_patients else ""
    table["follow_up"] = pd.to_numeric(table["follow_up"], errors="coerce").fillna(0) if "follow_up" in table else 0
    table["age"] = table["age"] if "age" in table else np.nan
    has_units = not pd.api.types.is_numeric_dtype(table["age"])
    if table["age"].notna().any():
        table["age"] = read_ages(table["age"], remarks)
    extra = [name for name in ("file", "record", "source_width") if name in table]
    return has_units, table[[*COLUMNS.values(), "split", *extra]]


def _labels(root: Path, path: str) -> str:
    """The classes of a record as NIH's `A|B` text."""
    try:
        features = read_example(*in_record(root / path)).features.feature
    except UnreadableFilm as problem:
        raise DataError(str(problem)) from None
    named = [name for name in features if name != "image" and list(features[name].int64_list.value) == [1]]
    order = {name: place for place, name in enumerate(NIH15)}
    named = sorted((name for name in named if name != NO_FINDING), key=lambda name: (order.get(name, 99), name))
    return "|".join(named) or NO_FINDING


def _sets(labels: pd.Series) -> pd.Series:
    return labels.str.split("|").map(lambda names: frozenset(names) if isinstance(names, list) else frozenset())
