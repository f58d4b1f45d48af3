"""Stored results: one row per film, with what each model said of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from cxr_core.errors import DataError

FILE = "results.parquet"
ABOUT = ("subset", "image", "patient", "age", "sex", "view", "slice")


@dataclass(frozen=True)
class Results:
    """What a model said of the films of one subset.

    `films` is a table of who they are (`ABOUT`'s columns). `labels`, `raw` and `probability` have shape
    (films, findings); `probability` is the calibrated score.
    """

    model_id: str
    findings: tuple[str, ...]
    label_version: str
    films: pd.DataFrame
    labels: np.ndarray
    raw: np.ndarray
    probability: np.ndarray

    def __len__(self) -> int:
        return len(self.films)

    @property
    def patients(self) -> np.ndarray:
        return self.films["patient"].to_numpy()

    def where(self, rows: np.ndarray) -> Results:
        """The films for which the boolean `rows` (films,) holds."""
        return Results(self.model_id, self.findings, self.label_version, self.films[rows].reset_index(drop=True),
                       self.labels[rows], self.raw[rows], self.probability[rows])

    def column(self, finding: str) -> int:
        return self.findings.index(finding)


SUBSETS = ("test", "test natural", "test picked", "test_wide")


def load_results(folder: Path) -> Results:
    """Read `results.parquet` of a model's folder, all subsets.

    Raises
    ------
    DataError
        When it is not there, lacks columns, or holds a score that is not a number.
    """
    file = folder / FILE
    if not file.is_file():
        raise DataError(f"{folder.name} has no stored results. Score it: python -m cxr_core evaluate {folder.name}.")
    table = pd.read_parquet(file)
    findings = tuple(name.removeprefix("label_") for name in table.columns if name.startswith("label_") and name != "label_version")
    needed = {*ABOUT, "label_version", *(f"{kind}_{key}" for kind in ("score", "prob") for key in findings)}
    if missing := sorted(needed - set(table.columns)):
        raise DataError(f"The results of {folder.name} lack the columns {', '.join(missing)}. Score the model again.")
    if not findings or table.empty:
        raise DataError(f"The results of {folder.name} hold no finding or no film. Score the model again.")
    labels, raw, probability = (
        table[[f"{kind}_{key}" for key in findings]].to_numpy(np.float64) for kind in ("label", "score", "prob")
    )
    if not (np.isfinite(raw).all() and np.isfinite(probability).all()):
        raise DataError(f"The results of {folder.name} hold a score that is not a number. Score the model again.")
    return Results(folder.name, findings, str(table["label_version"].iloc[0]), table[list(ABOUT)], labels, raw, probability)


def subset(results: Results, name: str) -> Results:
    """One of `SUBSETS`; "test natural" and "test picked" are slices of test."""
    part, _, piece = name.partition(" ")
    rows = (results.films["subset"] == part).to_numpy()
    return results.where(rows & (results.films["slice"] == piece).to_numpy() if piece else rows)
