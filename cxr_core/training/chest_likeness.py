"""Fit the gate's classifier of chest films.

    python -m cxr_core.training.chest_likeness PICTURES

PICTURES is a folder of photographs and other pictures that are no chest film, searched to the bottom; the shipped
classifier learned from the pictures inside the packages scikit-image, matplotlib and gradio. Chest films are the
train films of NIH, the paediatric ones of CoronaHack and the COVID-19 films; the limit lets 99% of the NIH val films
pass. Writes `cxr_core/imaging/chest_likeness.npz`: components and weights, no film.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression

from cxr_core.datasets.folder import data_folder
from cxr_core.datasets.nih_small import read_nih_small
from cxr_core.errors import DataError
from cxr_core.imaging.chest_likeness import FILE, Likeness, orientations, ranks

PASSED = 99.0  # percent of val films
_RANKS, _SHAPES = 16, 48
_NEGATIVES = 12_000


def fit(pictures: Path, seed: int = 0) -> Likeness:
    """Fit on train films and negatives; set the limit on val films."""
    rng = np.random.default_rng(seed)
    films = [vary_film(film, rng) for film in _chest_films(rng)]
    parts = []
    for describe, count in ((ranks, _RANKS), (orientations, _SHAPES)):
        pca = PCA(count, random_state=seed).fit(np.stack([describe(film) for film in films]))
        parts += [pca.mean_, pca.components_]
    blank = Likeness(*parts, centre=0.0, spread=1.0, weights=np.zeros(1), bias=0.0, limit=0.0)
    positive = np.stack([blank.describe(film) for film in films])
    negative = np.stack([blank.describe(picture) for picture in _negatives(pictures, _NEGATIVES, rng)])
    centre, spread = positive.mean(axis=0), positive.std(axis=0) + 1e-6
    values = np.clip((np.concatenate([positive, negative]) - centre) / spread, -8, 8)
    labels = np.repeat([1, 0], [len(positive), len(negative)])
    model = LogisticRegression(C=0.003, class_weight="balanced", max_iter=2000).fit(values, labels)
    fitted = Likeness(*parts, centre, spread, model.coef_[0], float(model.intercept_[0]), 0.0)
    passed = np.percentile([fitted.score(film) for film in nih_films("val")], 100 - PASSED)
    return Likeness(**(vars(fitted) | {"limit": float(passed)}))


def save(likeness: Likeness, file: Path) -> None:
    """Write the classifier as float16 arrays, the few values beside them as float32."""
    narrow = {"rank_mean", "rank_components", "shape_mean", "shape_components"}
    np.savez_compressed(file, **{
        name: np.asarray(value, np.float16 if name in narrow else np.float32) for name, value in vars(likeness).items()
    })


def nih_films(split: str) -> Iterator[np.ndarray]:
    """The NIH films of a split, of 128 px and more, as float32 of 0 to 1."""
    index = read_nih_small()
    part = index.where((index.table["split"] == split) & (index.table["source_width"] >= 128))
    return (_read(index.root / path) for path in part.table["path"])


def _chest_films(rng: np.random.Generator) -> Iterator[np.ndarray]:
    yield from nih_films("train")
    children = sorted((data_folder() / "coronahack").rglob("train/*.jp*g"))
    for place in rng.permutation(len(children))[:1500]:
        yield _read(children[place])
    for file in sorted((data_folder() / "covid" / "images").glob("*.jpg")):
        yield _read(file)


def _read(file: Path) -> np.ndarray:
    picture = cv2.imread(str(file), cv2.IMREAD_GRAYSCALE)
    if picture is None:
        raise DataError(f"{file.name} cannot be read as a picture.")
    return picture.astype(np.float32) / 255


def vary_film(film: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A film as another hospital might have it: turned a little, cropped up to 10% a side, bordered, mirrored."""
    height, width = film.shape
    if rng.random() < 0.5:
        top, left, bottom, right = (rng.uniform(0, 0.1, 4) * [height, width, height, width]).astype(int)
        film = film[top:height - bottom, left:width - right]
    if rng.random() < 0.3:
        side = film.shape[::-1]
        turn = cv2.getRotationMatrix2D((side[0] / 2, side[1] / 2), rng.uniform(-10, 10), 1)
        film = cv2.warpAffine(film, turn, side, borderMode=cv2.BORDER_REPLICATE)
    if rng.random() < 0.2:
        edges = [int(value) for value in rng.uniform(0, 0.1, 4) * film.shape[0]]
        film = cv2.copyMakeBorder(film, *edges, cv2.BORDER_CONSTANT, value=0)
    return film[:, ::-1] if rng.random() < 0.3 else film


def _negatives(folder: Path, count: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Two of three are crops of pictures, the rest is drawn: noise of every roughness, shapes, pages."""
    files = [file for file in sorted(folder.rglob("*")) if file.suffix.lower() in (".png", ".jpg", ".jpeg")]
    photographs = [picture for file in files if (picture := cv2.imread(str(file), cv2.IMREAD_GRAYSCALE)) is not None]
    photographs = [picture for picture in photographs if min(picture.shape) >= 100]
    if len(photographs) < 10:
        raise DataError(f"{folder.name!r} holds {len(photographs)} pictures of 100 px and more; at least 10 are needed.")
    for number in range(count):
        if number % 3:
            picture = photographs[rng.integers(len(photographs))]
            side = int(min(picture.shape) * rng.uniform(0.25, 1))
            top, left = (int(rng.integers(0, length - side + 1)) for length in picture.shape)
            crop = np.rot90(picture[top:top + side, left:left + side], rng.integers(4)).astype(np.float32) / 255
            crop = (1 - crop if rng.random() < 0.3 else crop) ** rng.uniform(0.6, 1.6)
            if rng.random() < 0.2:  # a symmetrical picture is the nearest to a chest
                crop = np.maximum(crop, crop[:, ::-1]) if rng.random() < 0.5 else (crop + crop[:, ::-1]) / 2
            yield np.ascontiguousarray(crop)
        else:
            yield (_noise, _shapes, _page)[rng.integers(3)](rng)


def _noise(rng: np.random.Generator) -> np.ndarray:
    """Noise whose power falls with frequency, as in natural pictures."""
    side = 128
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(side), np.fft.fftfreq(side)))
    frequency[0, 0] = 1
    spectrum = np.fft.fft2(rng.normal(size=(side, side))) / frequency ** rng.uniform(0, 2.5)
    picture = np.fft.ifft2(spectrum).real
    return ((picture - picture.min()) / np.ptp(picture)).astype(np.float32)


def _shapes(rng: np.random.Generator) -> np.ndarray:
    """Discs, boxes and lines on a gradient or a plain ground, sharp or soft."""
    side = 160
    y, x = np.mgrid[:side, :side] / side
    picture = rng.uniform() + rng.uniform(-1, 1) * x + rng.uniform(-1, 1) * y
    for _ in range(int(rng.integers(1, 14))):
        shade, at = float(rng.uniform(-0.5, 1.5)), tuple(int(v) for v in rng.integers(0, side, 2))
        if rng.random() < 0.5:
            axes = tuple(int(v) for v in rng.integers(3, 60, 2))
            cv2.ellipse(picture, at, axes, float(rng.uniform(0, 180)), 0, 360, shade, int(rng.choice([-1, -1, 3])))
        else:
            to = tuple(int(v) for v in rng.integers(0, side, 2))
            cv2.rectangle(picture, at, to, shade, int(rng.choice([-1, 2])))
    if rng.random() < 0.5:
        picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.5, 8))
    return np.clip((picture - picture.min()) / (np.ptp(picture) + 1e-9), 0, 1).astype(np.float32)


def _page(rng: np.random.Generator) -> np.ndarray:
    """Strokes, blocks and words on paper, or on black: scans, slides, screens."""
    side = 200
    page = np.full((side, side), 255, np.uint8)
    for _ in range(int(rng.integers(2, 30))):
        ink, at = int(rng.uniform(0, 200)), tuple(int(v) for v in rng.integers(0, side, 2))
        kind = rng.integers(4)
        if kind == 0:
            cv2.putText(page, "Lorem ipsum dolor"[:int(rng.integers(3, 17))], at, cv2.FONT_HERSHEY_SIMPLEX, rng.uniform(0.3, 1), ink, 1)
        elif kind == 1:
            cv2.line(page, at, tuple(int(v) for v in rng.integers(0, side, 2)), ink, int(rng.integers(1, 4)))
        elif kind == 2:
            cv2.line(page, at, (at[0], int(rng.integers(0, side))), ink, int(rng.integers(2, 30)))
        else:
            cv2.rectangle(page, at, (at[0] + int(rng.integers(10, 90)), at[1] + int(rng.integers(5, 60))), ink, int(rng.choice([-1, 2])))
    picture = page.astype(np.float32) / 255
    return 1 - picture if rng.random() < 0.4 else picture


if __name__ == "__main__":
    fitted = fit(Path(sys.argv[1]))
    save(fitted, FILE)
    print(f"limit {fitted.limit:.3f}, {FILE.stat().st_size // 1024} kB")
