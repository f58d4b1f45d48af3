"""The film viewer: pan, zoom, window, overlay and boxes in the browser, without a rerun."""

from __future__ import annotations

import base64
import json
import struct
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
from cxr_core.reading import Explanation
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

    @classmethod
    def of(cls, explanation: Explanation | None, reference: Sequence[Box]) -> Overlay:
        """What is known so far of a finding, and what a person drew."""
        if explanation is None:
            return cls(reference=reference)
        return cls(explanation.heatmap, explanation.boxes, reference, explanation.receipt.steps)


def send_film(film: Radiograph, *, key: str) -> None:
    """Send a film's pixels to the browser, where `film_viewer` finds them; shows nothing.

    At full depth, up to 1600 px a side. It stands apart from the viewer so that a click on a finding, which changes the
    map alone, does not send the film again.
    """
    mount = st.components.v2.component("film_store", html='<div class="film-store"></div>', js=_source("store.js"))
    mount(key=key, data=_film_bytes(film.sha256, film), height="content")


def film_viewer(film: Radiograph, overlay: Overlay = Overlay(), *, key: str) -> None:
    """Show a film that `send_film` sends, as tall as the window allows, and what lies over it.

    Zoom, window and rotation stay while the film stays the same.
    """
    mount = st.components.v2.component(
        "film_viewer", html='<div class="viewer"></div>', css=_source("viewer.css"),
        js=_source("view.js") + _source("draw.js") + _source("viewer.js"),
    )
    mount(key=key, data=_overlay_message(film, overlay), height="content")


# The components are mounted anew in each session; their files are read once.
@cache
def _source(name: str) -> str:
    return (_FOLDER / name).read_text("utf-8")


@st.cache_data(scope="session", max_entries=4, show_spinner=False)
def _film_bytes(sha256: str, _film: Radiograph) -> bytes:
    """A head of JSON, its length before it in four bytes, and the pixels."""
    pixels = _film.pixels
    shrink = _MOST_SIDE / max(pixels.shape)
    if shrink < 1:
        pixels = cv2.resize(pixels, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    head = json.dumps({
        "film": sha256, "depth": pixels.dtype.itemsize, "rows": pixels.shape[0], "columns": pixels.shape[1],
        "height": _film.height, "width": _film.width, "bits": _film.bits, "center": _film.window.center,
        "window": _film.window.width, "spacing": list(_film.spacing_mm) if _film.spacing_mm else None,
    }).encode("ascii")
    little = np.ascontiguousarray(pixels).astype(pixels.dtype.newbyteorder("<"), copy=False)
    return struct.pack("<I", len(head)) + head + little.tobytes()


def _overlay_message(film: Radiograph, overlay: Overlay) -> dict[str, Any]:
    heat = None
    if overlay.heatmap is not None:
        heat = np.round(np.clip(np.abs(overlay.heatmap), 0, 1) * 255).astype(np.uint8)
    return {
        "film": film.sha256, "heat": None if heat is None else base64.b64encode(heat.tobytes()).decode("ascii"),
        "grid": 0 if heat is None else heat.shape[0], "colours": heat_colours().ravel().tolist(),
        "steps": overlay.steps,
        "boxes": [_box(box, "" if box.share is None else f" · {box.share:.0%} of the map") for box in overlay.boxes],
        "reference": [_box(box, " · drawn by NIH") for box in overlay.reference],
    }


def _box(box: Box, after: str) -> dict[str, Any]:
    return {"x": box.x, "y": box.y, "w": box.w, "h": box.h, "text": title_of(box.label) + after}
