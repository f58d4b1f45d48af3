"""The reduced NIH ChestX-ray14 set: films of at most 320 px and one table, `images.csv`."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from cxr_core.datasets.folder import data_folder
from cxr_core.datasets.index import Index
from cxr_core.errors import DataError

_COLUMNS = {
    "path": "path", "image_index": "image", "patient_id": "patient", "follow_up": "follow_up", "age": "age",
    "sex": "sex", "view": "view", "finding_labels": "labels", "split": "split", "source_width": "source_width",
    "slice": "slice", "has_box": "has_box",
}


def read_nih_small(root: Path | None = None) -> Index:
    """Read `images.csv` below `root` (default: the `nih` folder of `data_folder()`).

    Raises
    ------
    DataError
        When the table is not there or lacks a column.
    """
    root = root or data_folder() / "nih"
    table_path = root / "images.csv"
    if not table_path.is_file():
        raise DataError(f"No images.csv in {root.name!r}. Set CXR_DATA to the folder that holds nih/images.csv.")
    table = pd.read_csv(table_path)
    missing = sorted(set(_COLUMNS) - set(table.columns))
    if missing:
        raise DataError(f"images.csv lacks the columns {', '.join(missing)}; it needs {', '.join(_COLUMNS)}.")
    return Index(root, table[list(_COLUMNS)].rename(columns=_COLUMNS))
