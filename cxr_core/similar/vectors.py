"""The vectors of a data set's films, and the nearest of them, exactly.

A film's vector is the mean of the network's last feature maps, less the mean of all films, and of length 1, so that the
cosine of the angle between two is their product. Of networks with more than 512 maps the 512 principal components are
kept: 112,120 films are 230 MB in memory then. One product of a matrix with a vector compares them all, in some
hundredths of a second; scikit-learn's brute-force search finds the same, and measures or copies all films each time.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cxr_core.datasets.index import Index
from cxr_core.errors import DataError
from cxr_core.folders import user_folder
from cxr_core.similar.tensors import Origin, in_own_order, read_tensors

FILE = "index.safetensors"
WIDTH = 512  # numbers that are kept of a film, at most


@dataclass(frozen=True)
class Neighbours:
    """The nearest first: `places` in the index, int, and `similarity`, float32, -1 to 1; both of shape (count,)."""

    places: np.ndarray
    similarity: np.ndarray

    def __len__(self) -> int:
        return len(self.places)


@dataclass(frozen=True)
class FilmVectors:
    """Vectors of films, float32 of shape (films, width), each of length 1; `places` says whose each is.

    `mean` (features,) is taken from a film's features and `ways` (features, width) then multiplied, where there are
    any. `unread` films of the index have none: they cannot be read.
    """

    origin: Origin
    places: np.ndarray
    vectors: np.ndarray
    mean: np.ndarray
    ways: np.ndarray | None = None
    unread: int = 0

    def __len__(self) -> int:
        return len(self.places)

    def project(self, features: np.ndarray) -> np.ndarray:
        """Features of films, (N, features), as vectors of this index: float32, (N, width), of length 1.

        Raises
        ------
        DataError
            When a network of another width made the index.
        """
        if features.shape[1] != len(self.mean):
            raise DataError(f"The index is of films with {len(self.mean)} features, these have {features.shape[1]}: "
                            f"another network made it. Make it again: python -m cxr_core data embed "
                            f"{self.origin.model_id} --data DIR --anew.")
        return to_unit(features, self.mean, self.ways)

    def of(self, place: int) -> np.ndarray | None:
        """The vector of the film at a place; None where it could not be read."""
        row = self._row_of[place] if 0 <= place < len(self._row_of) else -1
        return None if row < 0 else self.vectors[row]

    def nearest(self, vector: np.ndarray, count: int, leave_out: np.ndarray | None = None) -> Neighbours:
        """The films most similar to a vector of length 1, compared with every one of them.

        Parameters
        ----------
        vector : ndarray of shape (width,), float32
        count : int
        leave_out : ndarray of int, optional
            Places of films that are not wanted: the film itself, or all of its patient.
        """
        similarity = self.vectors @ np.asarray(vector, np.float32)
        if leave_out is not None and len(leave_out):
            rows = self._row_of[np.asarray(leave_out, int)]
            similarity[rows[rows >= 0]] = -np.inf
        count = min(count, int(np.isfinite(similarity).sum()))
        if not count:
            return Neighbours(self.places[:0], similarity[:0])
        best = np.argpartition(-similarity, count - 1)[:count]
        best = best[np.lexsort((self.places[best], -similarity[best]))]
        return Neighbours(self.places[best], np.clip(similarity[best], -1, 1))

    @cached_property
    def _row_of(self) -> np.ndarray:
        """The row of each place, -1 for a film without a vector."""
        rows = np.full(len(self.places) + self.unread, -1)
        rows[self.places] = np.arange(len(self.places))
        return rows


def to_unit(features: np.ndarray, mean: np.ndarray, ways: np.ndarray | None) -> np.ndarray:
    """Features (N, features) less the mean, along `ways`, as vectors of length 1: float32, (N, width)."""
    told = np.asarray(features, np.float32) - mean
    told = told if ways is None else told @ ways
    return told / np.maximum(np.linalg.norm(told, axis=1, keepdims=True), 1e-12)


def is_made(origin: Origin) -> bool:
    """Whether there is an index of these films by these weights."""
    return (origin.folder / FILE).is_file()


def made_by(weights: str) -> tuple[tuple[str, int], ...]:
    """What has been made by these weights: the folder's name and when, for each data set."""
    files = user_folder("embeddings").glob(f"{weights[:16]}-*/{FILE}")
    return tuple(sorted((file.parent.name, file.stat().st_mtime_ns) for file in files))


def load_vectors(index: Index, origin: Origin) -> FilmVectors:
    """The stored vectors of an index's films, as places in it.

    Raises
    ------
    DataError
        When there are none yet, they cannot be read, or are of other weights or films.
    """
    file = origin.folder / FILE
    if not file.is_file():
        others = ""
        if origin.has_namesakes:
            others = " Those that are there are of films of the same names, but of other pictures, and are not used."
        raise DataError(
            f"There are no vectors of these {len(index):,} films by {origin.model_id} yet.{others} Make them: "
            f"python -m cxr_core data embed {origin.model_id} --data DIR."
        )
    held, _ = read_tensors(file, origin)
    order = in_own_order(index)
    try:
        rows, vectors, mean, ways = held["rows"], held["vectors"], held["mean"], held.get("ways")
        fits = len(rows) == len(vectors) and (not len(rows) or 0 <= rows.min() <= rows.max() < len(order))
        if not fits or vectors.ndim != 2 or (mean if ways is None else ways).shape[-1] != vectors.shape[1]:
            raise ValueError(vectors.shape)
    except (KeyError, ValueError) as problem:
        raise DataError(f"{file.name} does not hold what an index does: {problem}. Make it with --anew.") from None
    vectors = vectors.astype(np.float32)
    length = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))  # as np.linalg.norm, which takes all the memory again
    vectors /= np.maximum(length, 1e-12)[:, None]  # float16 has shortened some
    return FilmVectors(origin, order[rows], vectors, mean, ways, unread=len(order) - len(rows))
