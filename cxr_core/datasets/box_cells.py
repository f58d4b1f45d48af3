"""Boxes as a cell of a table, the form in which they leave the Dataset page and come back.

`Mass 225.5 547 86 79.2|Effusion 10 20 300 400`: of each box its label and x, y, w and h, in px of a film of 1024 px, as
NIH's own list has them; `|` between boxes, an empty cell where nobody drew one.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from cxr_core.datasets.boxes import SIDE, boxes_beside
from cxr_core.datasets.columns import finding_named
from cxr_core.geometry import Box

FORM = f"label x y w h of each, in px of a film of {SIDE} px, and | between boxes, as in Mass 225.5 547 86 79.2"


def to_cell(boxes: Sequence[Box]) -> str:
    """The boxes of a film as a cell; every digit of theirs is kept."""
    return "|".join(" ".join([box.label, *map(_plain, (box.x, box.y, box.w, box.h))]).strip() for box in boxes)


def boxes_of(cells: pd.Series | None, root: Path, images: pd.Series, remarks: list[str]) -> pd.Series:
    """The boxes of each image: those of a table's own column, else those of NIH's list in `root`."""
    own = read_cells(cells, remarks) if cells is not None else None
    return own if own is not None else boxes_beside(root, images, remarks)


def read_cells(cells: pd.Series, remarks: list[str]) -> pd.Series | None:
    """Tuples of Box from a column of text; None where nothing stands in it, or a cell cannot be read.

    The latter is remarked on: the films can be used without boxes.
    """
    drawn = cells[cells != ""]
    if drawn.empty:
        return None
    read = {cell: _read(cell) for cell in drawn.unique()}
    bad = drawn.map(lambda cell: read[cell] is None).to_numpy(bool)
    if bad.any():
        remarks.append(f"The column of boxes is not used: {int(bad.sum()):,} cells cannot be read, the first in line "
                       f"{int(drawn.index[bad][0]) + 2}. A cell is {FORM}.")
        return None
    return pd.Series([read.get(cell, ()) for cell in cells], cells.index, object)


def _read(cell: str) -> tuple[Box, ...] | None:
    boxes = []
    for part in cell.split("|"):
        try:
            *words, x, y, w, h = part.split()
            box = Box(float(x), float(y), float(w), float(h), finding_named(" ".join(words)) or " ".join(words))
        except ValueError:  # too few words, or one that is no number
            return None
        if not _lies_on_film(box):
            return None
        boxes.append(box)
    return tuple(boxes)


def _lies_on_film(box: Box) -> bool:
    sides = (box.x, box.y, box.x + box.w, box.y + box.h)  # NaN is in no range
    return box.w > 0 and box.h > 0 and all(-1 <= one <= SIDE + 1 for one in sides)


def _plain(value: float) -> str:
    return repr(float(value)).removesuffix(".0")
