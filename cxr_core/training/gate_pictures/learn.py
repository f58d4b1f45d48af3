"""What the gate's classifier learns no chest film to be."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from cxr_core.training.gate_pictures.photographs import crop, read_photographs, stretched

Picture = np.ndarray
_SIDE = 160


def learn_pictures(folder: Path, films: list[Picture], count: int, rng: np.random.Generator) -> Iterator[Picture]:
    """`count` pictures, float32, 0 to 1: half are crops of photographs, the rest is drawn or made of `films`."""
    photographs = read_photographs(folder, "learn")
    for number in range(count):
        if number % 2:
            yield crop(photographs[rng.integers(len(photographs))], rng)
        elif number % 8 == 0:
            yield _CUT[rng.integers(len(_CUT))](films[rng.integers(len(films))], rng)
        else:
            yield _DRAWN[rng.integers(len(_DRAWN))](rng)


def _noise(rng: np.random.Generator) -> Picture:
    """Noise whose power falls with frequency, as in natural pictures."""
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(_SIDE), np.fft.fftfreq(_SIDE)))
    frequency[0, 0] = 1
    spectrum = np.fft.fft2(rng.normal(size=(_SIDE, _SIDE))) / frequency ** rng.uniform(0, 2.5)
    return _maybe_mirrored(stretched(np.fft.ifft2(spectrum).real), rng)


def _shapes(rng: np.random.Generator) -> Picture:
    """Discs, boxes and lines on a gradient or a plain ground, sharp or soft."""
    y, x = np.mgrid[:_SIDE, :_SIDE] / _SIDE
    picture = (rng.uniform() + rng.uniform(-1, 1) * x + rng.uniform(-1, 1) * y).astype(np.float32)
    for _ in range(int(rng.integers(1, 14))):
        shade, at = float(rng.uniform(-0.5, 1.5)), _spot(rng)
        if rng.random() < 0.5:
            axes = tuple(int(v) for v in rng.integers(3, 60, 2))
            cv2.ellipse(picture, at, axes, float(rng.uniform(0, 180)), 0, 360, shade, int(rng.choice([-1, -1, 3])))
        else:
            cv2.rectangle(picture, at, _spot(rng), shade, int(rng.choice([-1, 2])))
    if rng.random() < 0.5:
        picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.5, 8))
    return _maybe_mirrored(stretched(picture), rng)


def _page(rng: np.random.Generator) -> Picture:
    """Strokes, blocks and words on paper, or on black: scans, slides, screens."""
    page = np.full((200, 200), 255, np.uint8)
    for _ in range(int(rng.integers(2, 30))):
        ink, at = int(rng.uniform(0, 200)), _spot(rng, 200)
        kind = rng.integers(4)
        if kind == 0:
            words = "Lorem ipsum dolor"[:int(rng.integers(3, 17))]
            cv2.putText(page, words, at, cv2.FONT_HERSHEY_SIMPLEX, rng.uniform(0.3, 1), ink, 1)
        elif kind == 1:
            cv2.line(page, at, _spot(rng, 200), ink, int(rng.integers(1, 4)))
        elif kind == 2:
            cv2.line(page, at, (at[0], int(rng.integers(0, 200))), ink, int(rng.integers(2, 30)))
        else:
            to = (at[0] + int(rng.integers(10, 90)), at[1] + int(rng.integers(5, 60)))
            cv2.rectangle(page, at, to, ink, int(rng.choice([-1, 2])))
    picture = page.astype(np.float32) / 255
    return 1 - picture if rng.random() < 0.4 else picture


def _blobs(rng: np.random.Generator) -> Picture:
    """Soft bumps and pits, often symmetrical: all that a chest has but its order."""
    y, x = np.mgrid[:_SIDE, :_SIDE] / _SIDE
    picture = np.zeros((_SIDE, _SIDE))
    for _ in range(int(rng.integers(1, 9))):
        cx, cy, wide, high = *rng.uniform(0, 1, 2), *rng.uniform(0.03, 0.4, 2)
        picture += rng.uniform(-1, 1) * np.exp(-(((x - cx) / wide) ** 2) - ((y - cy) / high) ** 2)
    picture += rng.normal(0, rng.uniform(0, 0.08), picture.shape)
    return _maybe_mirrored(stretched(picture), rng)


def _grating(rng: np.random.Generator) -> Picture:
    """Stripes, straight or crossed, under a falling light: fabric, blinds, brick, fences."""
    y, x = np.mgrid[:_SIDE, :_SIDE] / _SIDE
    angle, period = rng.uniform(0, np.pi), rng.uniform(0.04, 0.6)
    stripes = np.sin(2 * np.pi * (x * np.cos(angle) + y * np.sin(angle)) / period)
    if rng.random() < 0.4:
        stripes *= np.sin(2 * np.pi * (y * np.cos(angle) - x * np.sin(angle)) / rng.uniform(0.04, 0.6))
    stripes = np.sign(stripes) if rng.random() < 0.4 else stripes
    return stretched(stripes + rng.uniform(-2, 2) * x + rng.uniform(-2, 2) * y + rng.normal(0, 0.1, x.shape))


def _body(rng: np.random.Generator) -> Picture:
    """Something bright and round on black with darker or brighter parts inside: a limb, a skull, a slice, a fruit."""
    picture = np.full((_SIDE, _SIDE), rng.uniform(0, 0.1), np.float32)
    middle = tuple(int(v) for v in rng.uniform(0.35, 0.65, 2) * _SIDE)
    axes = rng.uniform(0.15, 0.5, 2) * _SIDE
    turn = float(rng.uniform(0, 180))
    cv2.ellipse(picture, middle, tuple(axes.astype(int).tolist()), turn, 0, 360, float(rng.uniform(0.4, 0.9)), -1)
    for _ in range(int(rng.integers(0, 7))):
        at = tuple(int(v) for v in middle + rng.uniform(-0.7, 0.7, 2) * axes)
        inner = tuple(int(v) for v in rng.uniform(0.05, 0.6, 2) * axes + 1)
        fill = int(rng.choice([-1, -1, 2, 6]))
        cv2.ellipse(picture, at, inner, float(rng.uniform(0, 180)), 0, 360, float(rng.uniform(0, 1)), fill)
    picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.5, 7))
    return stretched(picture + rng.normal(0, rng.uniform(0, 0.05), picture.shape))


def _mosaic(rng: np.random.Generator) -> Picture:
    """Tiles of random grey, or steps of it."""
    tiles = rng.random((int(rng.integers(2, 20)), int(rng.integers(2, 20)))).astype(np.float32)
    tiles = np.sort(tiles, axis=int(rng.integers(2))) if rng.random() < 0.3 else tiles
    how = [cv2.INTER_NEAREST, cv2.INTER_LINEAR, cv2.INTER_CUBIC][rng.integers(3)]
    return _maybe_mirrored(stretched(cv2.resize(tiles, (_SIDE, _SIDE), interpolation=how)), rng)


def _piece(film: Picture, rng: np.random.Generator) -> Picture:
    """A small part of a chest film, alone."""
    height, width = (int(side * rng.uniform(0.2, 0.4)) for side in film.shape)
    top, left = int(rng.integers(0, film.shape[0] - height)), int(rng.integers(0, film.shape[1] - width))
    return np.ascontiguousarray(film[top:top + height, left:left + width])


def _shuffled(film: Picture, rng: np.random.Generator) -> Picture:
    """A chest film's tiles in another order."""
    film = cv2.resize(film, (144, 144), interpolation=cv2.INTER_AREA)
    count = int(rng.integers(2, 5))
    side = 144 // count
    tiles = [film[r * side:(r + 1) * side, c * side:(c + 1) * side] for r in range(count) for c in range(count)]
    order = rng.permutation(len(tiles))
    while (order == np.arange(len(tiles))).mean() > 0.25:
        order = rng.permutation(len(tiles))
    rows = [np.hstack([tiles[order[r * count + c]] for c in range(count)]) for r in range(count)]
    return np.ascontiguousarray(np.vstack(rows))


def _phases(film: Picture, rng: np.random.Generator) -> Picture:
    """A picture with a chest film's spectrum and the phases of noise."""
    film = cv2.resize(film, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    phases = np.angle(np.fft.fft2(rng.normal(size=film.shape)))
    return stretched(np.fft.ifft2(np.abs(np.fft.fft2(film)) * np.exp(1j * phases)).real)


def _spot(rng: np.random.Generator, side: int = _SIDE) -> tuple[int, int]:
    return int(rng.integers(0, side)), int(rng.integers(0, side))


def _maybe_mirrored(picture: Picture, rng: np.random.Generator) -> Picture:
    """One in four is made symmetrical, as a chest nearly is."""
    return stretched(picture + picture[:, ::-1]) if rng.random() < 0.25 else picture


_DRAWN = (_noise, _shapes, _page, _blobs, _grating, _body, _mosaic)
_CUT = (_piece, _shuffled, _phases)
