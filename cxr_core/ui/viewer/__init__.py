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

from cxr_core.geometry import Box
from cxr_core.imaging.radiograph import Radiograph
from cxr_core.render.overlay import heat_colours

_FOLDER = Path(__file__).parent
_MOST_SIDE = 1600  # px; a larger film is shown shrunk, its coordinates stay those of the film


@dataclass(frozen=True)
class Overlay:
    """What lies over a film: a heat map (grid, grid) of 0 to 1, and boxes in film pixels."""

    heatmap: np.ndarray | None = None
    boxes: Sequence[Box] = ()


def film_viewer(film: Radiograph, overlay: Overlay = Overlay(), *, key: str, height: int = 720) -> None:
    """Show a film. Zoom, window and rotation stay as they are while the film stays the same.

    Parameters
    ----------
    film : Radiograph
        Sent at full depth (up to 1600 px a side), and windowed in the browser.
    height : int
        In CSS pixels.
    """
    _component()(key=key, data=_message(film, overlay, height), height=height)


# The component is mounted anew in each session; its files are read once.
@cache
def _source(name: str) -> str:
    return (_FOLDER / name).read_text("utf-8")


def _component() -> Any:
    return st.components.v2.component(
        "film_viewer", html='<div class="viewer"></div>', css=_source("viewer.css"), js=_source("viewer.js")
    )


def _message(film: Radiograph, overlay: Overlay, height: int) -> dict[str, Any]:
    pixels = film.pixels
    shrink = _MOST_SIDE / max(pixels.shape)
    if shrink < 1:
        pixels = cv2.resize(pixels, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    heat = None
    if overlay.heatmap is not None:
        heat = np.round(np.clip(np.abs(overlay.heatmap), 0, 1) * 255).astype(np.uint8)
    return {
        "film": film.sha256, "pixels": _text(pixels), "depth": pixels.dtype.itemsize,
        "rows": pixels.shape[0], "columns": pixels.shape[1], "height": film.height, "width": film.width,
        "bits": film.bits, "center": film.window.center, "window": film.window.width,
        "spacing": list(film.spacing_mm) if film.spacing_mm else None,
        "heat": None if heat is None else _text(heat), "grid": 0 if heat is None else heat.shape[0],
        "colours": heat_colours().ravel().tolist(), "tall": height,
        "boxes": [{"x": b.x, "y": b.y, "w": b.w, "h": b.h,
                   "text": b.label.replace("_", " ") + ("" if b.share is None else f" · {b.share:.0%} of the map")}
                  for b in overlay.boxes],
    }


def _text(pixels: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(pixels).tobytes()).decode("ascii")
