"""What lies in the folders that the page looks at: listed now and then, read once, and again when it has changed."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from cxr_core.datasets.collection import Collection, found_below, open_collection
from cxr_core.datasets.nih import find_tables
from cxr_core.datasets.nih_table import read_entries
from cxr_core.datasets.sources import kind_of
from cxr_core.errors import CxrError, DataError

_FRESH = 10.0  # s that a listing holds: every rerun of every session asks for it
_TABLES = (".csv", ".gz", ".txt", ".tfrec")


def offered(folder: Path) -> dict[str, Path]:
    """The data sets to offer that lie in a folder."""
    return _offered(str(folder))


@st.cache_data(ttl=_FRESH, max_entries=8, show_spinner=False)
def _offered(folder: str) -> dict[str, Path]:
    return found_below(Path(folder))


def opened(root: Path, labels: str = "") -> tuple[Collection, str]:
    """The data set in a folder by one of its `label_files`, and a key that changes when its tables do.

    Raises
    ------
    DataError
        When there is no such folder, or it holds no data set that can be read.
    """
    root, changed = _seen(str(root))
    table = label_files(root).get(labels)
    turn = len(_turns())
    return _collection(root, table, changed, turn), "@".join(map(str, (root, changed, turn, labels if table else "")))


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
    """A folder's whole path, and when it or one of its tables was changed last, ns."""
    root = Path(typed)
    try:
        if not root.is_absolute() or not root.is_dir():
            raise DataError(
                f"There is no folder {typed[:200]!r} on this server. Give a whole path, from the root on. Only "
                "folders of the machine that serves this page can be opened."
            )
        root = root.resolve()
        tables = [file.stat().st_mtime_ns for file in root.iterdir() if file.suffix in _TABLES]
        return root, max([root.stat().st_mtime_ns, *tables])
    except (OSError, ValueError) as problem:  # a path too long, with a NUL, or that may not be looked at
        why = getattr(problem, "strerror", None) or type(problem).__name__
        raise DataError(f"The folder {typed[:200]!r} cannot be opened: {why}.") from None


@st.cache_resource(max_entries=2, show_spinner="Reading the data set's tables, once …", show_time=True)
def _collection(root: Path, table: Path | None, changed: int, turn: int) -> Collection:
    return open_collection(root, table)


@st.cache_resource
def _turns() -> list[None]:
    """As long as often as the folders were read again."""
    return []
