"""Labels from a table: NIH's own, or somebody's with a text of findings or a column of 0 and 1 for each."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from cxr_core.datasets.box_cells import boxes_of
from cxr_core.datasets.index import Index
from cxr_core.datasets.label_words import in_our_words
from cxr_core.datasets.nih import film_files, official_parts
from cxr_core.datasets.nih_table import is_entries, read_entries
from cxr_core.datasets.own_table import text_of, unlabelled
from cxr_core.datasets.report import DataReport
from cxr_core.datasets.wide import WideTable, first_row, read_wide
from cxr_core.errors import DataError
from cxr_core.findings import NIH14, NIH15, NO_FINDING, parse_labels
from cxr_core.words import counted

VERSIONS = {"2017": "Data_Entry_2017", "2020": "Data_Entry_2017_v2020", "": ""}  # the label file of a version


@dataclass(frozen=True)
class LabelTable:
    """Films with labels, one row each.

    `table` has image (as the file names it), path, patient, follow_up, age, sex, view, split, slice, source_width and
    labels, NIH's `A|B` text, empty where nothing is said of a film, which `remarks` tell. `findings` are those that the
    table speaks of: a film whose text lacks one of them does not have it. `version` names the label file. `boxes` are
    the cells of its own column of boxes, as `box_cells` has them, where it has one.
    """

    table: pd.DataFrame
    findings: tuple[str, ...]
    version: str
    remarks: tuple[str, ...] = ()
    boxes: pd.Series | None = None


def read_labels(path: Path) -> LabelTable:
    """Read a table of labels, gzipped or not.

    Raises
    ------
    DataError
        When it cannot be read, names no films, or has no labels.
    """
    if is_entries(path):
        try:
            entries = read_entries(path)
        except DataError:
            return from_wide(read_wide(path))  # it has the labels, and not all else that NIH's has
        remarks = list(entries.remarks)
        parts = official_parts(path.parent, entries.table["image"], remarks).replace("test", "official")
        table = entries.table.assign(path="", split=parts, slice="", source_width=np.nan)
        boxes = table.pop("boxes") if "boxes" in table else None
        return LabelTable(table, NIH15, VERSIONS[entries.version] or path.name, tuple(remarks), boxes)
    return from_wide(read_wide(path))


def from_wide(wide: WideTable) -> LabelTable:
    """The labels of a table that has a text of findings, or a column of 0 and 1 for each."""
    columns = wide.columns
    if columns.image is None:
        raise DataError(
            f"{wide.name} names no films: it has no column Image Index, image, file or path. Rename the one that does."
        )
    marked = {**columns.plain, **columns.labels}
    table, remarks = about_films(wide), [*columns.remarks]
    if "labels" in columns.about and not columns.labels:
        texts = wide.rows[columns.about["labels"]].fillna("").astype(str)
        table["labels"] = in_our_words(texts, remarks)
        if unlabelled(table["labels"], remarks).all():
            raise DataError(f"None of the {len(table):,} rows of {wide.name} has a label, not even {NO_FINDING}.")
        findings = {name for text in table["labels"].unique() for name in parse_labels(text)}
        known = NIH15 if findings <= set(NIH14) else tuple(sorted(findings))
    elif marked:
        known = tuple(key for key in NIH15 if key in marked) + tuple(key for key in marked if key not in NIH15)
        table["labels"] = as_text(read_zero_one(wide, {key: marked[key] for key in known}), known)
    else:
        raise DataError(f"{wide.name} has no labels: neither a column Finding Labels nor columns named as findings.")
    boxes = text_of(wide.rows[columns.about["boxes"]]) if "boxes" in columns.about else None
    return LabelTable(table, known, wide.name, tuple(remarks), boxes)


def read_zero_one(wide: WideTable, columns: dict[str, str]) -> np.ndarray:
    """Label columns as float64 of shape (films, findings), 0 or 1; DataError where one holds anything else."""
    found = np.empty((len(wide.rows), len(columns)))
    for place, (finding, name) in enumerate(columns.items()):
        values = wide.rows[name]
        if not pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values):
            values = (
                values.astype(str)
                .str.strip()
                .str.lower()
                .map({"0": 0, "1": 1, "0.0": 0, "1.0": 1, "false": 0, "true": 1})
            )
        found[:, place] = pd.to_numeric(values, errors="coerce").to_numpy(np.float64, na_value=np.nan)
        bad = ~np.isin(found[:, place], (0, 1))
        if bad.any():
            raise DataError(
                f"{wide.name}: {counted(int(bad.sum()), 'label is', 'labels are')} neither 0 nor 1, first in line "
                f"{first_row(bad)}, of {finding} (column {name[:60]!r}). Say 0 or 1, or leave these rows out."
            )
    return found


def as_text(labels: np.ndarray, findings: tuple[str, ...]) -> list[str]:
    """Labels of 0 and 1 as NIH's text, No Finding where there is none."""
    return [
        "|".join(key for key, one in zip(findings, row, strict=True) if one and key != NO_FINDING) or NO_FINDING
        for row in labels
    ]


def about_films(wide: WideTable) -> pd.DataFrame:
    """What a table says of its films, empty where it says nothing; `image` in the table's own words."""
    rows, about = wide.rows, wide.columns.about
    table = pd.DataFrame({"image": rows[wide.columns.image].fillna("").astype(str).str.strip()})
    for name in ("path", "patient", "sex", "view", "split", "slice"):
        table[name] = rows[about[name]].fillna("").astype(str).str.strip() if name in about else ""
    for name in ("age", "source_width", "follow_up"):
        table[name] = pd.to_numeric(rows[about[name]], errors="coerce").astype(float) if name in about else np.nan
    table["follow_up"] = table["follow_up"].fillna(0)
    return table


def read_films_and_table(
    root: Path, file: Path, *, need_films: bool = True
) -> tuple[Index, DataReport, LabelTable]:
    """Any folder of films with any table of labels: a film is found by the table's path, else by its name.

    Boxes are the table's own, where its column of them can be read, else those of NIH's list in the folder.

    Raises
    ------
    DataError
        When the table cannot be used, names a film twice, or films are needed and no row has one.
    """
    labels = read_labels(file)
    table = labels.table[labels.table["labels"] != ""]
    files = list(film_files(root))
    films = {stem: path for stem, path in reversed(files)}  # of a name that several bear the first
    stems = (
        table["image"]
        .str.replace("\\", "/")
        .str.rsplit("/", n=1)
        .str[-1]
        .str.replace(r"\.(png|jpe?g|dcm)$", "", case=False, regex=True)
    )
    named = table["path"].where(table["path"] != "", table["image"])
    at_path = named.map(lambda path: bool(path) and _lies_below(root, path))
    table = table.assign(
        path=named.where(at_path, stems.map(lambda stem: films.get(stem, ""))),
        image=table["image"].str.replace("\\", "/").str.rsplit("/", n=1).str[-1],
    )
    there = table["path"] != ""
    if need_films and not there.any():
        raise DataError(f"None of the {len(table):,} films that {file.name} names lies below {root.name!r}. "
                        "Name the folder that holds them.")
    kept = there if need_films else named != ""
    place = table["path"].where(there, named)
    doubled_rows = place.duplicated() & kept
    if doubled_rows.any():
        raise DataError(
            f"{file.name} names a film twice, first in line {first_row(doubled_rows)}. Leave one row for each."
        )
    nameless = table["patient"].astype(str) == ""
    # a film of nobody's is a patient of its own; its name may be another's
    table["patient"] = table["patient"].astype(str).where(~nameless, place)
    remarks = [*labels.remarks]
    table["boxes"] = boxes_of(labels.boxes, root, table["image"], remarks)
    if nameless.any():
        films_have = counted(int(nameless.sum()), "film has", "films have")
        remarks.append(f"{films_have} no patient: intervals take each as a patient of its own.")
    names = Counter(stem for stem, _ in files)
    if doubled := sum(names[stem] > 1 for stem in stems[~at_path]):
        films_lie = counted(doubled, "film lies", "films lie")
        remarks.append(f"{films_lie} there more than once by name; the first is used.")
    used = {os.path.normpath(path) for path in table["path"]}
    strays = tuple(sorted(path for _, path in files if os.path.normpath(path) not in used))
    version = {name: key for key, name in VERSIONS.items() if key}.get(labels.version, "")
    return (
        Index(root, table[kept].reset_index(drop=True), version),
        DataReport(tuple(table["image"][~there]), strays, tuple(remarks)),
        labels,
    )


def _lies_below(root: Path, path: str) -> bool:
    """Whether a table's path is that of a file below `root`, and not one that climbs out of it."""
    try:
        file = (root / path).resolve()
        return file.is_file() and file.is_relative_to(root.resolve())
    except (OSError, ValueError):
        return False
