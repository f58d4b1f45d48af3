"""The film viewer: pan, zoom, window, overlay and boxes in the browser, without a rerun."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import streamlit as st

from cxr_core.findings import title_of
from cxr_core.geometry import Box
from cxr_core.imaging.radiograph import Radiograph
from cxr_core.render.overlay import heat_colours

_FOLDER = Path(__file__).parent
_MOST_SIDE = 1600  # px; a larger film is shown shrunk, its coordinates stay those of the film


@dataclass(frozen=True)
class Overlay:
    """What lies over a film: a heat map (grid, grid) of 0 to 1 after so many steps, and boxes in film pixels.

    `reference` are boxes that a person drew.
    """

    heatmap: np.ndarray | None = None
    boxes: Sequence[Box] = ()
    reference: Sequence[Box] = ()
    steps: int = 0


def film_viewer(film: Radiograph, overlay: Overlay = Overlay(), *, key: str) -> None:
    """Show a film, as tall as the window allows. Zoom, window and rotation stay while the film stays the same.

    The film is sent at full depth (up to 1600 px a side), and windowed in the browser.
    """
    _component()(key=key, data=_message(film, overlay), height="content")


# The component is mounted anew in each session; its files are read once.
@cache
def _source(name: str) -> str:
    return (_FOLDER / name).read_text("utf-8")


def _component() -> Any:
    return st.components.v2.component(
        "film_viewer", html='<div class="viewer"></div>', css=_source("viewer.css"), js=_source("viewer.js")
    )


# A click on a finding sends the film again; shrinking and encoding it each time would be most of the click.
@st.cache_data(scope="session", max_entries=4, show_spinner=False)
def _film_message(sha256: str, _film: Radiograph) -> dict[str, Any]:
    pixels = _film.pixels
    shrink = _MOST_SIDE / max(pixels.shape)
    if shrink < 1:
        pixels = cv2.resize(pixels, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    return {
        "film": sha256, "pixels": _text(pixels), "depth": pixels.dtype.itemsize, "rows": pixels.shape[0],
        "columns": pixels.shape[1], "height": _film.height, "width": _film.width, "bits": _film.bits,
        "center": _film.window.center, "window": _film.window.width,
        "spacing": list(_film.spacing_mm) if _film.spacing_mm else None, "colours": heat_colours().ravel().tolist(),
    }


def _message(film: Radiograph, overlay: Overlay) -> dict[str, Any]:
    heat = None
    if overlay.heatmap is not None:
        heat = np.round(np.clip(np.abs(overlay.heatmap), 0, 1) * 255).astype(np.uint8)
    return _film_message(film.sha256, film) | {
        "heat": None if heat is None else _text(heat), "grid": 0 if heat is None else heat.shape[0],
        "steps": overlay.steps,
        "boxes": [_box(box, "" if box.share is None else f" · {box.share:.0%} of the map") for box in overlay.boxes],
        "reference": [_box(box, " · drawn by NIH") for box in overlay.reference],
    }


def _box(box: Box, after: str) -> dict[str, Any]:
    return {"x": box.x, "y": box.y, "w": box.w, "h": box.h, "text": title_of(box.label) + after}


def _text(pixels: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(pixels).tobytes()).decode("ascii")
