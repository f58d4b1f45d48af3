"""The film viewer: pan, zoom, window, overlay and boxes in the browser, without a rerun."""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import zip_longest
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import streamlit as st

from cxr_core.findings import title_of
from cxr_core.geometry import Box
from cxr_core.imaging.radiograph import Radiograph
from cxr_core.reading import Explanation
from cxr_core.render.overlay import heat_colours, name_box, signed_colours

PARTS = ("view.js", "draw.js", "viewer.js")  # of every component that shows films; one module together
_FOLDER = Path(__file__).parent
GROUP = "films"  # viewers of one group move together, on the page and from one page to the next
_MOST_SIDE = 1600  # px; a larger film is shown shrunk, its coordinates stay those of the film


@dataclass(frozen=True)
class Overlay:
    """What lies over a film: a heat map (grid, grid) of 0 to 1 after so many steps, and boxes in film pixels.

    `reference` are boxes that a person drew. `second` is another overlay to swipe to; `title` names an overlay of the
    two. `box_colours` tell boxes apart, where they are not all one model's. `signed` says that the map is -1 to 1:
    orange over 0, blue under it.
    """

    heatmap: np.ndarray | None = None
    boxes: Sequence[Box] = ()
    reference: Sequence[Box] = ()
    steps: int = 0
    signed: bool = False
    title: str = ""
    second: Overlay | None = None
    box_colours: Sequence[str] = ()

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
    mount = st.components.v2.component("film_store", html='<div class="film-store"></div>', js=source("store.js"))
    mount(key=key, data=_film_bytes(film.sha256, film), height="content")


def film_viewer(film: Radiograph, overlay: Overlay = Overlay(), *, key: str, tall: str | None = None) -> None:
    """Show a film that `send_film` sends, and what lies over it; as tall as the window allows, or as CSS in `tall`.

    Zoom, window and rotation stay while the film stays the same.
    """
    mount = st.components.v2.component(
        "film_viewer" if tall is None else "film_viewer_low", html='<div class="viewer"></div>',
        css=source("viewer.css") + (f".viewer {{ --tall: {tall}; }}" if tall else ""),
        js="".join(source(name) for name in (*PARTS, "single.js")),
    )
    mount(key=key, data=overlay_message(film, overlay), height="content")


@cache
def source(name: str) -> str:
    """A file of this folder. The components are mounted anew in each session; their files are read once."""
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
        "unit": "mm at the detector" if _film.spacing_at_detector else "mm",
    }).encode("ascii")
    little = np.ascontiguousarray(pixels).astype(pixels.dtype.newbyteorder("<"), copy=False)
    return struct.pack("<I", len(head)) + head + little.tobytes()


def overlay_message(film: Radiograph, overlay: Overlay, most_side: int | None = None) -> dict[str, Any]:
    """An overlay as the browser takes it; the map at no more than `most_side` cells a side."""
    heat = overlay.heatmap
    if heat is not None:
        if most_side is not None and max(heat.shape) > most_side:
            heat = cv2.resize(heat, (most_side, most_side), interpolation=cv2.INTER_AREA)
        parts = (np.clip(heat, -1, 1) + 1) / 2 if overlay.signed else np.clip(np.abs(heat), 0, 1)
        heat = np.round(parts * 255).astype(np.uint8)
    colours = signed_colours() if overlay.signed else heat_colours()
    return {
        "film": film.sha256, "heat": None if heat is None else base64.b64encode(heat.tobytes()).decode("ascii"),
        "grid": 0 if heat is None else heat.shape[0], "colours": colours.ravel().tolist(), "signed": overlay.signed,
        "steps": overlay.steps, "group": GROUP, "title": overlay.title,
        "second": None if overlay.second is None else overlay_message(film, overlay.second, most_side),
        "boxes": [_box(box) | {"colour": colour} for box, colour in zip_longest(overlay.boxes, overlay.box_colours)],
        "reference": [_box(box, is_drawn=True) for box in overlay.reference],
    }


def _box(box: Box, *, is_drawn: bool = False) -> dict[str, Any]:
    """A box with its label, and a short one for where its finding is known."""
    share = "" if box.share is None else f"{box.share:.0%} of map"
    return {
        "x": box.x, "y": box.y, "w": box.w, "h": box.h, "short": f"NIH: {title_of(box.label)}" if is_drawn else share,
        "text": name_box(box, is_drawn=is_drawn),
    }
