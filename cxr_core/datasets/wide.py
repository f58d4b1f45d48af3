"""Read somebody's table: CSV of any separator, gzipped or not, or Parquet; known by its bytes, within limits."""

from __future__ import annotations

import csv
import gzip
import io
import warnings
import zlib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from cxr_core.datasets.box_cells import FORM
from cxr_core.datasets.columns import Columns, recognise
from cxr_core.datasets.own_table import text_of
from cxr_core.datasets.parquet_rows import MAGIC, read_parquet_rows
from cxr_core.errors import DataError

MOST_BYTES = 2**29
_MOST_COLUMNS = 2000
_PACKED = {b"PK\x03\x04": "zip", b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"\x28\xb5\x2f\xfd": "zstd", b"7z\xbc\xaf": "7z"}
_TEXTS = ("patient", "sex", "view", "split", "slice", "labels", "path", "boxes")


@dataclass(frozen=True)
class WideTable:
    """A table's rows, and what its columns are."""

    name: str
    rows: pd.DataFrame
    columns: Columns


def read_wide(path: Path) -> WideTable:
    """Read a CSV or a Parquet file with a row per film.

    Raises
    ------
    DataError
        When it cannot be read, has no rows, no header, or names a column twice.
    """
    content = _content(path)
    if content.startswith(MAGIC):
        return _from_parquet(path.name, content)
    names, separator, spare = _header(path.name, content)
    columns = recognise(names)
    texts = {columns.image, *(columns.about.get(one) for one in _TEXTS)} - {None}
    beyond = [f"\0{place}" for place in range(spare)]  # cells beyond the header, which pandas would drop unsaid
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # it would drop cells
            rows = pd.read_csv(
                io.BytesIO(content), sep=separator, names=[*names, *beyond], header=None, skiprows=1,
                dtype=dict.fromkeys(texts, str), skipinitialspace=True, index_col=False, low_memory=False,
            )  # fmt: skip
    except (ValueError, OverflowError, pd.errors.ParserError, pd.errors.ParserWarning) as problem:
        raise DataError(
            f"{path.name} cannot be read as a table ({type(problem).__name__}): it may have rows longer than its "
            "header, or a quote that never ends. Save it as a CSV again."
        ) from None
    if rows.empty:
        raise DataError(f"{path.name} has no rows.")
    longer = rows[beyond].notna().any(axis=1)
    if longer.any():
        raise DataError(
            f"{path.name} has rows longer than its header, first in line {first_row(longer)}. Save it again."
        )
    return WideTable(path.name, rows[names], columns)


def _from_parquet(name: str, content: bytes) -> WideTable:
    """A Parquet file's rows as those of a CSV are: names, patients and labels are words."""
    rows, nested = read_parquet_rows(name, content)
    _refuse_columns(name, list(rows.columns))
    if rows.empty:
        raise DataError(f"{name} has no rows.")
    columns = recognise(list(rows.columns))
    for column in {columns.image, *(columns.about.get(one) for one in _TEXTS)} - {None}:
        rows[column] = text_of(rows[column])
    if nested:
        said = [f"Columns of lists or structs are not read: {', '.join(one[:60] for one in nested[:5])}."]
        said += [f"Boxes are read as text: {FORM}."] if "boxes" in recognise(nested).about else []
        columns = replace(columns, remarks=(*columns.remarks, *said))
    return WideTable(name, rows, columns)


def _header(name: str, content: bytes) -> tuple[list[str], str, int]:
    """The names of the columns, what separates them, and how many cells of the first row have no name.

    A first column without a name, as pandas writes its index, is taken for the film where no other is.
    """
    head, _, rest = content[: 2**20].partition(b"\n")
    try:
        text = head.decode("utf-8-sig").strip("\r")
        row = rest.partition(b"\n")[0].decode("utf-8", "replace").strip("\r")
    except UnicodeDecodeError:
        raise DataError(f"{name} is no text in UTF-8. Save it as a CSV in UTF-8.") from None
    separator = max(",;\t", key=text.count)
    try:
        names = [one.strip() for one in next(csv.reader([text], delimiter=separator), [])]
        cells = next(csv.reader([row], delimiter=separator), [])
    except csv.Error:
        raise DataError(f"The header of {name} cannot be read. Save it as a CSV with one line of names.") from None
    while names and not names[-1]:
        names.pop()  # NIH's own headers end in commas
    if names and not names[0] and recognise(names).image is None:
        names[0] = "image"
    _refuse_columns(name, names)
    return names, separator, max(len(cells) - len(names), 0)


def _refuse_columns(name: str, names: list[str]) -> None:
    """Refuse a table of too few or too many columns, or of two of one name."""
    if not 2 <= len(names) <= _MOST_COLUMNS:
        raise DataError(
            f"{name} has {len(names):,} columns; a table of films has 2 to {_MOST_COLUMNS:,}. "
            "Save it as a CSV with a header."
        )
    doubled = sorted({one for one in names if names.count(one) > 1})
    if doubled:
        raise DataError(f"{name} names the column {_short(doubled[0])} more than once. Leave one of each.")


def first_row(bad: np.ndarray | pd.Series) -> int:
    """The line of the file, counted as an editor counts, of the first row for which `bad` holds.

    Where rows were left out, `bad` is a Series that kept the numbers of the others.
    """
    row = np.flatnonzero(np.asarray(bad))[0]
    return int(bad.index[row] if isinstance(bad, pd.Series) else row) + 2


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
        raise DataError(
            f"{path.name} holds more than {MOST_BYTES // 2**20} MiB of text. Leave out columns that are not needed."
        )
    if not content.strip():
        raise DataError(f"{path.name} is empty.")
    for start, kind in _PACKED.items():
        if content.startswith(start):
            xlsx = ", or a spreadsheet" if kind == "zip" else ""
            raise DataError(
                f"{path.name} is packed with {kind}{xlsx}; a CSV may be packed with gzip alone. Unpack it, or save it "
                "as a CSV."
            )
    return content


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "...")
