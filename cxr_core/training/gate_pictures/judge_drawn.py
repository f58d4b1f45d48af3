"""The drawn kinds among the pictures that judge the gate; values of any range."""

from __future__ import annotations

import cv2
import numpy as np
from PIL import Image, ImageDraw

SIDE = 320


def portrait(rng: np.random.Generator) -> np.ndarray:
    """A person drawn with hair, glasses, nose, neck and shoulders, from the front."""
    sheet = Image.new("L", (SIDE, SIDE), int(rng.integers(0, 256)))
    pen = ImageDraw.Draw(sheet)
    skin, hair, coat = (int(v) for v in rng.integers(20, 240, 3))
    middle, wide, top = float(rng.uniform(130, 190)), float(rng.uniform(45, 75)), float(rng.uniform(30, 80))
    pen.polygon([(middle - 130, SIDE), (middle - 60, 235), (middle + 60, 235), (middle + 130, SIDE)], coat)
    pen.rectangle((middle - 22, 190, middle + 22, 250), skin)
    pen.pieslice((middle - wide - 8, top - 14, middle + wide + 8, top + 150), 150, 390, hair)
    pen.ellipse((middle - wide, top, middle + wide, top + 165), skin)
    for side in (-1, 1):
        eye = middle + side * wide * 0.42
        pen.ellipse((eye - 12, top + 62, eye + 12, top + 76), 250)
        pen.ellipse((eye - 5, top + 64, eye + 5, top + 74), 10)
        if rng.random() < 0.5:
            pen.rectangle((eye - 20, top + 54, eye + 20, top + 84), outline=15, width=3)
    pen.polygon([(middle, top + 80), (middle - 10, top + 110), (middle + 8, top + 110)], max(skin - 30, 0))
    pen.arc((middle - 25, top + 105, middle + 25, top + 140), 20, 160, 20, 4)
    return cv2.GaussianBlur(np.asarray(sheet), (0, 0), rng.uniform(0.5, 6))


def bones(rng: np.random.Generator) -> np.ndarray:
    """A knee, a forearm, a pelvis or a skull, as a film would show it: soft tissue, a dense rim, a paler marrow."""
    y, x = np.mgrid[:SIDE, :SIDE] / SIDE
    film = np.zeros((SIDE, SIDE))
    kind = int(rng.integers(4))
    if kind == 0:  # two shafts end to end, with a gap
        lean, gap = rng.uniform(-0.15, 0.15), rng.uniform(0.42, 0.58)
        off = x - 0.5 - lean * (y - 0.5)
        film += 0.35 * (np.abs(off) < 0.33)
        width = 0.09 + 0.11 * np.exp(-(((y - gap) / 0.13) ** 2))
        film += _tube(np.abs(off), width) * (np.abs(y - gap) > 0.015)
    elif kind == 1:  # two shafts side by side
        film += 0.3 * (np.abs(x - 0.5) < 0.28 - 0.1 * y)
        for at in (0.41, 0.58):
            film += _tube(np.abs(x - at - 0.03 * np.sin(5 * y)), 0.045 + 0.03 * np.abs(y - 0.5))
    elif kind == 2:  # wings, a spine, two rings
        film += 0.4 * (np.hypot((x - 0.5) / 0.48, (y - 0.5) / 0.6) < 1)
        for side in (-1, 1):
            film += 0.4 * (np.hypot((x - 0.5 - side * 0.27) / 0.2, (y - 0.33) / 0.24) < 1)
            rings = np.hypot((x - 0.5 - side * 0.13) / 0.1, (y - 0.75) / 0.08)
            film += 0.5 * np.exp(-(((rings - 1) / 0.25) ** 2))
        film += 0.5 * ((np.abs(x - 0.5) < 0.06) & (y < 0.45)) * (1 + 0.3 * np.sin(40 * y))
    else:  # a rim of bone with sockets
        skull = np.hypot((x - 0.5) / rng.uniform(0.3, 0.4), (y - 0.45) / 0.42)
        film += 0.5 * (skull < 1) + 0.6 * np.exp(-(((skull - 0.95) / 0.05) ** 2))
        for side in (-1, 1):
            film -= 0.3 * (np.hypot(x - 0.5 - side * 0.14, y - 0.5) < 0.08)
        film -= 0.3 * (np.hypot((x - 0.5) / 0.05, (y - 0.64) / 0.09) < 1)
    film = cv2.GaussianBlur(film, (0, 0), rng.uniform(1, 4)) + rng.normal(0, 0.015, film.shape)
    film = np.rot90(film, rng.integers(4)) if rng.random() < 0.3 else film
    return film.max() - film if rng.random() < 0.2 else film


def _tube(off: np.ndarray, width: np.ndarray) -> np.ndarray:
    """A shaft of bone: bright at its rim, paler within."""
    place = off / width
    return 0.45 * (place < 1) + 0.3 * np.exp(-(((place - 0.85) / 0.15) ** 2))


def street(rng: np.random.Generator) -> np.ndarray:
    """A street that runs to a point between houses with windows."""
    sheet = Image.new("L", (SIDE, SIDE), int(rng.integers(150, 256)))
    pen, eye = ImageDraw.Draw(sheet), (float(rng.uniform(110, 210)), float(rng.uniform(120, 200)))
    pen.polygon([(0, SIDE), (SIDE, SIDE), eye], int(rng.integers(60, 140)))
    for edge, far in ((0.0, -1), (float(SIDE), 1)):
        wall = int(rng.integers(30, 200))
        pen.polygon([(edge, float(rng.uniform(-80, 60))), eye, (edge, SIDE)], wall)
        for row in range(1, 5):
            for step in range(1, 7):
                near = 1 - step / 8
                x, y = eye[0] + (edge - eye[0]) * near, eye[1] + (row * 55 - 150) * near
                pen.rectangle((x - 9 * near, y - 12 * near, x + 9 * near, y + 12 * near), (wall + 90 * far) % 256)
    return np.asarray(sheet)


def spheres(rng: np.random.Generator) -> np.ndarray:
    """Shaded balls before a wall, lit from one side."""
    y, x = np.mgrid[:SIDE, :SIDE] / SIDE
    picture, light = 0.3 + 0.3 * y, rng.normal(size=3) + np.array([0, 0, 1.5])
    light /= np.linalg.norm(light)
    for _ in range(int(rng.integers(1, 9))):
        (cx, cy), radius = rng.uniform(0.1, 0.9, 2), rng.uniform(0.06, 0.4)
        across, down = (x - cx) / radius, (y - cy) / radius
        inside = across**2 + down**2 < 1
        depth = np.sqrt(np.clip(1 - across**2 - down**2, 0, 1))
        shade = np.clip(across * light[0] + down * light[1] + depth * light[2], 0.05, 1)
        picture = np.where(inside, shade + 0.5 * shade**30, picture)
    return picture


def static(rng: np.random.Generator) -> np.ndarray:
    """Grains of one size: salt and pepper, a television without a station, sand."""
    grain = int(rng.choice([1, 2, 4, 10, 20]))
    field = rng.gamma(rng.uniform(0.3, 4), size=(SIDE // grain, SIDE // grain)).astype(np.float32)
    how = cv2.INTER_CUBIC if grain > 4 else cv2.INTER_NEAREST
    return cv2.resize(np.minimum(field, 6), (SIDE, SIDE), interpolation=how)


def reaction(rng: np.random.Generator) -> np.ndarray:
    """Spots and labyrinths of a reaction that spreads (differences of blurred fields, sharpened again and again)."""
    field, size = rng.normal(size=(SIDE, SIDE)), rng.uniform(3, 12)
    for _ in range(8):
        field = np.tanh(6 * (cv2.GaussianBlur(field, (0, 0), size) - cv2.GaussianBlur(field, (0, 0), 1.8 * size)))
    return field * rng.uniform(0.2, 1) + np.linspace(0, rng.uniform(0, 1.5), SIDE)


def network(rng: np.random.Generator) -> np.ndarray:
    """A map: roads, a river, fields of several shades."""
    sheet = Image.new("L", (SIDE, SIDE), 220)
    pen = ImageDraw.Draw(sheet)
    for _ in range(8):
        corners = rng.uniform(0, SIDE, 2) + rng.uniform(-70, 70, (5, 2))
        pen.polygon([tuple(map(float, corner)) for corner in corners], int(rng.integers(130, 255)))
    for _ in range(int(rng.integers(8, 30))):
        ends = [tuple(map(float, end)) for end in rng.uniform(0, SIDE, (3, 2))]
        pen.line(ends, int(rng.integers(0, 110)), int(rng.integers(1, 7)))
    return np.asarray(sheet)


def gradient(rng: np.random.Generator) -> np.ndarray:
    """A light that falls off in one direction, around a point or about it, in steps or smoothly."""
    y, x = np.mgrid[:SIDE, :SIDE] / SIDE - rng.uniform(0.2, 0.8, 2)[:, None, None]
    field = (x * rng.normal() + y * rng.normal(), np.hypot(x, y), np.arctan2(y, x))[rng.integers(3)]
    return np.floor(field * rng.uniform(4, 12)) if rng.random() < 0.4 else field


def checkerboard(rng: np.random.Generator) -> np.ndarray:
    """A chess board seen from somewhere."""
    count = int(rng.integers(3, 12))
    board = np.kron(np.indices((count, count)).sum(axis=0) % 2, np.ones((20, 20))).astype(np.float32)
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    seen = cv2.getPerspectiveTransform(
        corners * 20 * count, (corners * SIDE + rng.uniform(-60, 60, (4, 2))).astype(np.float32)
    )
    return cv2.warpPerspective(board, seen, (SIDE, SIDE), borderValue=float(rng.uniform(0, 1)))
