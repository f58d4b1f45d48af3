"""A data set as a page explores it: every film's row, what a selection asks of it, and its counts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd

from cxr_core.datasets.boxes import boxes_beside
from cxr_core.datasets.counts import Selection
from cxr_core.datasets.index import Index
from cxr_core.datasets.nih import find_tables
from cxr_core.datasets.nih_table import OLDEST, read_sizes
from cxr_core.datasets.report import DataReport
from cxr_core.datasets.sources import TITLES, open_source
from cxr_core.datasets.summary import OTHER, Summary, count_kinds, traits, vocabulary
from cxr_core.errors import DataError
from cxr_core.imaging.read import load_bytes

_TEXTS = ("path", "image", "patient", "sex", "view", "labels", "split")
_FEW = ("sex", "view", "labels", "split")  # some values on a hundred thousand films: kept once each
_ORIGINAL = ("original_width", "original_height", "spacing_mm")


@dataclass(frozen=True)
class Collection:
    """A data set that is there: its films, and their counts.

    `index` has the columns of `Index` in every case, and where they are known `original_width`,
    `original_height` (px), `spacing_mm` and `age_written` (years, where impossible). `traits` are those of
    `cxr_core.datasets.summary`, a row per film. `report` says what did not fit.
    """

    index: Index
    traits: pd.DataFrame
    summary: Summary
    report: DataReport

    def __len__(self) -> int:
        return len(self.index)

    def places(self, asked: Selection) -> np.ndarray:
        """The films of a selection, as places in the index: int, shape (films,)."""
        rows = asked.rows(self.traits, self.summary.names)
        if asked.picked is None:
            return np.flatnonzero(rows)
        picked = asked.picked.places
        return picked[rows[picked]].astype(int)

    def summary_of(self, asked: Selection) -> Summary:
        """The counts that a selection is counted by: those of its picked films, where it has some, else of all."""
        if asked.picked is None:
            return self.summary
        picked, told = asked.picked.places, self.summary
        kinds = self.traits.iloc[picked].reset_index(drop=True)
        return count_kinds(self.index.take(picked), kinds, told.name, told.findings, told.none)

    def film(self, place: int) -> Path:
        """The file of a film.

        Raises
        ------
        DataError
            When the film is not here, or the data set's table names a file that is not below its folder.
        """
        path = self.index.table["path"].iloc[place]
        below = PurePosixPath(str(path).replace("\\", "/"))
        if not below.parts:
            raise DataError("The table names this film, and it is not here.")
        if below.is_absolute() or ".." in below.parts or ":" in below.parts[0]:
            raise DataError("The data set's table names a file outside of its folder: it is not opened.")
        return self.index.root / path


def film_bytes(films: Collection, place: int) -> bytes:
    """The bytes of a film, from its file or from its record.

    Raises
    ------
    FilmError, DataError
        When there are none at that place.
    """
    return load_bytes(films.film(place))


def open_collection(data: Path, table: Path | None = None, *, need_films: bool = True) -> Collection:
    """What `open_source` opens, as a page explores it.

    Raises
    ------
    DataError
        When it is none that is known, cannot be read, or holds no film that its table names.
    """
    source = open_source(data, table=table, need_films=need_films)
    return collect(source.index, source.report, TITLES[source.kind])


def collect(index: Index, report: DataReport, title: str) -> Collection:
    """Bring an index into the form a page can rely on, and count it.

    Raises
    ------
    DataError
        When it has no film.
    """
    if not len(index):
        lost = report.missing_films
        raise DataError(
            f"{index.root.name!r} is {title}, but none of its {len(lost):,} rows has its film there"
            f"{f', {lost[0]} for one' if lost else ''}. Unpack the films below this folder."
        )
    remarks = list(report.remarks)
    table = index.table.copy()
    for column in _TEXTS:
        table[column] = (table[column] if column in table else pd.Series("", table.index)).fillna("").astype(str)
    for column in ("age", "follow_up"):
        table[column] = pd.to_numeric(table[column], errors="coerce") if column in table else np.nan
    table["follow_up"] = table["follow_up"].clip(0, 10_000).fillna(0).astype(np.int32)
    beyond = (table["age"] > OLDEST) | (table["age"] < 0)
    if beyond.any():
        remarks.append(f"{int(beyond.sum()):,} ages are no years of a person's life: they are taken as unknown.")
        table["age_written"] = table["age"].where(beyond).astype(np.float32)
        table["age"] = table["age"].mask(beyond)
    if "boxes" not in table:
        table["boxes"] = boxes_beside(index.root, table["image"], remarks)
    if not set(_ORIGINAL) & set(table.columns):
        table = _with_sizes(index.root, table)
    for column in _FEW:
        table[column] = table[column].astype("category")
    index = replace(index, table=table)
    findings, none, left = vocabulary(index)
    if left:
        counted = len(findings) - 1
        remarks.append(f"{counted + len(left)} findings: the {counted} most frequent are counted each, the other "
                       f"{len(left)} together as {OTHER}.")
    kinds = traits(index, findings, none)
    summary = count_kinds(index, kinds, title, findings, none)
    for column in ("sex", "view", "split"):
        kinds[column] = kinds[column].astype("category")
    return Collection(index, kinds, summary, replace(report, remarks=tuple(remarks)))


def _with_sizes(root: Path, table: pd.DataFrame) -> pd.DataFrame:
    """What NIH's label files in the same folder say of the films' original size; the one that names most of them."""
    best, named = None, 0
    for file in find_tables(root):
        try:
            sizes = read_sizes(file)
        except DataError:
            continue
        here = sizes.reindex(table["image"])
        if (count := int(here.notna().any(axis=1).sum())) > named:
            best, named = here, count
    for column in _ORIGINAL:
        if best is not None and column in best:
            table[column] = best[column].to_numpy()
    return table
