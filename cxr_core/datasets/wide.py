"""Read somebody's CSV: any separator, gzipped or not, known by its bytes, within limits."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from cxr_core.datasets.columns import Columns, recognise
from cxr_core.errors import DataError

MOST_BYTES = 2**29
_MOST_COLUMNS = 2000
_TEXTS = ("patient", "sex", "view", "split", "slice", "labels", "path")


@dataclass(frozen=True)
class WideTable:
    """A CSV's rows, and what its columns are."""

    name: str
    rows: pd.DataFrame
    columns: Columns


def read_wide(path: Path) -> WideTable:
    """Read a CSV with a row per film.

    Raises
    ------
    DataError
        When it cannot be read, has no rows, no header, or names a column twice.
    """
    content = _content(path)
    head = content[:2**20].split(b"\n", 1)[0]
    try:
        text = head.decode("utf-8-sig").strip("\r")
    except UnicodeDecodeError:
        raise DataError(f"{path.name} is no text in UTF-8. Save it as a CSV in UTF-8.") from None
    separator = max(",;\t", key=text.count)
    try:
        names = [name.strip() for name in next(csv.reader([text], delimiter=separator), [])]
    except csv.Error:
        raise DataError(f"The header of {path.name} cannot be read. Save it as a CSV with one line of column names.") from None
    while names and not names[-1]:
        names.pop()  # NIH's own headers end in commas
    if len(names) < 2 or len(names) > _MOST_COLUMNS:
        raise DataError(f"{path.name} has {len(names):,} columns; a table of films has 2 to {_MOST_COLUMNS:,}. Save it as a CSV with a header.")
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise DataError(f"{path.name} names the column {_short(doubled[0])} more than once. Leave one of each.")
    columns = recognise(names)
    texts = {name: str for name in (columns.image, *(columns.about.get(one) for one in _TEXTS), names[0] if not names[0] else None) if name is not None}
    try:
        rows = pd.read_csv(
            io.BytesIO(content), sep=separator, names=names, dtype=texts, usecols=range(len(names)), header=0,
            encoding="utf-8-sig", skipinitialspace=True, index_col=False, low_memory=False, keep_default_na=True,
        )
    except (ValueError, OverflowError, csv.Error, pd.errors.ParserError) as problem:
        raise DataError(f"{path.name} cannot be read as a table ({type(problem).__name__}). Save it as a CSV again.") from None
    if rows.empty:
        raise DataError(f"{path.name} has no rows.")
    return WideTable(path.name, rows, columns)


def first_row(bad: np.ndarray | pd.Series) -> int:
    """The line of the file, counted as an editor counts, of the first row for which `bad` holds."""
    return int(np.flatnonzero(np.asarray(bad))[0]) + 2


def _content(path: Path) -> bytes:
    """The file's bytes, unpacked if they are gzip's, no more than the limit."""
    try:
        with path.open("rb") as handle:
            packed = handle.read(2) == b"\x1f\x8b"
        with (gzip.open if packed else open)(path, "rb") as handle:
            content = handle.read(MOST_BYTES + 1)
    except IsADirectoryError:
        raise DataError(f"{path.name} is a folder. Name a CSV file.") from None
    except (OSError, EOFError, zlib.error) as problem:
        why = getattr(problem, "strerror", None) or "it is damaged"
        raise DataError(f"{path.name} cannot be read: {why}. Check its name, or make it again.") from None
    if len(content) > MOST_BYTES:
        raise DataError(f"{path.name} holds more than {MOST_BYTES // 2**20} MiB of text. Leave out columns that are not needed.")
    if not content.strip():
        raise DataError(f"{path.name} is empty.")
    return content


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "...")
