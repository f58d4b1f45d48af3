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
    """The films of an index that a file names, or that a named selection asks for.

    A film is known by its path where the file has one of it, else by its name; endings of names do not matter. Where no
    path is of a film here, the file is of a copy that is laid out otherwise, and all films are known by name.

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
        When the file cannot be read, names no film of the index or one by a name that several bear, or a part has none
        left.
    """
    chosen = _films_named_by(index, file) if os.path.exists(file) else _films_asked_by(index, str(file))
    for part in parts:
        if not (chosen.table["split"] == part).any():
            raise DataError(f"None of the {len(chosen):,} films that {file.name} names is one of {part}.")
    return chosen


def _films_named_by(index: Index, file: Path) -> Index:
    named = _names(file)
    wanted, paths = _stems(named["image"]), index.table["path"].astype(str)
    at_path = paths.isin(set(named["path"]) - {""})
    if at_path.any():
        wanted = wanted[~named["path"].isin(set(paths)) & ~named["has_path"]]
    stems = _stems(index.table["image"].astype(str))
    by_name = stems.isin(set(wanted))
    if not (at_path | by_name).any():
        raise DataError(
            f"None of the {wanted.nunique():,} films that {file.name} names, {wanted.iloc[0]} for one, is among the "
            f"{len(index):,} films here. Was it made of another data set?"
        )
    if (several := by_name & stems.duplicated(keep=False)).any():
        raise DataError(
            f"{file.name} names {stems[several].nunique():,} films by a name that several films here bear, "
            f"{int(several.sum()):,} in all. Say which by a column path, as a selection from the Dataset page has it."
        )
    return index.where((at_path | by_name).to_numpy())


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


def _names(file: Path) -> pd.DataFrame:
    """The films of a file: its column of images, or its lines where it has one column and no header.

    Columns `image`, as the file names it; `path`, where it may lie: what the file calls so, else the image; and
    `has_path`, whether the file calls something so.
    """
    if not file.is_file():
        raise DataError(f"There is no file {file}.")
    try:
        with (gzip.open if file.name.endswith(".gz") else open)(file, "rt", encoding="utf-8-sig", newline="") as lines:
            text = lines.read(_MOST + 1)
    except (OSError, EOFError, UnicodeDecodeError) as problem:
        raise DataError(f"{file.name} is no text to be read ({type(problem).__name__}). Save it as UTF-8.") from None
    if len(text) > _MOST:
        raise DataError(f"{file.name} has over {_MOST // 2**20} MiB: a selection of films is smaller.")
    first = text.splitlines()[0] if text.strip() else ""
    separator = max(",;\t", key=first.count)
    try:
        rows = [row for row in csv.reader(text.splitlines(), delimiter=separator) if any(row)]
    except csv.Error:
        raise DataError(f"{file.name} cannot be read as a table: a quote may never end. Save it again.") from None
    head = [cell.strip() for cell in rows[0]] if rows else []
    known = recognise(head)
    image = known.image
    if image is None and len(head) == 1 and re.search(_ENDING, head[0], re.IGNORECASE):
        return _places([row[0] for row in rows], [""] * len(rows))  # as NIH's own lists are
    if image is None:
        raise DataError(f"{file.name} names no films: it has no column Image Index, image, file or path.")
    column, path = (head.index(one) for one in (image, known.about.get("path", image)))
    rows = [row for row in rows[1:] if len(row) > column and row[column].strip()]
    if not rows:
        raise DataError(f"{file.name} names no film: its column {image[:60]!r} is empty.")
    of_path = [row[path] if "path" in known.about and len(row) > path else "" for row in rows]
    return _places([row[column] for row in rows], of_path)


def _places(images: list[str], paths: list[str]) -> pd.DataFrame:
    """The films of a file as `_names` tells them."""
    image, path = (pd.Series(one, dtype=str).str.strip() for one in (images, paths))
    where = path.where(path != "", image).str.replace("\\", "/", regex=False).str.removeprefix("./")
    return pd.DataFrame({"image": image, "path": where, "has_path": path != ""})


def _stems(names: pd.Series) -> pd.Series:
    """Names without folder and ending."""
    if names.empty:
        return names
    last = names.str.strip().str.replace("\\", "/", regex=False).str.rsplit("/", n=1).str[-1]
    return last.str.replace(_ENDING, "", case=False, regex=True)
