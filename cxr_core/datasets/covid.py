"""Films of COVID-19 in adults: a folder with `images.csv`, or the covid-chestxray set as downloaded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from cxr_core.datasets.boxes import no_boxes
from cxr_core.datasets.index import Index
from cxr_core.datasets.own_table import own_patients, read_table, rows_of_films, text_of
from cxr_core.datasets.present import are_there
from cxr_core.datasets.report import DataReport
from cxr_core.errors import DataError
from cxr_core.findings import COVID3
from cxr_core.words import counted

TABLES = ("images.csv", "metadata.csv")
_COLUMNS = {
    "images.csv": ("path", "finding", "patient_id", "view", "sex", "split"),
    "metadata.csv": ("filename", "folder", "finding", "patientid", "view", "sex", "age", "modality"),
}
_FILMS = (".jpg", ".jpeg", ".png")
_FRONTAL = {"PA": "PA", "AP": "AP", "AP Supine": "AP", "AP Erect": "AP"}
_PNEUMONIAS = {  # what the covid-chestxray set calls a pneumonia by its cause alone
    "Pneumocystis", "Streptococcus", "SARS", "MERS", "Klebsiella", "Lipoid", "Varicella", "ARDS", "E.Coli",
    "Legionella", "Bacterial", "Chlamydophila", "Influenza",
}


def read_covid(root: Path) -> tuple[Index, DataReport]:
    """Read the films below `root`, labelled Normal, Pneumonia or COVID-19.

    `images.csv` has its own split, by patient; the films of `metadata.csv` have none. Of the latter frontal films alone
    are read. Rows with none of the three labels are left out of either, and reported; so are those that name no film,
    or one that an earlier row names. A film without a patient is a patient of its own.

    Raises
    ------
    DataError
        When there is neither table, or it cannot be read or lacks a column.
    """
    name = next((name for name in TABLES if (root / name).is_file()), None)
    if name is None:
        raise DataError(f"No {' and no '.join(TABLES)} in {root.name!r}. Give the folder that holds the films' table.")
    remarks: list[str] = []
    columns = _COLUMNS[name]
    rows = read_table(root / name, columns, dtype={column: str for column in columns if column != "age"})
    rows = rows.assign(**{column: text_of(rows[column]) for column in columns if column != "age"})
    films = rows["path"] if name == "images.csv" else _joined(rows["folder"], rows["filename"])
    rows = rows_of_films(rows.assign(path=films), films, remarks)
    table = _of_images(rows, remarks) if name == "images.csv" else _of_metadata(rows, remarks)
    table["patient"] = own_patients(table["patient"], table["image"], remarks)
    there = are_there(root, table["path"])
    lying = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.suffix.lower() in _FILMS}
    report = DataReport(
        tuple(table["image"][~there]), tuple(sorted(lying - set(rows["path"]))), tuple(remarks)
    )
    return Index(root, table[there].reset_index(drop=True)), report


def _of_images(rows: pd.DataFrame, remarks: list[str]) -> pd.DataFrame:
    labels = rows["finding"].map(lambda finding: finding if finding in COVID3 else label_of(finding))
    keep = _labelled(labels, pd.Series(True, rows.index), remarks)
    rows, labels = rows[keep], labels[keep]
    return _films(rows, labels).assign(
        age=np.nan, view=rows["view"], patient=rows["patient_id"], split=rows["split"],
        image=rows["path"].str.rsplit("/", n=1).str[-1],
    )


def _of_metadata(rows: pd.DataFrame, remarks: list[str]) -> pd.DataFrame:
    labels = rows["finding"].map(label_of)
    frontal = (rows["modality"] == "X-ray") & rows["view"].isin(list(_FRONTAL))
    if not frontal.all():
        remarks.append(f"{counted(int((~frontal).sum()), 'row is', 'rows are')} no frontal X-ray film: left out.")
    keep = _labelled(labels, frontal, remarks)
    rows, labels = rows[keep], labels[keep]
    return _films(rows, labels).assign(
        age=pd.to_numeric(rows["age"], errors="coerce"), view=rows["view"].map(_FRONTAL), patient=rows["patientid"],
        split="", image=rows["filename"],
    )


def _labelled(labels: pd.Series, rows: pd.Series, remarks: list[str]) -> pd.Series:
    """Which of the `rows` have a label; a remark on those that have none."""
    unlabelled = rows & (labels == "")
    if unlabelled.any():
        remarks.append(f"{counted(int(unlabelled.sum()), 'row has', 'rows have')} none of the three labels: left out.")
    return rows & ~unlabelled


def _films(rows: pd.DataFrame, labels: pd.Series) -> pd.DataFrame:
    """What both tables say alike, with the columns of an index in their order."""
    return pd.DataFrame({
        "path": rows["path"], "image": "", "patient": "", "follow_up": 0, "age": np.nan, "sex": rows["sex"], "view": "",
        "labels": labels, "split": "", "source_width": 224, "boxes": no_boxes(rows.index),
    })


def _joined(folders: pd.Series, names: pd.Series) -> pd.Series:
    """Each film's path; empty where the table does not name the film."""
    return ((folders + "/").where(folders != "", "") + names).where(names != "", "")


def label_of(finding: str) -> str:
    """Normal, Pneumonia or COVID-19; empty where a finding is none of them, or not known.

    The covid-chestxray set wrote `COVID-19, ARDS` at first, and `Pneumonia/Viral/COVID-19` later.
    """
    if "COVID-19" in finding:
        return "COVID-19"
    if finding == "No Finding":
        return "Normal"
    return "Pneumonia" if "Pneumonia" in finding or finding in _PNEUMONIAS else ""
