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
from cxr_core.errors import CxrError, DataError
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
OWN_TABLES = (".csv", ".csv.gz", ".tsv", ".txt", ".parquet")  # how a table of films that is named as a data set ends


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


def open_source(data: Path, *, table: Path | None = None, need_films: bool = True) -> Source:
    """The data set that a command's `--data` or the Dataset page names: a folder, or a table of films beside them.

    Parameters
    ----------
    data : Path
        A folder of TITLES; any folder of films, with `table`; or such a table itself, whose films lie where it does.
    table : Path, optional
        The labels of the films: NIH's own label file, or somebody's table (CSV or Parquet).
    need_films : bool
        Leave out rows without a film. Without it NIH's and those of somebody's table are kept, with an empty path.

    Raises
    ------
    DataError
        When there is no such folder or table, it is no data set that is known, or a table cannot be read.
    """
    root, table = folder_and_table(data, table)
    try:
        return read_folder(root, table=table, need_films=need_films)
    except CxrError:
        raise
    except PermissionError:
        raise DataError(f"{root.name!r} may not be read. Give this program the right to, or copy the folder.") from None
    except (OSError, ValueError, TypeError, KeyError, AttributeError, EOFError) as problem:
        # a table that pandas cannot make sense of: as many kinds of error as there are ways to break a table
        raise DataError(
            f"A table in {root.name!r} cannot be read as the one it is named ({type(problem).__name__}): it is "
            "damaged, or in another encoding than UTF-8. Take it from its source again."
        ) from problem


def folder_and_table(data: Path, table: Path | None = None) -> tuple[Path, Path | None]:
    """Where the films lie and the table that is named for them: `data` is a folder, or a table beside its films.

    Raises
    ------
    DataError
        When `data` is a file that is no table by its name, or beside a `table`; or there is no such table.
    """
    if data.is_file() and table is not None:
        raise DataError(f"{data.name!r} is a file. Name the folder that holds the films of {table.name!r}.")
    named = is_table(data)
    if data.is_file() and not named:
        raise DataError(
            f"{data.name[:80]!r} is no table by its name: one of films ends in {', '.join(OWN_TABLES)}."
        )
    if named and not data.exists():
        raise DataError(f"There is no table {data}.")
    return (data.absolute().parent, data) if data.is_file() else (data, table)


def is_table(path: Path) -> bool:
    """Whether a name is that of a table of films."""
    return path.name.lower().endswith(OWN_TABLES)


def read_folder(root: Path, *, table: Path | None = None, need_films: bool = True) -> Source:
    """The films of any folder of TITLES, or of any folder whose labels are in `table`; see `open_source`.

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
        return _with_table(root, table, need_films)
    kind = kind_of(root)
    if kind == "nih":
        return Source(kind, *read_nih(root, need_films=need_films))
    if kind == "coronahack":
        return Source(kind, *coronahack.read_coronahack(root))
    if kind == "tfrecords":
        return _records(root)
    if kind == "covid":
        return Source(kind, *covid.read_covid(root))
    if kind == "nih_small":
        return Source(kind, *nih_small.read_with_report(root, need_films=need_films))
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
    classes = classes_in(index)
    known = set(classes) <= set(NIH15) and named_as_nih(index.table["image"], index.table["patient"])
    labels = LabelTable(index.table, classes, VERSIONS[index.label_version] or "the classes of the records")
    return Source("nih_tfrecords" if known else "tfrecords", index, report, labels)


def named_as_nih(images: pd.Series, patients: pd.Series) -> bool:
    """Whether films bear NIH's names, and each is of the patient whose number stands in its name."""
    names = images.astype(str)
    if not names.str.match(r"\d{8}_\d{3}\b").all():
        return False
    return bool((names.str[:8].astype(int) == pd.to_numeric(patients.astype(str), errors="coerce")).all())


def _with_table(root: Path, table: Path, need_films: bool) -> Source:
    """NIH's films if the table is NIH's own, else films and somebody's table."""
    if is_entries(table):
        try:
            index, report = read_nih(root, table=table, need_films=need_films)
        except DataError:
            pass  # it lacks a column that NIH's has: it is somebody's own
        else:
            if index.label_version:
                return Source("nih", index, report)
    return Source("table", *read_films_and_table(root, table, need_films=need_films))
