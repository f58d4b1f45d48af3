"""A selection of films as a file of their names, or kept under a name: made on the Dataset page, taken by commands."""

from __future__ import annotations

import csv
import gzip
import os
import re
from pathlib import Path

import numpy as np
import pandas as pd

from cxr_core.datasets.box_cells import to_cell
from cxr_core.datasets.collection import Collection, collect
from cxr_core.datasets.columns import recognise
from cxr_core.datasets.index import Index
from cxr_core.datasets.report import DataReport
from cxr_core.datasets.saved_selections import saved_selections
from cxr_core.datasets.selection_words import Askable, from_address, left_out
from cxr_core.errors import DataError

COLUMNS = ("image", "path", "patient", "follow_up", "age", "sex", "view", "labels", "split", "boxes")
_MOST = 64 * 2**20  # bytes of a file of names: 112,120 of them take 2 MiB
_ENDING = r"\.(png|jpe?g|dcm|dicom)$"


def films_csv(films: Collection, places: np.ndarray) -> bytes:
    """The films at these places as a CSV, a row each, boxes as `box_cells` has them: a table to open again."""
    table = films.index.table[list(COLUMNS)].iloc[places]
    return table.assign(boxes=[to_cell(one) for one in table["boxes"]]).to_csv(index=False).encode()


def only_films(index: Index, file: Path, parts: tuple[str, ...] = ()) -> Index:
    """The films of an index that a file names, their endings do not matter; or that a named selection asks for.

    Parameters
    ----------
    index : Index
    file : Path
        A CSV with a column Image Index, image, file ..., or a name a line as in NIH's lists; gzipped or not. Where
        there is no such file, the name of a selection that was kept on the Dataset page.
    parts : tuple of str
        Parts that must have a film left.

    Raises
    ------
    DataError
        When the file cannot be read or names no film of the index, or a part has none left.
    """
    chosen = _films_named_by(index, file) if os.path.exists(file) else _films_asked_by(index, str(file))
    for part in parts:
        if not (chosen.table["split"] == part).any():
            raise DataError(f"None of the {len(chosen):,} films that {file.name} names is one of {part}.")
    return chosen


def _films_named_by(index: Index, file: Path) -> Index:
    wanted = _stems(pd.Series(_names(file), dtype=str))
    chosen = index.where(_stems(index.table["image"].astype(str)).isin(set(wanted)).to_numpy())
    if not len(chosen):
        raise DataError(
            f"None of the {wanted.nunique():,} films that {file.name} names, {wanted.iloc[0]} for one, is among the "
            f"{len(index):,} films here. Was it made of another data set?"
        )
    return chosen


def _films_asked_by(index: Index, name: str) -> Index:
    """The films of an index that a named selection asks for."""
    there = {one.name.casefold(): one for one in saved_selections()}
    told = there.get(name.casefold())
    if told is None:
        raise DataError(f"There is no file {name}, and no selection of this name is kept on the Dataset page.")
    if told.picked is not None:
        raise DataError(f"The selection {told.name!r} holds films that were picked one by one: download them on the "
                        "Dataset page with Films as CSV, and give that file.")
    films = collect(index, DataReport(), told.name)
    asked = from_address(told.words, Askable.of(films.summary))
    if lost := left_out(told.words, asked):
        raise DataError(f"The selection {told.name!r} asks for {', '.join(lost)}, which these films have not. Make one "
                        "of this data set, or give a CSV of films.")
    places = films.places(asked)
    if not len(places):
        raise DataError(f"None of the {len(index):,} films here is of the selection {told.name!r}.")
    return index.take(places)


def _names(file: Path) -> list[str]:
    """The names of films in a file: its column of images, or its lines where it has one column and no header."""
    if not file.is_file():
        raise DataError(f"There is no file {file}.")
    try:
        with (gzip.open if file.name.endswith(".gz") else open)(file, "rt", encoding="utf-8-sig", newline="") as lines:
            text = lines.read(_MOST + 1)
    except (OSError, EOFError, UnicodeDecodeError) as problem:
        raise DataError(f"{file.name} is no text that can be read ({type(problem).__name__}). Save it as UTF-8.") from None
    if len(text) > _MOST:
        raise DataError(f"{file.name} has over {_MOST // 2**20} MiB: a selection of films is smaller.")
    first = text.splitlines()[0] if text.strip() else ""
    separator = max(",;\t", key=first.count)
    try:
        rows = [row for row in csv.reader(text.splitlines(), delimiter=separator) if any(row)]
    except csv.Error:
        raise DataError(f"{file.name} cannot be read as a table: a quote may never end. Save it as a CSV again.") from None
    head = [cell.strip() for cell in rows[0]] if rows else []
    image = recognise(head).image
    if image is None and len(head) == 1 and re.search(_ENDING, head[0], re.IGNORECASE):
        return [row[0] for row in rows]  # as NIH's own lists are
    if image is None:
        raise DataError(f"{file.name} names no films: it has no column Image Index, image, file or path.")
    column = head.index(image)
    names = [row[column] for row in rows[1:] if len(row) > column and row[column].strip()]
    if not names:
        raise DataError(f"{file.name} names no film: its column {image[:60]!r} is empty.")
    return names


def _stems(names: pd.Series) -> pd.Series:
    """Names without folder and ending."""
    if names.empty:
        return names
    last = names.str.strip().str.replace("\\", "/", regex=False).str.rsplit("/", n=1).str[-1]
    return last.str.replace(_ENDING, "", case=False, regex=True)
