"""TFRecords as the Kaggle set of NIH ChestX-ray14 has them: written from any index, and read into one.

Files are named `{index:03d}-{count}.tfrec`. A record holds one greyscale JPEG under `image` and one int64, 0 or 1, per
class under its name; `preprocessed_data.csv` beside them has a row per film. In an index a film's path is its file and
the byte where its record begins, `000-438.tfrec@17042`, so that films can be drawn in any order.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from cxr_core.datasets.collection import Collection, collect, open_collection
from cxr_core.datasets.index import Index
from cxr_core.datasets.report import DataReport
from cxr_core.errors import DataError
from cxr_core.findings import NIH15, NO_FINDING
from cxr_core.imaging.read import load_bytes

TABLE = "preprocessed_data.csv"
COLUMNS = {
    "Image Index": "image", "Finding Labels": "labels", "Follow-up #": "follow_up", "Patient ID": "patient",
    "Patient Age": "age", "Patient Gender": "sex", "View Position": "view",
}
OWN = ("split", "source_width")  # written where the index has them, and read back
_NAME = re.compile(r"(\d{3,})-(\d+)\.tfrec")
_LIMIT = 64 * 2**20  # bytes of a record; a film of 600 px takes some fifty thousand


def is_tfrecords(root: Path) -> bool:
    """Whether a folder holds TFRecords by these names."""
    return root.is_dir() and any(_NAME.fullmatch(path.name) for path in root.iterdir())


def read_tfrecords(root: Path) -> tuple[Index, DataReport]:
    """Read the files of `root` and their table into an index.

    Patients, ages and views stand in the table alone. Its rows are the records in order, or say their `file` and
    `record`; where they do not line up with the records' labels they are not used, and the report says so.

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
    table = _join(root, records, remarks)
    return Index(root, table.drop(columns=["file", "record", "start"])), DataReport(remarks=tuple(remarks))


def open_films(root: Path, labels: Path | None = None) -> Collection:
    """The data set in a folder, TFRecords or any other; `labels` is which of several label files is used.

    Raises
    ------
    DataError
        When it is none that is known, or cannot be read.
    """
    return collect(*read_tfrecords(root), "TFRecords") if is_tfrecords(root) else open_collection(root, labels)


def film_bytes(films: Collection, place: int) -> bytes:
    """The bytes of a film, from its file or from its record.

    Raises
    ------
    FilmError, DataError
        When there are none at that place.
    """
    file = films.film(place)
    return read_jpeg(films.index.root, file.name) if ".tfrec@" in file.name else load_bytes(file)


def read_jpeg(root: Path, path: str) -> bytes:
    """The JPEG of one film.

    Raises
    ------
    DataError
        When there is no record at that place, or it holds no image.
    """
    image = _parse(root, path).features.feature["image"].bytes_list.value
    if len(image) != 1:
        raise DataError(f"The record {path} holds no image. Write the TFRecords again.")
    return image[0]


def _parse(root: Path, path: str):  # noqa: ANN202: TensorFlow is imported when first needed
    import tensorflow as tf
    from google.protobuf.message import DecodeError

    name, _, start = path.rpartition("@")
    try:
        with (root / name).open("rb") as file:
            file.seek(int(start))
            length = struct.unpack("<Q", file.read(8))[0]
            if length > _LIMIT:
                raise DataError(f"The record {path} claims {length:,} bytes: the file is damaged. Fetch it again.")
            file.seek(4, 1)  # past the checksum of the length
            return tf.train.Example.FromString(file.read(length))
    except (OSError, ValueError, struct.error, DecodeError):
        raise DataError(f"The record {path} cannot be read: its file is damaged or was replaced.") from None


def _starts(path: Path, remarks: list[str]) -> Iterator[int]:
    """The byte where each whole record begins: 8 bytes of length, 4 of checksum, the record, 4 of checksum."""
    size, start, count = path.stat().st_size, 0, 0
    with path.open("rb") as file:
        while start + 16 <= size:
            file.seek(start)
            end = start + 16 + struct.unpack("<Q", file.read(8))[0]
            if end > size:
                break
            yield start
            start, count = end, count + 1
    named = int(_NAME.fullmatch(path.name)[2])
    if start != size or count != named:
        remarks.append(f"{path.name} has {count} whole records, not {named}; write or fetch it again.")


def _join(root: Path, records: pd.DataFrame, remarks: list[str]) -> pd.DataFrame:
    """The records with what the table says of them."""
    rows = _read_table(root, remarks)
    if rows is not None and {"file", "record"} <= set(rows.columns):
        joined = records.merge(rows, on=["file", "record"], how="left", validate="one_to_one")
        if len(lost := joined.index[joined["image"].isna()]):
            remarks.append(f"{len(lost)} records have no row in {TABLE}, {joined['path'][lost[0]]} for one; left out.")
        return joined.drop(index=lost).reset_index(drop=True)
    labels = pd.Series([_labels(root, path) for path in records["path"]], index=records.index)
    if rows is not None and len(rows) == len(records) and (_sets(rows["labels"]) == _sets(labels)).all():
        return pd.concat([records, rows], axis=1)
    if rows is not None:
        remarks.append(f"{TABLE} does not line up with the records: patients, ages and views are not known.")
    stems = records["file"].str.removesuffix(".tfrec") + "-" + records["record"].map("{:05d}".format)
    return records.assign(image=stems, labels=labels, follow_up=0, patient="", age=np.nan, sex="", view="", split="")


def _read_table(root: Path, remarks: list[str]) -> pd.DataFrame | None:
    path = root / TABLE
    if not path.is_file():
        remarks.append(f"There is no {TABLE}: patients, ages and views are not known.")
        return None
    try:
        table = pd.read_csv(path, dtype={"Finding Labels": str, "Image Index": str}, keep_default_na=True)
    except (ValueError, pd.errors.ParserError, UnicodeDecodeError):
        remarks.append(f"{TABLE} cannot be read as a table: patients, ages and views are not known.")
        return None
    if missing := sorted({"Image Index", "Finding Labels"} - set(table.columns)):
        remarks.append(f"{TABLE} lacks the columns {', '.join(missing)}: patients, ages and views are not known.")
        return None
    table = table.rename(columns={"Patient Sex": "Patient Gender"}).rename(columns=COLUMNS)
    for name, unknown in (("follow_up", 0), ("patient", ""), ("age", np.nan), ("sex", ""), ("view", ""), ("split", "")):
        table[name] = table[name] if name in table else unknown
    table["split"] = table["split"].fillna("")
    extra = [name for name in ("file", "record", "source_width") if name in table]
    return table[[*COLUMNS.values(), "split", *extra]]


def _labels(root: Path, path: str) -> str:
    """The classes of a record as NIH's `A|B` text."""
    features = _parse(root, path).features.feature
    named = [name for name in features if name != "image" and list(features[name].int64_list.value) == [1]]
    order = {name: place for place, name in enumerate(NIH15)}
    named = sorted((name for name in named if name != NO_FINDING), key=lambda name: (order.get(name, 99), name))
    return "|".join(named) or NO_FINDING


def _sets(labels: pd.Series) -> pd.Series:
    return labels.str.split("|").map(lambda names: frozenset(names) if isinstance(names, list) else frozenset())
