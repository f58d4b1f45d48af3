"""Film, heat map and boxes as one picture."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from cxr_core.errors import ExportError
from cxr_core.geometry import Box

_BOX, _DRAWN = (90, 200, 250), (95, 211, 141)  # as in ui/viewer/draw.js
_FAINT = 40 / 255  # weaker parts of a map stay clear, as in ui/viewer/viewer.js


def heat_colours() -> np.ndarray:
    """Inferno without its ends, which vanish on dark and on white film: shape (256, 3), uint8, RGB."""
    ramp = np.linspace(90, 228, 256).astype(np.uint8)[:, None]
    return cv2.cvtColor(cv2.applyColorMap(ramp, cv2.COLORMAP_INFERNO), cv2.COLOR_BGR2RGB)[:, 0]


def signed_colours() -> np.ndarray:
    """Blue for what is under 0, orange for what is over it, each brighter the farther: shape (256, 3), uint8, RGB."""
    far = np.abs(np.linspace(-1, 1, 256))[:, None]
    ends = np.where(np.arange(256)[:, None] < 128, (86, 180, 255), (255, 176, 64))
    return np.round(ends * (0.55 + 0.45 * far)).astype(np.uint8)


def draw_overlay(
    display: np.ndarray, heatmap: np.ndarray | None, boxes: Sequence[Box] = (), opacity: float = 0.55,
    drawn: Sequence[Box] = (),
) -> np.ndarray:
    """Draw a heat map and boxes over a film.

    Parameters
    ----------
    display : ndarray of shape (H, W), float32, 0 to 1
    heatmap : ndarray of shape (h, w), float32, 0 to 1, or None
        Stretched to the film; its value is also its opacity, times `opacity`, but for the faintest sixth.
    boxes, drawn : sequence of Box
        In film pixels: a model's, and dashed those that a person drew.

    Returns
    -------
    ndarray of shape (H, W, 3), uint8, RGB
    """
    rgb = np.repeat(display[..., None] * 255, 3, axis=2)
    if heatmap is not None:
        heat = np.clip(cv2.resize(np.abs(heatmap), display.shape[::-1], interpolation=cv2.INTER_CUBIC), 0, 1)
        alpha = (np.clip((heat - _FAINT) / (1 - _FAINT), 0, 1) * opacity)[..., None]
        rgb = rgb * (1 - alpha) + heat_colours()[np.round(heat * 255).astype(np.uint8)] * alpha
    picture = np.ascontiguousarray(np.round(rgb).astype(np.uint8))
    for box in boxes:
        words = box.label.replace("_", " ") + ("" if box.share is None else f" {box.share:.0%}")
        _draw_box(picture, box, words, _BOX, dashed=False)
    for box in drawn:
        _draw_box(picture, box, f"NIH: {box.label.replace('_', ' ')}", _DRAWN, dashed=True)
    return picture


def _draw_box(picture: np.ndarray, box: Box, words: str, colour: tuple[int, int, int], *, dashed: bool) -> None:
    line = max(1, picture.shape[0] // 400)
    left, top, right, bottom = (round(at) for at in (box.x, box.y, box.x + box.w, box.y + box.h))
    if dashed:
        dash = 6 * line
        for x in range(left, right, 2 * dash):
            for y in (top, bottom):
                cv2.line(picture, (x, y), (min(x + dash, right), y), colour, line)
        for y in range(top, bottom, 2 * dash):
            for x in (left, right):
                cv2.line(picture, (x, y), (x, min(y + dash, bottom)), colour, line)
    else:
        cv2.rectangle(picture, (left, top), (right, bottom), colour, line)
    size = picture.shape[0] / 1400 + 0.15
    foot = min(bottom + round(26 * size), picture.shape[0] - 4)  # so that two boxes of one place can both be read
    cv2.putText(picture, words, (left, foot if dashed else max(top - 4 * line, 12)), cv2.FONT_HERSHEY_SIMPLEX,
                size, colour, line, cv2.LINE_AA)


def add_caption(picture: np.ndarray, lines: Sequence[str]) -> np.ndarray:
    """The picture with a strip of text under it: what the picture is must not be lost when it travels alone.

    RGB uint8 in and out; letters outside ASCII become question marks, which is all that cv2 can draw.
    """
    size = picture.shape[1] / 1400 + 0.15
    tall = round(44 * size)
    strip = np.full((tall * len(lines) + tall // 2, picture.shape[1], 3), 12, np.uint8)
    for number, line in enumerate(lines, 1):
        words = line.encode("ascii", "replace").decode()
        cv2.putText(strip, words, (tall // 3, tall * number), cv2.FONT_HERSHEY_SIMPLEX, size, (223, 230, 238),
                    max(1, round(size * 1.5)), cv2.LINE_AA)
    return np.vstack([picture, strip])


def encode_png(picture: np.ndarray) -> bytes:
    """RGB or grey, uint8, as PNG bytes."""
    bgr = picture[..., ::-1] if picture.ndim == 3 else picture
    done, content = cv2.imencode(".png", np.ascontiguousarray(bgr))
    if not done:
        raise ExportError("The picture could not be encoded as PNG.")
    return content.tobytes()
