"""What lies in the folders that the page looks at: listed now and then, read once, and again when it has changed."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from cxr_core.datasets.collection import Collection, open_collection
from cxr_core.datasets.nih import find_tables
from cxr_core.datasets.nih_table import read_entries
from cxr_core.datasets.offered import found_below
from cxr_core.datasets.sources import folder_and_table, is_table, kind_of
from cxr_core.errors import CxrError, DataError

_FRESH = 10.0  # s that a listing holds: every rerun of every session asks for it
_TABLES = (".csv", ".gz", ".txt", ".tfrec")


def offered(folder: Path) -> dict[str, Path]:
    """The data sets to offer that lie in a folder."""
    return _offered(str(folder))


@st.cache_data(ttl=_FRESH, max_entries=8, show_spinner=False)
def _offered(folder: str) -> dict[str, Path]:
    return found_below(Path(folder))


def opened(root: Path, labels: str = "", films: str = "", *, need_films: bool = True) -> tuple[Collection, str]:
    """The data set in a folder by one of its `label_files`, and a key that changes when its tables do.

    `root` may be somebody's table as well, whose films lie in the folder `films`, or beside it; without `need_films`
    rows that have none are kept.

    Raises
    ------
    DataError
        When there is no such folder or table, or it holds no data set that can be read.
    """
    root, changed = _seen(str(root))
    table = label_files(root).get(labels)
    if root.is_file():
        root, table = folder_and_table(_seen(films)[0], root) if films else folder_and_table(root)
        labels = str(table)
    turn = len(_turns())
    key = "@".join(map(str, (root, changed, turn, labels if table else "", need_films)))
    return _collection(root, table, changed, turn, need_films), key


def label_files(root: Path) -> dict[str, Path]:
    """NIH's label files in a folder by their version, the newest first; by their name where it cannot be told.

    Empty where there is one, or the folder holds no NIH download.
    """
    try:
        return _label_files(*_seen(str(root)))
    except DataError:
        return {}  # what is wrong with the folder is said where it is opened


@st.cache_data(max_entries=16, show_spinner=False)
def _label_files(root: Path, changed: int) -> dict[str, Path]:
    try:
        if kind_of(root) != "nih" or len(files := find_tables(root)) < 2:
            return {}
        versions = [(read_entries(file).version, file) for file in files]
    except (CxrError, OSError):
        return {}
    there = [version for version, _ in versions]
    return {version if version and there.count(version) == 1 else file.name: file
            for version, file in sorted(versions, key=lambda one: one[0], reverse=True)}


def read_again() -> None:
    """Read every data set anew: films may have changed where no table did."""
    _turns().append(None)
    for listing in (_offered, _seen, _label_files):
        listing.clear()


@st.cache_data(ttl=_FRESH, max_entries=32, show_spinner=False)
def _seen(typed: str) -> tuple[Path, int]:
    """A folder's or a table's whole path, and when it or one of the folder's tables was changed last, ns."""
    root = Path(typed)
    try:
        if root.is_absolute() and root.is_file():
            return _table_seen(root)
        if not root.is_absolute() or not root.is_dir():
            what = "table" if is_table(root) else "folder"
            raise DataError(
                f"There is no {what} {typed[:200]!r} on this server. Give a whole path, from the root on. Only "
                "what lies on the machine that serves this page can be opened."
            )
        root = root.resolve()
        tables = [file.stat().st_mtime_ns for file in root.iterdir() if file.suffix in _TABLES]
        return root, max([root.stat().st_mtime_ns, *tables])
    except (OSError, ValueError) as problem:  # a path too long, with a NUL, or that may not be looked at
        why = getattr(problem, "strerror", None) or type(problem).__name__
        raise DataError(f"The folder {typed[:200]!r} cannot be opened: {why}.") from None


def _table_seen(file: Path) -> tuple[Path, int]:
    folder_and_table(file)  # refuses a file that is no table by its name
    return file.resolve(), file.stat().st_mtime_ns


@st.cache_resource(max_entries=2, show_spinner="Reading the data set's tables, once …", show_time=True)
def _collection(root: Path, table: Path | None, changed: int, turn: int, need_films: bool) -> Collection:
    return open_collection(root, table, need_films=need_films)


@st.cache_resource
def _turns() -> list[None]:
    """As long as often as the folders were read again."""
    return []
