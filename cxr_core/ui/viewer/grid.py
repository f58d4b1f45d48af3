"""Many viewers of one film, which move together: models side by side, methods one under the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import streamlit as st

from cxr_core.imaging.radiograph import Radiograph
from cxr_core.ui.clicks import heard
from cxr_core.ui.viewer import PARTS, Overlay, overlay_message, source

_MOST_CELLS = 160  # a side of a map: it is drawn a few hundred pixels wide, and is smooth
Status = Literal["waiting", "making", "done", "failed", "stopped"]


@dataclass(frozen=True)
class CellView:
    """A cell as it is shown: what lies over the film, and in words the score, what it is held against, what it is
    worth, the receipt, the gap, and what is the matter. Worth and gap come with whether they are poor; `again` says
    that another try may help."""

    overlay: Overlay
    status: Status
    version: int
    score: str = ""
    held: str = ""
    worth: tuple[str, bool] = ("", False)
    receipt: str = ""
    gap: tuple[str, bool] = ("", False)
    note: str = ""
    again: bool = False


@dataclass(frozen=True)
class Head:
    """What stands above a column."""

    title: str
    remark: str = ""


@dataclass(frozen=True)
class Row:
    """A method, and the names of its cells from left to right."""

    title: str
    cells: tuple[str, ...]


def film_grid(
    film: Radiograph, heads: Sequence[Head], rows: Sequence[Row], cells: Mapping[str, CellView], *, key: str,
    on_again: Callable[[str], None],
) -> None:
    """Show a film that `send_film` sends once for each cell; all of them pan, zoom and window together.

    `cells` are by the names that the rows give them; `on_again` gets the name of one that is to be tried again. Boxes
    that a person drew are those of the first cell.
    """
    mount = st.components.v2.component(
        "film_grid", html='<div class="film-grid"></div>', css=source("viewer.css") + source("grid.css"),
        js="".join(source(name) for name in (*PARTS, "grid.js")),
    )
    first = overlay_message(film, Overlay(reference=next(iter(cells.values())).overlay.reference if cells else ()))
    mount(key=key, height="content", data={
        **{name: first[name] for name in ("film", "group", "colours", "reference")},
        "aspect": film.width / film.height,
        "columns": [{"title": head.title, "remark": head.remark} for head in heads],
        "rows": [{"title": row.title, "cells": list(row.cells)} for row in rows],
        "messages": {name: _message(film, cell) for name, cell in cells.items()},
    }, on_again_change=heard(key, "again", on_again))


def send_cells(film: Radiograph, cells: Mapping[str, CellView], *, key: str) -> None:
    """Send newer cells to a grid that stands on the page, which is not drawn anew; shows nothing."""
    mount = st.components.v2.component("film_cells", html='<div class="cell-store"></div>', js=source("cells.js"))
    mount(key=key, height="content", data={"messages": {name: _message(film, cell) for name, cell in cells.items()}})


def _message(film: Radiograph, cell: CellView) -> dict[str, Any]:
    said = overlay_message(film, cell.overlay, _MOST_CELLS)
    return {
        **{name: said[name] for name in ("heat", "grid", "signed", "steps", "boxes")},
        "status": cell.status, "version": cell.version, "score": cell.score, "held": cell.held, "receipt": cell.receipt,
        "worth": cell.worth[0], "weak": cell.worth[1], "gap": cell.gap[0], "poor": cell.gap[1],
        "note": cell.note, "again": cell.again,
    }
