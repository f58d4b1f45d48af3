"""A map of films in two dimensions: like ones lie near each other. Made once, and kept beside the vectors.

Neighbours on it are neighbours by the vectors, mostly; distances between groups, their sizes and their shapes mean
nothing (van der Maaten, Hinton 2008; Wattenberg, Viegas, Johnson 2016), and are not to be measured.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cxr_core.datasets.index import Index
from cxr_core.errors import DataError
from cxr_core.similar.tensors import Origin, in_own_order, own_numbers, read_tensors, write_tensors
from cxr_core.similar.vectors import FilmVectors

FILE = "map.safetensors"
MOST = 3000  # films that are laid out, drawn by chance where there are more
SEED = 0
_WAYS = 50  # principal components that t-SNE is given
_FEWEST = 30  # films: with fewer the first two principal components are the map
_PERPLEXITY = 30.0


@dataclass(frozen=True)
class Layout:
    """Where films lie: `places` in the index, int, and `xy`, float32 of shape (films, 2), -1 to 1.

    `of` is the number of films they were drawn from, `method` how they were laid out.
    """

    places: np.ndarray
    xy: np.ndarray
    method: str
    of: int

    def __len__(self) -> int:
        return len(self.places)


def lay_out(vectors: FilmVectors, most: int = MOST) -> Layout:
    """PCA to 50 and t-SNE of at most `most` films, drawn by chance with a fixed seed: the same map each time."""
    rows = np.arange(len(vectors))
    if len(rows) > most:
        rows = np.sort(np.random.default_rng(SEED).choice(len(rows), most, replace=False))
    xy, method = _reduce(vectors.vectors[rows])
    return Layout(vectors.places[rows], _to_square(xy), method, len(vectors))


def lay_out_and_keep(index: Index, vectors: FilmVectors, on_step: Callable[[int, int], None] | None = None) -> Layout:
    """The map of an index's films, stored beside their vectors. What `on_step` raises stops the work before it ends.

    Raises
    ------
    ExportError
        When the disk is full, or writing is not allowed.
    """
    if on_step:
        on_step(0, 0)
    made = lay_out(vectors)
    if on_step:
        on_step(0, 0)
    write_tensors(vectors.origin.folder / FILE, {"rows": own_numbers(index)[made.places], "xy": made.xy},
                  vectors.origin, method=made.method, of=str(made.of))
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
        return Layout(in_own_order(index)[held["rows"]], held["xy"].reshape(-1, 2), about["method"], int(about["of"]))
    except (KeyError, ValueError, IndexError) as problem:
        raise DataError(f"{file.name} does not hold what a map does ({problem}). Make the vectors again.") from None


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
