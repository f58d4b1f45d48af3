"""Film, heat map and boxes as one picture."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from cxr_core.errors import ExportError
from cxr_core.findings import title_of
from cxr_core.geometry import Box

_BOX, _DRAWN = (90, 200, 250), (95, 211, 141)  # as in ui/viewer/draw.js
_PLATE = (11, 15, 20)
_FAINT = 40 / 255  # weaker parts of a map stay clear, as in ui/viewer/viewer.js
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_SMALLEST = 0.35  # of that font's own size: smaller letters cannot be told apart


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
    shown = [(box, name_box(box), _BOX, False) for box in boxes]
    shown += [(box, name_box(box, is_drawn=True), _DRAWN, True) for box in drawn]
    for box, _, colour, dashed in shown:
        _draw_box(picture, box, colour, dashed=dashed)
    taken: list[Box] = []
    for box, words, colour, dashed in shown:
        if box.label:
            taken.append(_draw_label(picture, box, words, colour, taken, below=dashed))
    return picture


def name_box(box: Box, *, is_drawn: bool = False) -> str:
    """A box in words, on a picture as on the page: whose it is, or how much of the map lies in it.

    Its share is not the probability of its finding, and says so.
    """
    told = "drawn by NIH" if is_drawn else "" if box.share is None else f"{box.share:.0%} of the map"
    return " · ".join(part for part in (title_of(box.label), told) if part)


def _draw_box(picture: np.ndarray, box: Box, colour: tuple[int, int, int], *, dashed: bool) -> None:
    line = max(1, picture.shape[0] // 400)
    left, top, right, bottom = (round(at) for at in (box.x, box.y, box.x + box.w, box.y + box.h))
    if not dashed:
        cv2.rectangle(picture, (left, top), (right, bottom), colour, line)
        return
    dash = 6 * line
    for x in range(left, right, 2 * dash):
        for y in (top, bottom):
            cv2.line(picture, (x, y), (min(x + dash, right), y), colour, line)
    for y in range(top, bottom, 2 * dash):
        for x in (left, right):
            cv2.line(picture, (x, y), (x, min(y + dash, bottom)), colour, line)


def _draw_label(
    picture: np.ndarray, box: Box, words: str, colour: tuple[int, int, int], taken: Sequence[Box], *, below: bool
) -> Box:
    """Write what a box is on a dark plate above it, or `below` it, where no other plate lies; gives the plate."""
    height, width = picture.shape[:2]
    words, thick = _drawable(words), max(1, height // 700)
    size = _fitting(words, max(height / 1400 + 0.15, _SMALLEST), thick, width - 8)
    (wide, tall), under = cv2.getTextSize(words, _FONT, size, thick)
    y = box.y + box.h + 2 if below else box.y - tall - under - 6
    plate = place_label(Box(box.x, y, wide + 8, tall + under + 4), taken, width, height)
    left, top = round(plate.x), round(plate.y)
    behind = picture[top:top + int(plate.h), left:left + int(plate.w)]
    behind[:] = np.round(behind * 0.15 + np.multiply(_PLATE, 0.85))
    cv2.putText(picture, words, (left + 4, top + tall + 2), _FONT, size, colour, thick, cv2.LINE_AA)
    return plate


def place_label(wanted: Box, taken: Sequence[Box], width: int, height: int) -> Box:
    """Where a label is put: inside the picture, and off the labels that are there, up or down as little as need be."""
    x = max(min(wanted.x, width - wanted.w), 0)
    y = max(min(wanted.y, height - wanted.h), 0)
    for far in sorted(range(-height, height), key=abs):
        moved = Box(x, y + far, wanted.w, wanted.h)
        if 0 <= moved.y <= height - moved.h and not any(moved.intersection(other) for other in taken):
            return moved
    return Box(x, y, wanted.w, wanted.h)


def add_caption(picture: np.ndarray, lines: Sequence[str]) -> np.ndarray:
    """The picture with a strip of text under it: what the picture is must not be lost when it travels alone.

    RGB uint8 in and out; letters outside ASCII become question marks, which is all that cv2 can draw. What is wider
    than the picture goes on in the next line: its last words, the notice, are those that must not be cut off.
    """
    width = picture.shape[1]
    size = max(width / 1400 + 0.15, _SMALLEST)
    thick, tall = max(1, round(size * 1.5)), round(44 * size)
    room = width - 2 * (tall // 3)
    wrapped = [part for line in lines for part in _wrap(_drawable(line), size, thick, room)]
    strip = np.full((tall * len(wrapped) + tall // 2, width, 3), 12, np.uint8)
    for number, words in enumerate(wrapped, 1):
        cv2.putText(strip, words, (tall // 3, tall * number), _FONT, _fitting(words, size, thick, room),
                    (223, 230, 238), thick, cv2.LINE_AA)
    return np.vstack([picture, strip])


def _wrap(line: str, size: float, thick: int, room: int) -> list[str]:
    """A line in as few as fit into so many pixels; a word that is wider stands alone."""
    lines = [""]
    for word in line.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and _width(longer, size, thick) > room:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def _fitting(words: str, size: float, thick: int, room: int) -> float:
    """The size at which words fit into so many pixels, no larger than `size`."""
    while size > 0.1 and _width(words, size, thick) > room:
        size *= 0.95
    return size


def _width(words: str, size: float, thick: int) -> int:
    return cv2.getTextSize(words, _FONT, size, thick)[0][0]


def _drawable(words: str) -> str:
    return words.replace(" · ", ", ").encode("ascii", "replace").decode()


def encode_png(picture: np.ndarray) -> bytes:
    """RGB or grey, uint8, as PNG bytes."""
    bgr = picture[..., ::-1] if picture.ndim == 3 else picture
    done, content = cv2.imencode(".png", np.ascontiguousarray(bgr))
    if not done:
        raise ExportError("The picture could not be encoded as PNG.")
    return content.tobytes()
