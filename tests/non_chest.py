"""200 grey pictures that are no chest film, of kinds, photographs and generators that the gate never learned from."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

Draw = Callable[[np.random.Generator], np.ndarray]
SIDE = 384


def photograph(rng: np.random.Generator) -> np.ndarray:
    """A grey crop of scikit-learn's two sample photographs, turned, flipped, with another exposure."""
    from sklearn.datasets import load_sample_image

    picture = cv2.cvtColor(load_sample_image(str(rng.choice(["china.jpg", "flower.jpg"]))), cv2.COLOR_RGB2GRAY)
    side = int(rng.uniform(140, 420))
    top, left = (int(rng.integers(0, length - side + 1)) for length in picture.shape)
    crop = np.rot90(picture[top:top + side, left:left + side], rng.integers(4))
    crop = crop[:, ::-1] if rng.random() < 0.5 else crop
    return cv2.resize((crop / 255) ** rng.uniform(0.6, 1.6) * 255, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)


def waves(rng: np.random.Generator) -> np.ndarray:
    """Sums of warped sine waves."""
    y, x = np.mgrid[:SIDE, :SIDE] / SIDE
    total = np.zeros((SIDE, SIDE))
    for _ in range(int(rng.integers(1, 6))):
        fx, fy, phase = rng.uniform(-12, 12), rng.uniform(-12, 12), rng.uniform(0, 6)
        total += rng.uniform(0.3, 1) * np.sin(2 * np.pi * (fx * x + fy * y) + phase + np.sin(6 * x * y * rng.uniform(0, 3)))
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
    cv2.ellipse(picture, (int(cx), int(cy)), (int(rng.uniform(80, 140)), int(rng.uniform(100, 170))), 0, 0, 360, float(rng.uniform(0, 255)), -1)
    for side in (-1, 1):
        cv2.circle(picture, (int(cx + side * 45), int(cy - 40)), int(rng.uniform(8, 25)), float(rng.uniform(0, 255)), -1)
    cv2.ellipse(picture, (int(cx), int(cy + 60)), (50, 18), 0, 0, int(rng.choice([180, 360])), float(rng.uniform(0, 255)), 6)
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


KINDS: dict[Draw, int] = {
    photograph: 70, waves: 15, cells: 12, chart: 13, letter: 13, barcode: 10, face: 17, hand: 15, rings: 10, fractal: 10,
    landscape: 15,
}


def pictures(seed: int = 2026) -> list[tuple[str, np.ndarray]]:
    """200 pictures with the names of their kinds: uint8, (384, 384)."""
    rng = np.random.default_rng(seed)
    made = []
    for draw, count in KINDS.items():
        for _ in range(count):
            picture = draw(rng).astype(np.float64)
            low, high = picture.min(), picture.max()
            made.append((draw.__name__, np.round((picture - low) / max(high - low, 1e-9) * 255).astype(np.uint8)))
    return made
