"""Films of COVID-19 in adults: a folder with `images.csv`, or the covid-chestxray set as downloaded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from cxr_core.datasets.index import Index
from cxr_core.datasets.report import DataReport
from cxr_core.errors import DataError

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
    are read, and of these only those with one of the three labels.

    Raises
    ------
    DataError
        When there is neither table, or it lacks a column.
    """
    name = next((name for name in TABLES if (root / name).is_file()), None)
    if name is None:
        raise DataError(f"No {' and no '.join(TABLES)} in {root.name!r}. Give the folder that holds the films' table.")
    rows = pd.read_csv(root / name)
    lacking = [column for column in _COLUMNS[name] if column not in rows]
    if lacking:
        raise DataError(f"{name} lacks the columns {', '.join(lacking)}; it needs {', '.join(_COLUMNS[name])}.")
    remarks: list[str] = []
    table = _of_images(rows) if name == "images.csv" else _of_metadata(rows, remarks)
    there = np.array([(root / path).is_file() for path in table["path"]], bool)
    named = set(rows["path"] if name == "images.csv" else rows["folder"] + "/" + rows["filename"])
    lying = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.suffix.lower() in _FILMS}
    report = DataReport(tuple(table["image"][~there]), tuple(sorted(lying - named)), tuple(remarks))
    return Index(root, table[there].reset_index(drop=True)), report


def _of_images(rows: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({
        "path": rows["path"], "image": rows["path"].str.rsplit("/", n=1).str[-1],
        "patient": rows["patient_id"].astype(str), "follow_up": 0, "age": np.nan, "sex": rows["sex"].fillna(""),
        "view": rows["view"].fillna(""),
        "labels": rows["finding"], "split": rows["split"].fillna(""), "source_width": 224,
    })


def _of_metadata(rows: pd.DataFrame, remarks: list[str]) -> pd.DataFrame:
    labels = rows["finding"].fillna("").map(label_of)
    frontal = (rows["modality"] == "X-ray") & rows["view"].isin(list(_FRONTAL))
    unlabelled = frontal & (labels == "")
    for left_out, why in ((~frontal, "are no frontal X-ray films"), (unlabelled, "have none of the three labels")):
        if left_out.any():
            remarks.append(f"{int(left_out.sum())} rows {why}; they are left out.")
    rows, labels = rows[frontal & (labels != "")], labels[frontal & (labels != "")]
    return pd.DataFrame({
        "path": rows["folder"] + "/" + rows["filename"], "image": rows["filename"],
        "patient": rows["patientid"].astype(str), "follow_up": 0, "age": rows["age"], "sex": rows["sex"].fillna(""),
        "view": rows["view"].map(_FRONTAL),
        "labels": labels, "split": "", "source_width": 224,
    })


def label_of(finding: str) -> str:
    """Normal, Pneumonia or COVID-19; empty where a finding is none of them, or not known.

    The covid-chestxray set wrote `COVID-19, ARDS` at first, and `Pneumonia/Viral/COVID-19` later.
    """
    if "COVID-19" in finding:
        return "COVID-19"
    if finding == "No Finding":
        return "Normal"
    return "Pneumonia" if "Pneumonia" in finding or finding in _PNEUMONIAS else ""
