"""A map of films in two dimensions: like ones lie near each other. Made once, and kept beside the vectors.

Some thousand films, drawn by chance, are laid out; every other one lies among those that it is most like. So each
film has a place, and a lasso takes it whether its dot is drawn or not.

Neighbours on it are neighbours by the vectors, mostly; distances between groups, their sizes and their shapes mean
nothing (van der Maaten, Hinton 2008; Wattenberg, Viegas, Johnson 2016), and are not to be measured.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from cxr_core.datasets.index import Index
from cxr_core.errors import DataError
from cxr_core.similar.tensors import Origin, in_own_order, own_numbers, read_tensors, write_tensors
from cxr_core.similar.vectors import FilmVectors

FILE = "map.safetensors"
MOST = 3000  # films that are laid out, drawn by chance where there are more, and dots that are drawn
SEED = 0
_WAYS = 50  # principal components that t-SNE is given
_FEWEST = 30  # films: with fewer the first two principal components are the map
_PERPLEXITY = 30.0
_NEAREST = 5  # laid out films that another is placed among
_LIKE, _NEAR = 0.1, 0.05  # similarity, and parts of the map, by which one pulls about a third as much as another
_AT_ONCE = 2048  # films that are placed at once: 25 MB
OnStep = Callable[[int, int], None]


@dataclass(frozen=True)
class Layout:
    """Where films lie: `places` in the index, int, and `xy`, float32 of shape (films, 2), -1 to 1.

    `laid` says which were laid out, bool; the others lie among the five of those that they are most like. `method` is
    how that was done.
    """

    places: np.ndarray
    xy: np.ndarray
    laid: np.ndarray
    method: str

    def __len__(self) -> int:
        return len(self.places)


def lay_out(vectors: FilmVectors, most: int = MOST, on_step: OnStep | None = None) -> Layout:
    """PCA to 50 and t-SNE of at most `most` films, drawn by chance with a fixed seed; the others placed among them."""
    laid = np.ones(len(vectors), bool)
    if len(vectors) > most:
        laid[:] = False
        laid[np.random.default_rng(SEED).choice(len(vectors), most, replace=False)] = True
    reduced, method = _reduce(vectors.vectors[laid])
    xy = np.empty((len(vectors), 2), np.float32)
    xy[laid] = _to_square(reduced)
    _place(vectors.vectors, xy, laid, on_step)
    return Layout(vectors.places, xy, laid, method)


def choose_dots(laid: Layout, wanted: np.ndarray, most: int = MOST) -> np.ndarray:
    """Which films of a map are drawn, at most `most`: rows, int. Those wanted come first, the rest by chance.

    Parameters
    ----------
    laid : Layout
    wanted : ndarray of bool, shape (films,)
    most : int

    Returns
    -------
    ndarray of int
        The same each time for the same films; of the rest those that were laid out before those placed among them.
    """
    chance = np.random.default_rng(SEED).random(len(laid))
    return np.sort(np.lexsort((chance, ~laid.laid, ~wanted))[:most])


def inside(xy: np.ndarray, corners: Sequence[Sequence[float]]) -> np.ndarray:
    """Which points (N, 2) lie inside a polygon of corners (M, 2): bool, shape (N,), by how many edges a ray crosses."""
    corner = np.asarray(corners, float)
    within = np.zeros(len(xy), bool)
    for (x0, y0), (x1, y1) in zip(corner, np.roll(corner, -1, axis=0), strict=True):
        if y0 == y1:
            continue
        crosses = (y0 > xy[:, 1]) != (y1 > xy[:, 1])
        within ^= crosses & (xy[:, 0] < (x1 - x0) * (xy[:, 1] - y0) / (y1 - y0) + x0)
    return within


def lay_out_and_keep(index: Index, vectors: FilmVectors, on_step: OnStep | None = None) -> Layout:
    """The map of an index's films, stored beside their vectors. What `on_step` raises stops the work before it ends.

    Raises
    ------
    ExportError
        When the disk is full, or writing is not allowed.
    """
    if on_step:
        on_step(0, 0)
    made = lay_out(vectors, on_step=on_step)
    if on_step:
        on_step(0, 0)
    write_tensors(vectors.origin.folder / FILE, {
        "rows": own_numbers(index)[made.places], "xy": made.xy, "laid": made.laid.astype(np.uint8),
    }, vectors.origin, method=made.method)
    return made


def load_layout(index: Index, origin: Origin) -> Layout | None:
    """The stored map; None where there is none yet.

    Raises
    ------
    DataError
        When it cannot be read, or is of other weights or films.
    """
    file = origin.folder / FILE
    if not file.is_file():
        return None
    held, about = read_tensors(file, origin)
    try:
        xy = held["xy"].reshape(len(held["rows"]), 2)
        return Layout(in_own_order(index)[held["rows"]], xy, held["laid"].astype(bool), about["method"])
    except (KeyError, ValueError, IndexError) as problem:
        raise DataError(f"{file.name} does not hold what a map does ({problem}). Make the vectors again.") from None


def _place(vectors: np.ndarray, xy: np.ndarray, laid: np.ndarray, on_step: OnStep | None) -> None:
    """Put every film that was not laid out among those most like it: the liker and the nearer to the others of them one
    is, the more it pulls. So one that lies astray pulls little, and no two films share a dot."""
    others, there, where = np.flatnonzero(~laid), vectors[laid], xy[laid]
    nearest = min(_NEAREST, len(there))
    for start in range(0, len(others), _AT_ONCE):
        rows = others[start:start + _AT_ONCE]
        likeness = vectors[rows] @ there.T
        near = np.argpartition(-likeness, nearest - 1, axis=1)[:, :nearest]
        alike = np.take_along_axis(likeness, near, axis=1)
        astray = where[near] - np.median(where[near], axis=1, keepdims=True)
        pull = np.exp((alike - alike.max(axis=1, keepdims=True)) / _LIKE) / (_NEAR**2 + (astray**2).sum(axis=2))
        xy[rows] = (pull[:, :, None] * where[near]).sum(axis=1) / pull.sum(axis=1, keepdims=True)
        if on_step:
            on_step(start + len(rows), len(others))


def _reduce(vectors: np.ndarray) -> tuple[np.ndarray, str]:
    """Vectors (films, width) in two dimensions, and how."""
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    ways = min(_WAYS, *vectors.shape)
    if ways < 2:
        return np.zeros((len(vectors), 2)), "too few films"
    solver = "full" if len(vectors) < 500 else "randomized"
    reduced = PCA(ways, svd_solver=solver, random_state=SEED).fit_transform(vectors)
    if len(vectors) < _FEWEST:
        return reduced[:, :2], "two principal components"
    perplexity = min(_PERPLEXITY, (len(vectors) - 1) / 3)
    with threadpool_limits(1, "openmp"):  # beside a page: its threads would wait for each other on a busy machine
        xy = TSNE(perplexity=perplexity, init="pca", random_state=SEED).fit_transform(reduced)
    return xy, f"PCA to {ways}, t-SNE, perplexity {perplexity:.0f}, seed {SEED}"


def _to_square(xy: np.ndarray) -> np.ndarray:
    """Centred, and as large as fits into -1 to 1."""
    xy = xy - (xy.max(axis=0) + xy.min(axis=0)) / 2
    return (xy / max(float(np.abs(xy).max()), 1e-12)).astype(np.float32)
