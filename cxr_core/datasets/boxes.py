"""NIH's hand-drawn boxes, found by the name of the film."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from cxr_core.datasets.folder import data_folder
from cxr_core.errors import DataError
from cxr_core.geometry import Box

if TYPE_CHECKING:
    import pandas as pd

SIDE = 1024  # px: the boxes are in pixels of films of this side
_SPELLING = {"Infiltrate": "Infiltration"}  # the one label that the list spells unlike the rest of the data set
_NAME = re.compile(r"(\d{8}_\d{3})\.\w{3,4}")
_COLUMNS = ["image", "label", "x", "y", "w", "h"]
LIST = "BBox_List_2017.csv"


def read_boxes(path: Path) -> dict[str, tuple[Box, ...]]:
    """`BBox_List_2017.csv` (plain or gzipped): boxes by image name without ending, in pixels of a 1024 px film.

    Raises
    ------
    DataError
        When the file is no table, or has not the six columns it is known for.
    """
    import pandas as pd  # a second, which a page that shows no NIH film need not wait

    try:
        table = pd.read_csv(path, usecols=range(6))  # the header ends in empty columns
    except (ValueError, OSError, EOFError) as problem:
        raise DataError(f"{path.name} could not be read as a table: {problem}. Take it from NIH again.") from None
    if not str(table.columns[0]).startswith("Image") or not str(table.columns[2]).startswith("Bbox"):
        raise DataError(f"{path.name} is no list of boxes: it begins with the columns {', '.join(table.columns[:3])}.")
    table.columns = _COLUMNS
    boxes: dict[str, list[Box]] = {}
    for row in table.itertuples(index=False):
        box = Box(row.x, row.y, row.w, row.h, _SPELLING.get(row.label, row.label))
        boxes.setdefault(Path(row.image).stem, []).append(box)
    return {image: tuple(drawn) for image, drawn in boxes.items()}


def boxes_of(name: str, width: int, height: int) -> tuple[Box, ...]:
    """The boxes NIH drew on the film called `name`, in pixels of a film of this size.

    None for a name that is not NIH's, and where there is no list of boxes: only `CXR_DATA` or the data beside the
    checkout can hold one.
    """
    found = _NAME.fullmatch(name)
    if not found:
        return ()
    return tuple(box.scaled(width / SIDE, height / SIDE) for box in _known().get(found[1], ()))


def boxes_beside(root: Path, images: pd.Series, remarks: list[str]) -> pd.Series:
    """The boxes of each film by the list in `root`, plain or gzipped: tuples of Box; all empty where there is none.

    A list that cannot be read is remarked on: the films can be used without it.
    """
    import pandas as pd

    file = next((file for file in (root / LIST, root / f"{LIST}.gz") if file.is_file()), None)
    boxes: dict[str, tuple[Box, ...]] = {}
    try:
        boxes = read_boxes(file) if file else {}
    except DataError as problem:
        remarks.append(f"No box is known. {problem}")
    stems = images.astype(str).str.rsplit(".", n=1).str[0]
    return pd.Series([boxes.get(stem, ()) for stem in stems], images.index, object)


def no_boxes(rows: pd.Index) -> pd.Series:
    """The column of a data set on whose films nobody drew: an empty tuple for each of the `rows`."""
    import pandas as pd

    return pd.Series([()] * len(rows), rows, object)


@cache
def _known() -> dict[str, tuple[Box, ...]]:
    for name in (LIST, f"{LIST}.gz"):
        for folder in (data_folder(), data_folder() / "nih"):
            if (folder / name).is_file():
                return read_boxes(folder / name)
    return {}
