"""Pictures inside the page itself: a film's picture is not left on the server under an address of its own."""

from __future__ import annotations

import base64
from html import escape

import cv2
import numpy as np

from cxr_core.imaging.radiograph import Radiograph
from cxr_core.render.overlay import encode_png


def inline_picture(grey: np.ndarray, alt: str) -> str:
    """An HTML img of a grey picture of shape (H, W), uint8."""
    content = base64.b64encode(encode_png(grey)).decode("ascii")
    return f'<img alt="{escape(alt)}" src="data:image/png;base64,{content}">'


def thumbnail(film: Radiograph, side: int = 96) -> np.ndarray:
    """The middle square of a film through its own window: shape (side, side), uint8."""
    display, least = film.display(), min(film.height, film.width)
    top, left = (film.height - least) // 2, (film.width - least) // 2
    square = display[top:top + least, left:left + least]
    return np.round(cv2.resize(square, (side, side), interpolation=cv2.INTER_AREA) * 255).astype(np.uint8)
