"""Which data set a folder holds, told by its files, and its films as one index."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from cxr_core.datasets import coronahack, covid, nih_small
from cxr_core.datasets.index import Index
from cxr_core.datasets.label_table import VERSIONS, LabelTable, read_films_and_table
from cxr_core.datasets.nih import find_tables, read_nih
from cxr_core.datasets.nih_table import is_entries
from cxr_core.datasets.report import DataReport
from cxr_core.datasets.tfrecords import classes_in, is_tfrecords, read_tfrecords
from cxr_core.errors import DataError
from cxr_core.findings import NIH15

TITLES = {
    "nih_small": "the reduced NIH ChestX-ray14 set (images.csv)",
    "nih": "NIH ChestX-ray14 as downloaded",
    "coronahack": "CoronaHack as downloaded",
    "covid": "films of COVID-19 in adults",
    "nih_tfrecords": "NIH ChestX-ray14 as TFRecords",
    "tfrecords": "TFRecords",
    "table": "films and a table of labels",
}


@dataclass(frozen=True)
class Source:
    """A data set that was recognised: its kind (a key of TITLES), its films, and what did not fit.

    `labels` is the table that was named for it, where one was.
    """

    kind: str
    index: Index
    report: DataReport
    labels: LabelTable | None = None

    @property
    def knows_patients(self) -> bool:
        """Whether it is known whose numbers its patients have; nobody knows of a table or of TFRecords of their own."""
        return self.kind not in ("table", "tfrecords")


def kind_of(root: Path) -> str | None:
    """Which of TITLES the folder holds, by its files; None when it is none of them. TFRecords may be NIH's or not."""
    images = root / "images.csv"
    if images.is_file():
        with images.open(encoding="utf-8-sig", errors="replace") as lines:
            return "nih_small" if "finding_labels" in lines.readline() else "covid"
    if (root / coronahack.METADATA).is_file():
        return "coronahack"
    if is_tfrecords(root):
        return "tfrecords"
    if find_tables(root):
        return "nih"
    return "covid" if (root / "metadata.csv").is_file() else None


def read_folder(root: Path, *, table: Path | None = None) -> Source:
    """The films of any folder of TITLES, or of any folder whose labels are in `table`.

    Rows of the reduced NIH set without a film are left out, and reported.

    Raises
    ------
    DataError
        When the folder is not there, is no data set that is known, or its tables cannot be read.
    """
    if not root.is_dir():
        raise DataError(f"There is no folder {root}.")
    if table is not None:
        if not table.is_file():
            raise DataError(f"There is no file {table}.")
        return _with_table(root, table)
    kind = kind_of(root)
    if kind == "nih":
        return Source(kind, *read_nih(root))
    if kind == "coronahack":
        return Source(kind, *coronahack.read_coronahack(root))
    if kind == "tfrecords":
        return _records(root)
    if kind == "covid":
        return Source(kind, *covid.read_covid(root))
    if kind == "nih_small":
        return Source(kind, *nih_small.read_with_report(root))
    below = sorted(
        f"{path.name} ({TITLES[kind]})" for path in root.iterdir() if path.is_dir() and (kind := kind_of(path))
    )
    archives = sorted(path.name for path in root.glob("*.tar.gz"))
    raise DataError(f"{root} is no data set that is known. " + (
        f"It holds some: {'; '.join(below)}. Name one of them." if below
        else f"It holds archives ({archives[0]} for one): unpack them, and put the label file beside them." if archives
        else f"Known are {'; '.join(title for kind, title in TITLES.items() if kind != 'table')}."
    ))


def _records(root: Path) -> Source:
    """TFRecords with what their classes speak of: NIH's where classes, films' names and patients are NIH's."""
    index, report = read_tfrecords(root)
    classes, names, patients = classes_in(index), index.table["image"], index.table["patient"].astype(str)
    of_nih = set(classes) <= set(NIH15) and names.str.match(r"\d{8}_\d{3}\b").all()
    known = of_nih and (names.str[:8].astype(int) == pd.to_numeric(patients, errors="coerce")).all()
    labels = LabelTable(index.table, classes, VERSIONS[index.label_version] or "the classes of the records")
    return Source("nih_tfrecords" if known else "tfrecords", index, report, labels)


def _with_table(root: Path, table: Path) -> Source:
    """NIH's films if the table is NIH's own, else films and somebody's table."""
    if is_entries(table):
        try:
            index, report = read_nih(root, table=table)
        except DataError:
            pass  # it lacks a column that NIH's has: it is somebody's own
        else:
            if index.label_version:
                return Source("nih", index, report)
    return Source("table", *read_films_and_table(root, table))
