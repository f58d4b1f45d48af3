"""200 grey pictures that are no chest film: photographs, slices and drawings that no choice was made by.

Made without a look at what the gate says to any of them, and not changed since it was judged by them.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
import pydicom
from PIL import Image, ImageDraw, ImageFont
from sklearn.datasets import load_sample_image

from cxr_core.training.gate_pictures.judge_drawn import (
    bones, checkerboard, gradient, network, portrait, reaction, spheres, static, street,
)

SIDE = 320
_SLICES = (
    "693_J2KI.dcm", "CT_small.dcm", "J2K_pixelrep_mismatch.dcm", "examples_overlay.dcm", "examples_jpeg2k.dcm",
    "examples_rgb_color.dcm",
)


def photograph(rng: np.random.Generator) -> np.ndarray:
    """A part of scikit-learn's photograph of a palace or of a flower, turned, mirrored, lighter or darker."""
    return _part(_grey(load_sample_image(str(rng.choice(["china.jpg", "flower.jpg"])))), rng, 0.35)


def slice_of_a_body(rng: np.random.Generator) -> np.ndarray:
    """A CT or MR slice or an ultrasound picture that pydicom brings along, turned and cropped a little."""
    folder = Path(pydicom.__file__).parent / "data" / "test_files"
    pixels = pydicom.dcmread(folder / str(rng.choice(_SLICES))).pixel_array
    pixels = _grey(pixels) if pixels.ndim == 3 else pixels.astype(np.float32)
    low, high = np.percentile(pixels, (1, 99))
    return _part(np.clip((pixels - low) / (high - low), 0, 1) * 255, rng, 0.7)


def emblem(rng: np.random.Generator) -> np.ndarray:
    """One of streamlit's balloons or snow flakes on a plain ground."""
    streamlit = find_spec("streamlit")  # its pictures alone: nothing below the pages imports it
    files = sorted((Path(streamlit.origin).parent / "static").rglob("media/*.png"))
    with Image.open(files[rng.integers(len(files))]) as opened:
        picture = opened.convert("LA").resize((SIDE, SIDE)).rotate(float(rng.uniform(0, 360)))
    ground = Image.new("LA", (SIDE, SIDE), (int(rng.integers(0, 256)), 255))
    return np.asarray(Image.alpha_composite(ground.convert("RGBA"), picture.convert("RGBA")).convert("L"))


def typeset(rng: np.random.Generator) -> np.ndarray:
    """A page in one or two columns with a heading, perhaps a grey box for a figure."""
    page = Image.new("L", (SIDE, SIDE), int(rng.integers(215, 256)))
    pen, ink, columns = ImageDraw.Draw(page), int(rng.integers(0, 90)), int(rng.integers(1, 3))
    pen.text((30, 14), "Annals of " + "".join(rng.choice(list("abcdeorst"), 8)), ink, ImageFont.load_default(22))
    for column in range(columns):
        left, y = 20 + column * 150, 50.0
        figure = rng.uniform(60, 260) if rng.random() < 0.5 else 1e9
        while y < SIDE - 20:
            if figure < y:
                pen.rectangle((left, y, left + 250 // columns, y + 60), int(rng.integers(60, 200)))
                y, figure = y + 66, 1e9
            words = " ".join("".join(rng.choice(list("aeinorstlmd"), rng.integers(2, 9))) for _ in range(12 // columns))
            pen.text((left, y), words[:44 // columns], ink, ImageFont.load_default(int(rng.integers(9, 13))))
            y += rng.uniform(11, 16)
    return np.asarray(page.rotate(float(rng.choice([0, 0, 90, 7])), fillcolor=255))


def plot(rng: np.random.Generator) -> np.ndarray:
    """Scattered points, several curves, a pie or a table of shades, on a light or a dark sheet."""
    sheet = Image.new("L", (SIDE, SIDE), 250)
    pen, kind = ImageDraw.Draw(sheet), int(rng.integers(4))
    if kind == 0:
        for x, y in rng.multivariate_normal([160, 160], [[3000, 2000], [2000, 3000]], 200):
            pen.ellipse((x, y, x + 6, y + 6), int(rng.integers(0, 150)))
    elif kind == 1:
        for _ in range(int(rng.integers(2, 6))):
            heights = 160 + np.cumsum(rng.normal(0, 9, 140))
            pen.line([(20 + 2 * x, float(y)) for x, y in enumerate(heights)], int(rng.integers(0, 160)), 3)
    elif kind == 2:
        ends = np.concatenate([[0], np.sort(rng.uniform(0, 360, 5)), [360]])
        for start, end in zip(ends[:-1], ends[1:]):
            pen.pieslice((40, 40, 280, 280), float(start), float(end), int(rng.integers(20, 230)))
    else:
        for cell in range(144):
            x, y = 22 + cell % 12 * 23, 22 + cell // 12 * 23
            pen.rectangle((x, y, x + 22, y + 22), int(rng.integers(0, 256)))
    pen.rectangle((20, 20, 300, 300), outline=0)
    return np.asarray(sheet) if rng.random() < 0.6 else 255 - np.asarray(sheet)


KINDS: dict[Callable[[np.random.Generator], np.ndarray], int] = {
    photograph: 60, slice_of_a_body: 22, emblem: 6, typeset: 12, plot: 12, portrait: 14, bones: 18, street: 12,
    spheres: 10, static: 8, reaction: 8, network: 6, gradient: 6, checkerboard: 6,
}


def judge_pictures(seed: int = 20261121) -> list[tuple[str, np.ndarray]]:
    """The 200 pictures with the names of their kinds: uint8, of various sizes."""
    rng = np.random.default_rng(seed)
    made = []
    for draw, count in KINDS.items():
        for _ in range(count):
            picture = np.asarray(draw(rng), np.float32)
            low, high = float(picture.min()), float(picture.max())
            made.append((draw.__name__, np.round((picture - low) / max(high - low, 1e-9) * 255).astype(np.uint8)))
    return made


def _grey(picture: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(np.ascontiguousarray(picture[..., :3]), cv2.COLOR_RGB2GRAY).astype(np.float32)


def _part(picture: np.ndarray, rng: np.random.Generator, least: float) -> np.ndarray:
    """A nearly square part of at least `least` of the shorter side, 256 to 400 px: a film of this size passes."""
    height = int(min(picture.shape) * rng.uniform(least, 1))
    width = int(min(height * rng.uniform(0.8, 1.25), picture.shape[1]))
    top, left = (int(rng.integers(0, whole - part + 1)) for whole, part in zip(picture.shape, (height, width)))
    part = np.rot90(picture[top:top + height, left:left + width], rng.integers(4))
    part = part[:, ::-1] if rng.random() < 0.5 else part
    light = (np.clip(part / 255, 0, 1) ** rng.uniform(0.6, 1.6) * 255).astype(np.float32)
    light = 255 - light if rng.random() < 0.15 else light
    scale = rng.uniform(256, 400) / min(light.shape)
    return cv2.resize(np.ascontiguousarray(light), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
