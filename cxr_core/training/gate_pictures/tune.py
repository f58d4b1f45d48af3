"""Pictures that are no chest film, to choose the gate's form and limit by: none of them is learned from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from cxr_core.training.gate_pictures.photographs import crop, read_photographs, stretched

SIDE = 384


def waves(rng: np.random.Generator) -> np.ndarray:
    """Sums of warped sine waves."""
    y, x = np.mgrid[:SIDE, :SIDE] / SIDE
    total = np.zeros((SIDE, SIDE))
    for _ in range(int(rng.integers(1, 6))):
        fx, fy, phase = rng.uniform(-12, 12), rng.uniform(-12, 12), rng.uniform(0, 6)
        height = rng.uniform(0.3, 1)
        total += height * np.sin(2 * np.pi * (fx * x + fy * y) + phase + np.sin(6 * x * y * rng.uniform(0, 3)))
    return total


def cells(rng: np.random.Generator) -> np.ndarray:
    """A Voronoi mosaic."""
    y, x = np.mgrid[:SIDE, :SIDE]
    points = rng.uniform(0, SIDE, (int(rng.integers(6, 60)), 2))
    nearest = np.argmin([(x - a) ** 2 + (y - b) ** 2 for a, b in points], axis=0)
    return rng.uniform(0, 255, len(points))[nearest]


def chart(rng: np.random.Generator) -> np.ndarray:
    """Bars or a curve on white, with axes and numbers."""
    page = np.full((SIDE, SIDE), 255, np.uint8)
    count = int(rng.integers(3, 14))
    heights = rng.uniform(20, 300, count).astype(int)
    step = 320 // count
    for place, height in enumerate(heights):
        left = 45 + place * step
        if rng.random() < 0.7:
            cv2.rectangle(page, (left, 345 - int(height)), (left + step - 4, 345), float(rng.uniform(0, 190)), -1)
        cv2.putText(page, str(height), (left, 365), cv2.FONT_HERSHEY_PLAIN, 0.8, 0, 1)
    cv2.line(page, (40, 20), (40, 346), 0, 2)
    cv2.line(page, (40, 346), (370, 346), 0, 2)
    return page


def letter(rng: np.random.Generator) -> np.ndarray:
    """A page of text, sometimes white on black."""
    page = np.full((SIDE, SIDE), 255, np.uint8)
    for line in range(30, SIDE - 10, int(rng.integers(14, 40))):
        words = "".join(rng.choice(list("abcdefgh ijklm nopq rstuv wxyz ")) for _ in range(int(rng.integers(10, 48))))
        cv2.putText(page, words, (15, line), cv2.FONT_HERSHEY_SIMPLEX, rng.uniform(0.3, 0.8), 0, 1)
    return 255 - page if rng.random() < 0.4 else page


def barcode(rng: np.random.Generator) -> np.ndarray:
    """Black and white modules, in one or two directions."""
    modules = rng.integers(0, 2, (int(rng.integers(8, 40)), 1 if rng.random() < 0.4 else int(rng.integers(8, 40))))
    return cv2.resize(modules.astype(np.float32) * 255, (SIDE, SIDE), interpolation=cv2.INTER_NEAREST)


def face(rng: np.random.Generator) -> np.ndarray:
    """A shaded head with eyes and a mouth."""
    picture = np.full((SIDE, SIDE), rng.uniform(0, 255))
    cx, cy = rng.uniform(150, 230, 2)
    axes = int(rng.uniform(80, 140)), int(rng.uniform(100, 170))
    cv2.ellipse(picture, (int(cx), int(cy)), axes, 0, 0, 360, float(rng.uniform(0, 255)), -1)
    for side in (-1, 1):
        eye = int(cx + side * 45), int(cy - 40)
        cv2.circle(picture, eye, int(rng.uniform(8, 25)), float(rng.uniform(0, 255)), -1)
    arc = int(rng.choice([180, 360]))
    cv2.ellipse(picture, (int(cx), int(cy + 60)), (50, 18), 0, 0, arc, float(rng.uniform(0, 255)), 6)
    return cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.5, 12))


def hand(rng: np.random.Generator) -> np.ndarray:
    """Bright rods with joints on black, as an extremity film has them."""
    picture = np.full((SIDE, SIDE), rng.uniform(0, 40))
    for finger in range(int(rng.integers(1, 6))):
        angle = rng.uniform(-0.5, 0.5)
        x, y = 60 + finger * 60 + rng.uniform(-15, 15), 370.0
        for _ in range(4):
            length, width = rng.uniform(40, 90), int(rng.uniform(14, 34))
            to = (x + np.sin(angle) * length, y - np.cos(angle) * length)
            cv2.line(picture, (int(x), int(y)), (int(to[0]), int(to[1])), float(rng.uniform(110, 230)), width)
            x, y = to[0], to[1] - 8
    return cv2.GaussianBlur(picture, (0, 0), rng.uniform(1, 5))


def rings(rng: np.random.Generator) -> np.ndarray:
    """Rings or a spiral about a point."""
    y, x = np.mgrid[:SIDE, :SIDE] - rng.uniform(100, 280, 2)[:, None, None]
    return np.sin(np.hypot(x, y) / rng.uniform(3, 40) + rng.integers(0, 5) * np.arctan2(y, x))


def fractal(rng: np.random.Generator) -> np.ndarray:
    """A part of a Julia set."""
    y, x = np.mgrid[:SIDE, :SIDE] / SIDE * 3 - 1.5
    z, c = x + 1j * y, complex(rng.uniform(-0.8, 0.3), rng.uniform(0.1, 0.8))
    count = np.zeros(z.shape)
    for _ in range(30):
        inside = np.abs(z) < 4
        z = np.where(inside, z * z + c, z)
        count += inside
    return count


def landscape(rng: np.random.Generator) -> np.ndarray:
    """A bright sky over dark hills, with houses."""
    picture = np.linspace(rng.uniform(150, 255), rng.uniform(80, 200), SIDE)[:, None] * np.ones((1, SIDE))
    for shade in (130, 90, 50):
        ridge = np.cumsum(rng.normal(0, 2.2, SIDE)) + rng.uniform(130, 330)
        picture[np.mgrid[:SIDE, :SIDE][0] > ridge] = shade * rng.uniform(0.7, 1.2)
    for _ in range(int(rng.integers(0, 6))):
        x, y = rng.integers(20, 340, 2)
        cv2.rectangle(picture, (int(x), int(y)), (int(x + 30), int(y + 50)), float(rng.uniform(0, 255)), -1)
    return picture


_DRAWN = (waves, cells, chart, letter, barcode, face, hand, rings, fractal, landscape)


def tune_pictures(folder: Path, count: int, rng: np.random.Generator) -> Iterator[tuple[str, np.ndarray]]:
    """`count` pictures with the names of their kinds, float32, 0 to 1: half are crops of photographs."""
    photographs = read_photographs(folder, "tune")
    for number in range(count):
        if number % 2:
            yield "photograph", crop(photographs[rng.integers(len(photographs))], rng)
        else:
            draw = _DRAWN[(number // 2) % len(_DRAWN)]
            yield draw.__name__, stretched(draw(rng))
