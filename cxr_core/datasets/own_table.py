"""The table of a data set, read or refused in words; rows that name no film, or one twice, are left out and told of."""

from __future__ import annotations

import csv
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from cxr_core.errors import DataError
from cxr_core.findings import NO_FINDING
from cxr_core.words import counted


def read_table(path: Path, needed: Sequence[str] = (), **options: Any) -> pd.DataFrame:
    """Read a CSV, gzipped or not; `options` go to `pandas.read_csv`.

    Raises
    ------
    DataError
        When it is empty, damaged, no table in UTF-8, or lacks a column of `needed`.
    """
    try:
        rows = pd.read_csv(path, **options)
    except pd.errors.EmptyDataError:
        raise DataError(f"{path.name} is empty. Take it from its source again.") from None
    except (OSError, EOFError, ValueError, OverflowError, csv.Error, zlib.error) as problem:
        raise DataError(
            f"{path.name} cannot be read as a table in UTF-8 ({type(problem).__name__}). Take it from its source again."
        ) from None
    if lacking := [name for name in needed if name not in rows]:
        raise DataError(f"{path.name} lacks the columns {', '.join(lacking)}; it needs {', '.join(needed)}.")
    return rows


def text_of(values: pd.Series) -> pd.Series:
    """A column as text without spaces around it, "" where nothing stands; whole numbers without a decimal point."""
    if pd.api.types.is_string_dtype(values):
        return values.fillna("").astype(str).str.strip()
    if pd.api.types.is_float_dtype(values):  # as pandas reads whole numbers with gaps among them
        plain = [int(one) if one == one // 1 else one for one in values]
        values = pd.Series(plain, values.index, object)
    return values.astype(object).where(values.notna(), "").astype(str).str.strip()


def rows_of_films(rows: pd.DataFrame, film: pd.Series, remarks: list[str]) -> pd.DataFrame:
    """The rows that name a film, each film once; `film` is the text that names it in each row."""
    nameless = film == ""
    if nameless.any():
        remarks.append(f"{counted(int(nameless.sum()), 'row names', 'rows name')} no film: left out.")
    doubled = film.duplicated() & ~nameless
    if doubled.any():
        rows_name = counted(int(doubled.sum()), "row names", "rows name")
        remarks.append(f"{rows_name} a film that an earlier row names; the first row is used.")
    return _left(rows, nameless | doubled)


def labelled_rows(rows: pd.DataFrame, labels: pd.Series, remarks: list[str]) -> pd.DataFrame:
    """The rows whose text of `labels` says something: a film of which nothing is said is not one without findings."""
    return _left(rows, unlabelled(labels, remarks))


def unlabelled(labels: pd.Series, remarks: list[str]) -> pd.Series:
    """Of which rows the text of `labels` says nothing."""
    blank = labels == ""
    if blank.any():
        rows_have = counted(int(blank.sum()), "row has", "rows have")
        remarks.append(f"{rows_have} no label, not even {NO_FINDING}: left out.")
    return blank


def own_patients(patients: pd.Series, film: pd.Series, remarks: list[str]) -> pd.Series:
    """The patients, with the film's own name where none is given: a film of nobody's is a patient of its own."""
    nobodys = patients.isna() | (text_of(patients) == "")
    if not nobodys.any():
        return patients
    films_have = counted(int(nobodys.sum()), "film has", "films have")
    remarks.append(f"{films_have} no patient: each is taken as a patient of its own.")
    return text_of(patients).where(~nobodys, film)


def _left(rows: pd.DataFrame, out: pd.Series) -> pd.DataFrame:
    """The rows that are not left out, numbered anew; the very table where all stay, which may have 112,120 rows."""
    return rows[~out].reset_index(drop=True) if out.any() else rows
