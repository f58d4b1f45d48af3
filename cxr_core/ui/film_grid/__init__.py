"""Films side by side as pictures with a few words; a click or Enter chooses one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import streamlit as st

from cxr_core.ui.clicks import heard

_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Tile:
    """One film: `picture` is an address inside the page, empty while it is being made, `problem` why there is none.

    `shape` is width by height of the film; `boxes` are x, y, width, height in parts of the film, 0 to 1, and a name.
    """

    id: str
    picture: str
    head: str
    about: str
    score: str = ""
    problem: str = ""
    shape: tuple[int, int] = (1, 1)
    boxes: tuple[tuple[float, float, float, float, str], ...] = ()
    marked: bool = False


def film_grid(tiles: Sequence[Tile], *, key: str, on_choose: Callable[[str], None], in_a_row: bool = False) -> None:
    """Show the tiles as a grid of eight across, or as one row that scrolls; `on_choose` gets a tile's id."""
    mount = st.components.v2.component(
        "film_tiles", html='<div class="grid"></div>', css=_source("grid.css"), js=_source("grid.js")
    )
    mount(
        key=key, data={"tiles": [asdict(tile) for tile in tiles], "row": in_a_row},
        on_chosen_change=heard(key, "chosen", on_choose),
    )


@cache
def _source(name: str) -> str:
    return (_FOLDER / name).read_text("utf-8")
