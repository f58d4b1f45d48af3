"""One row per film: the form every data set takes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from cxr_core.findings import NO_FINDING, parse_labels


@dataclass(frozen=True)
class Index:
    """The films of a data set.

    `table` has one row per film: `path` (relative to `root`; empty where there is no film), `image`, `patient`,
    `follow_up`, `age` (years, NaN unknown), `sex` (M or F), `view` (PA or AP), `labels` (NIH's `A|B` text), `split` and
    `boxes` (a tuple of Box, in pixels of a 1024 px film; empty where nobody drew one). `label_version` says which of
    NIH's two label files the labels come from: "2017", "2020", or "" when that is unknown or the set is another. Of
    several sets in one, `unknown` is the `A|B` text of the findings that a film's own set says nothing of.
    """

    root: Path
    table: pd.DataFrame
    label_version: str = ""

    def __len__(self) -> int:
        return len(self.table)

    def where(self, rows: pd.Series | np.ndarray) -> Index:
        """The films for which the boolean `rows` holds."""
        return replace(self, table=self.table[rows].reset_index(drop=True))

    def take(self, places: np.ndarray) -> Index:
        """The films at these places, in this order; a place named twice gives its film twice."""
        return replace(self, table=self.table.iloc[places].reset_index(drop=True))

    def targets(self, findings: tuple[str, ...]) -> np.ndarray:
        """Labels as float32 of shape (films, findings), 0 or 1. No Finding is 1 where all others are 0.

        A label is NaN where the film's set says nothing of the finding.
        """
        named = self._named(self.table["labels"], findings)
        if "unknown" in self.table:
            unknown = self._named(self.table["unknown"], findings) == 1
            named[unknown & (self.table["unknown"] != "").to_numpy()[:, None]] = np.nan
        return named

    def _named(self, lists: pd.Series, findings: tuple[str, ...]) -> np.ndarray:
        """Which findings each `A|B` text names, float32 (films, findings), 0 or 1."""
        codes, texts = pd.factorize(lists)  # some hundred different texts on a hundred thousand films
        rows = np.zeros((len(texts), len(findings)), np.float32)
        places = {finding: column for column, finding in enumerate(findings)}
        for row, text in enumerate(texts):
            for name in parse_labels(text) or (NO_FINDING,):
                if name in places:
                    rows[row, places[name]] = 1.0
        return rows[codes]

    def digest(self) -> str:
        """sha256 over the sorted image names: says which films were used, in any order."""
        return hashlib.sha256("\n".join(sorted(self.table["image"])).encode()).hexdigest()

    def rows_digest(self) -> str:
        """sha256 over each film's name, part and labels, in any order: says what a run learns from and is chosen on."""
        names = [name for name in ("image", "split", "labels", "unknown") if name in self.table]
        rows = zip(*(self.table[name].fillna("").astype(str) for name in names), strict=True)
        return hashlib.sha256("\n".join(sorted("\t".join(row) for row in rows)).encode()).hexdigest()
