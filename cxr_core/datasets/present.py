"""Which of a table's films are there."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd


def are_there(root: Path, paths: pd.Series) -> np.ndarray:
    """Whether each path, relative to `root`, is a file: bool, shape (films,).

    Each folder is listed once: to ask after each of 14,696 films took a second of the first page. Those that no list
    has are asked after all the same: names may differ in their case alone.
    """
    listed: dict[str, set[str]] = {}

    def is_there(path: str) -> bool:
        folder, name = os.path.split(path)
        if folder not in listed:
            listed[folder] = _files(root / folder)
        return name in listed[folder] or (root / path).is_file()

    return np.array([is_there(path) for path in paths], bool)


def _files(folder: Path) -> set[str]:
    try:
        with os.scandir(folder) as entries:
            return {one.name for one in entries if one.is_file()}
    except (OSError, ValueError):  # none there, or it may not be listed
        return set()
