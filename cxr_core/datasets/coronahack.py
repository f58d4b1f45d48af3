"""The CoronaHack set as downloaded: Normal, Pneumonia, COVID-19. `join` puts the films of `covid.py` beside it.

Beware: Normal and Pneumonia are children of 1 to 5 years, COVID-19 films are of adults; a network can tell age or
hospital instead of disease (the audit of the COVID models shows how far).
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd

from cxr_core.datasets.boxes import no_boxes
from cxr_core.datasets.index import Index
from cxr_core.datasets.own_table import read_table, rows_of_films, text_of
from cxr_core.datasets.report import DataReport
from cxr_core.errors import DataError
from cxr_core.words import counted

METADATA = "Chest_xray_Corona_Metadata.csv"
_COLUMNS = ("X_ray_image_name", "Label", "Dataset_type", "Label_2_Virus_category")
_LABELS = ("Normal", "Pnemonia", "Pneumonia")  # the set itself writes Pnemonia
_VAL_SHARE = 0.15
_COVID_TO_TEST = 0.25


def read_coronahack(root: Path, seed: int = 1) -> tuple[Index, DataReport]:
    """Read the set's own train and test folders, with 15% of train's patients set aside as val.

    Test holds no COVID-19, so the films of a quarter of the COVID-19 patients are moved there (Ibisoglu, Akcay 2021;
    they moved films); of the patients that remain 15% are val's, as of the others. `labels` is Normal, Pneumonia or
    COVID-19.

    Raises
    ------
    DataError
        When the metadata is not there, cannot be read or lacks a column.
    """
    file = root / METADATA
    if not file.is_file():
        raise DataError(f"No {METADATA} in {root.name!r}. Give the folder that the set was unpacked into.")
    remarks: list[str] = []
    rows = read_table(file, _COLUMNS, dtype=dict.fromkeys(_COLUMNS, str))
    rows = rows.assign(**{name: text_of(rows[name]) for name in _COLUMNS})
    rows = rows_of_films(rows, rows["X_ray_image_name"], remarks)
    films: dict[str, Path] = {}
    for path in sorted(root.rglob("*")):
        if path.suffix.lower() in (".jpeg", ".jpg", ".png"):
            films.setdefault(path.name, path)
    known = rows["Label"].isin(_LABELS) & rows["Dataset_type"].isin(["TRAIN", "TEST"])
    found = rows[known & rows["X_ray_image_name"].isin(films.keys())].reset_index(drop=True)
    covid = found["Label_2_Virus_category"] == "COVID-19"
    labels = np.where(found["Label"] == "Normal", "Normal", np.where(covid, "COVID-19", "Pneumonia"))
    table = pd.DataFrame({
        "path": [str(films[name].relative_to(root)) for name in found["X_ray_image_name"]],
        "image": found["X_ray_image_name"], "patient": [patient_of(name) for name in found["X_ray_image_name"]],
        "follow_up": 0, "age": np.nan, "sex": "", "view": "", "labels": labels,
        "split": found["Dataset_type"].str.lower(), "source_width": 224, "boxes": no_boxes(found.index),
    })
    report = DataReport(
        tuple(rows["X_ray_image_name"][~rows["X_ray_image_name"].isin(films.keys())]),
        tuple(sorted(films.keys() - set(rows["X_ray_image_name"]))),
        (*remarks, *_unknown(rows[~known]), *_shared_patients(table)),
    )
    train = table["split"] == "train"
    covid = table["labels"] == "COVID-19"
    to_test = _some(table[train & covid], _COVID_TO_TEST, seed)
    kept = table[train & covid & ~table["patient"].isin(to_test)]
    table.loc[train & table["patient"].isin(_some(table[train & ~covid], _VAL_SHARE, seed)), "split"] = "val"
    table.loc[train & table["patient"].isin(_some(kept, _VAL_SHARE, seed)), "split"] = "val"
    table.loc[train & table["patient"].isin(to_test), "split"] = "test"
    return Index(root, table), report


def join(first: Index, second: Index) -> Index:
    """Both sets as one, below the folder that holds both; the patients of the second are marked as its own."""
    root = Path(*[a for a, b in zip(first.root.resolve().parts, second.root.resolve().parts) if a == b])
    tables = []
    for index in (first, second):
        below = index.root.resolve().relative_to(root)
        tables.append(index.table.assign(
            path=[str(below / path) for path in index.table["path"]],
            patient=[f"{below.name}:{patient}" for patient in index.table["patient"]],
        ))
    return Index(root, pd.concat(tables, ignore_index=True))


def patient_of(name: str) -> str:
    """Kermany's patient: `person123_...`, `IM-0115-...` and `NORMAL2-IM-0115-...`; the whole name for other films."""
    found = re.match(r"(person\d+)_|((?:NORMAL2-)?IM-\d+)-", name)
    return (found[1] or found[2]) if found else name


def _unknown(rows: pd.DataFrame) -> tuple[str, ...]:
    """A remark on rows that are of neither class or of neither folder."""
    if rows.empty:
        return ()
    return (f"{counted(len(rows), 'row has', 'rows have')} a label or a part that is not known, "
            f"{rows.iloc[0]['X_ray_image_name']} for one; "
            f"left out (labels are {', '.join(_LABELS)}; parts TRAIN, TEST).",)


def _shared_patients(table: pd.DataFrame) -> tuple[str, ...]:
    """The set's own split may not be by patient: a remark when a number stands in both parts."""
    shared = set(table["patient"][table["split"] == "train"]) & set(table["patient"][table["split"] == "test"])
    if not shared:
        return ()
    return (f"{len(shared)} patient numbers stand in the set's own train and in its test, {min(shared)} for one: "
            "figures on test may be too good.",)


def _some(rows: pd.DataFrame, share: float, seed: int) -> set[str]:
    """A share of the patients, drawn by a seed."""
    patients = np.sort(rows["patient"].unique())
    return set(np.random.default_rng(seed).permutation(patients)[:round(share * len(patients))])
