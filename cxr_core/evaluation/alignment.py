"""Labels brought beside somebody's predictions, film by film, or a refusal to.

What is said of a file names columns, counts and line numbers, never a film: file names may hold patients' names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from cxr_core.datasets.index import Index
from cxr_core.datasets.label_table import LabelTable, about_films, as_text, from_wide, read_zero_one
from cxr_core.datasets.wide import WideTable, first_row
from cxr_core.errors import ResultsError
from cxr_core.evaluation.results import ABOUT, ENDINGS
from cxr_core.words import counted

FEWEST_MATCHED = 0.95  # of the rows: below it the two files are hardly of the same films
_DEEPEST = 5  # parts of a path that are tried before two films of one name are called doubled


@dataclass(frozen=True)
class Aligned:
    """Labels in the predictions' order.

    `films` says who they are (columns of stored results), `values` holds 0 or 1 of shape (films,) for each finding that
    the labels speak of, `matched` is false for rows without labels, which `remarks` tell of. `version` names the label
    file.
    """

    films: pd.DataFrame
    values: Mapping[str, np.ndarray]
    matched: np.ndarray
    version: str
    remarks: tuple[str, ...]


def labels_inside(wide: WideTable, columns: Mapping[str, str]) -> Aligned:
    """Labels from the predictions' own table: its label columns by finding, or its text of findings.

    Raises
    ------
    ResultsError, DataError
        When it has neither, a label is neither 0 nor 1, or a film stands there twice.
    """
    if columns:
        known = tuple(columns)
        films = about_films(wide)
        films["labels"] = as_text(read_zero_one(wide, columns), known)
        table = LabelTable(films, known, f"in {wide.name}")
    elif "labels" in wide.columns.about:
        table = from_wide(wide)
    else:
        raise ResultsError(
            f"{wide.name} has no labels. Give --labels TABLE (NIH's Data_Entry_2017_v2020.csv or one of your own), or "
            "add columns label_FINDING of 0 and 1."
        )
    paths = pd.Series(["/".join(parts) for parts in _parts(table.table["image"])])
    if paths.duplicated().any():
        raise _doubled(wide.name, paths.duplicated())
    return Aligned(_about(table.table), _values(table), _labelled(table), table.version, table.remarks)


def labels_joined(wide: WideTable, labels: LabelTable, *, partial: bool = False) -> Aligned:
    """Labels from another table, each film's found by its name, or by as much of its path as tells films apart.

    Raises
    ------
    ResultsError
        When a film stands in either table twice, or few rows have labels and `partial` does not allow it.
    """
    theirs = _parts(labels.table["image"])
    remarks = labels.remarks
    named = _naming(wide, theirs)
    mine, known = _told_apart(wide, named, theirs, labels.version)
    places = pd.Index(known).get_indexer(pd.Index(mine))
    matched = places >= 0
    if named != wide.columns.image:
        remarks += (f"Films are named by {named[:60]!r}: of {wide.columns.image[:60]!r} the labels know none.",)
    if not matched.any() or (matched.mean() < FEWEST_MATCHED and not partial):
        raise ResultsError(
            f"Only {int(matched.sum()):,} of {len(matched):,} rows of {wide.name} are in the label table of "
            f"{len(known):,} films. Films are named like {_shape(mine[~matched].iloc[0])} in the column {named[:60]!r} "
            f"here and like {_shape(known.iloc[0])} there. Give the table of these films"
            + (", or add --partial to leave the other rows out." if matched.any() else ".")
        )
    table = labels.table.iloc[np.where(matched, places, 0)].reset_index(drop=True)
    told = LabelTable(table, labels.findings, labels.version)
    if not matched.all():
        remarks += (f"{int((~matched).sum()):,} of {len(matched):,} rows are not in the label table: left out.",)
    matched &= _labelled(told)
    if not matched.any():
        raise ResultsError(
            f"The label table says nothing of the {len(matched):,} films of {wide.name}: their cells are empty. Give a "
            "table that labels them."
        )
    return Aligned(_about(table), _values(told), matched, labels.version, remarks)


def _naming(wide: WideTable, theirs: list[list[str]]) -> str:
    """The first of the columns that may name a film of which the labels know any film: image_id may be 0, 1, 2."""
    known = {parts[-1] for parts in theirs}
    for name in wide.columns.images:
        if any(parts[-1] in known for parts in _parts(wide.rows[name].dropna())):
            return name
    assert wide.columns.image is not None
    return wide.columns.image


def _told_apart(
    wide: WideTable, named: str, theirs: list[list[str]], version: str
) -> tuple[pd.Series, pd.Series]:
    """The names of both tables' films, with as much of their paths as tells them apart; `named` is our column."""
    ours = _parts(wide.rows[named].fillna("").astype(str))
    for depth in range(1, _DEEPEST + 1):
        mine, known = (pd.Series(["/".join(parts[-depth:]) for parts in one]) for one in (ours, theirs))
        if not mine.duplicated().any() and not known.duplicated().any():
            return mine, known
    doubled = mine.duplicated()
    raise _doubled(wide.name, doubled) if doubled.any() else _doubled(version, known.duplicated())


def _parts(names: pd.Series) -> list[list[str]]:
    """Each film's path in parts, its file's ending dropped."""
    split = (str(name).strip().replace("\\", "/").strip("/").split("/") for name in names)
    return [[*parts[:-1], ENDINGS.sub("", parts[-1])] for parts in split]


def _values(table: LabelTable) -> dict[str, np.ndarray]:
    """Each finding's labels, 0 or 1, shape (films,)."""
    targets = Index(Path(), table.table).targets(table.findings).astype(np.float64)
    return {key: targets[:, place] for place, key in enumerate(table.findings)}


def _labelled(table: LabelTable) -> np.ndarray:
    """Of which films something is said, bool, shape (films,): the others are not films without findings."""
    return (table.table["labels"] != "").to_numpy()


def _about(table: pd.DataFrame) -> pd.DataFrame:
    """Who the films are, in the columns of stored results."""
    known = {name: table[name] for name in ABOUT if name in table}
    known["subset"] = table["split"]
    known["image"] = table["image"].str.replace("\\", "/").str.strip("/").str.rsplit("/", n=1).str[-1]
    known["path"] = known["path"].where(known["path"] != "", table["image"])
    return pd.DataFrame(known).assign(patient=table["patient"].astype(str))


def _doubled(name: str, doubled: pd.Series) -> ResultsError:
    return ResultsError(
        f"{name} names {counted(int(doubled.sum()), 'film')} more than once, first in line {first_row(doubled)}. "
        "Leave one row for each."
    )


def _shape(name: str) -> str:
    """What a name looks like, without saying it: letters as a, digits as 0."""
    return repr(re.sub(r"[^\W\d_]", "a", re.sub(r"\d", "0", name))[:60])
