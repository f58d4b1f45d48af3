"""One row per film: the form every data set takes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from cxr_core.findings import NO_FINDING, parse_labels


@dataclass(frozen=True)
class Index:
    """The films of a data set.

    `table` has one row per film: `path` (relative to `root`), `image`, `patient`, `follow_up`, `age`
    (years), `sex` (M or F), `view` (PA or AP), `labels` (NIH's `A|B` text) and `split`.
    """

    root: Path
    table: pd.DataFrame

    def __len__(self) -> int:
        return len(self.table)

    def where(self, rows: pd.Series) -> Index:
        """The films for which the boolean `rows` holds."""
        return Index(self.root, self.table[rows].reset_index(drop=True))

    def targets(self, findings: tuple[str, ...]) -> np.ndarray:
        """Labels as float32 of shape (films, findings), 0 or 1. No Finding is 1 where all others are 0."""
        rows = np.zeros((len(self), len(findings)), np.float32)
        places = {finding: column for column, finding in enumerate(findings)}
        for row, text in enumerate(self.table["labels"]):
            present = parse_labels(text)
            for name in present or (NO_FINDING,):
                if name in places:
                    rows[row, places[name]] = 1.0
        return rows

    def digest(self) -> str:
        """sha256 over the sorted image names: says which films were used, in any order."""
        return hashlib.sha256("\n".join(sorted(self.table["image"])).encode()).hexdigest()
