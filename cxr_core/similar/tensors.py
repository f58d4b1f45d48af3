"""Arrays on disk as safetensors, whole or not at all, each file saying which weights and which films it is of."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from cxr_core.datasets.index import Index
from cxr_core.errors import CxrError, DataError, ExportError
from cxr_core.folders import user_folder

_FORM = "2"  # of the files: changes when what they hold does
_LOOKED_AT = 32  # films whose bytes say which pictures a data set holds


@dataclass(frozen=True)
class Origin:
    """What vectors are of: the model, the sha256 of its weights, `Index.digest` of the films, and their pictures.

    Reduced or cropped copies bear the names of the originals, and other vectors: `pictures` tells them apart.
    """

    model_id: str
    weights: str
    films: str
    pictures: str

    @property
    def folder(self) -> Path:
        """Where all that is made of them is kept: in the user's own folder, by digests, no film named in it."""
        return user_folder("embeddings") / f"{self.weights[:16]}-{self.films[:16]}-{self.pictures[:16]}"

    @property
    def has_namesakes(self) -> bool:
        """Whether something was made by these weights of films that bear the same names, and are other pictures."""
        there = user_folder("embeddings").glob(f"{self.weights[:16]}-{self.films[:16]}-*")
        return any(one != self.folder for one in there)


def digest_pictures(index: Index, load: Callable[[int], bytes]) -> str:
    """sha256 over the bytes of 32 films spread over an index, whatever its order: says which pictures it holds.

    `load` gives the bytes of the film at a place; one that raises CxrError counts as a film without bytes.
    """
    told, order = hashlib.sha256(), in_own_order(index)
    for row in np.unique(np.linspace(0, len(order) - 1, _LOOKED_AT).astype(int)) if len(order) else ():
        try:
            told.update(hashlib.sha256(load(int(order[row]))).digest())
        except CxrError:
            told.update(b"unread")
    return told.hexdigest()


def write_tensors(file: Path, tensors: Mapping[str, np.ndarray], origin: Origin, **words: str) -> None:
    """Write arrays to a file at once, with their origin.

    Raises
    ------
    ExportError
        When the disk is full, or writing is not allowed.
    """
    # a thread that was stopped may still be at this file when the next goes on with it
    draft = file.with_name(f".{file.name}.{os.getpid()}.{threading.get_ident()}")
    about = {"form": _FORM, "model": origin.model_id, "weights": origin.weights, "films": origin.films,
             "pictures": origin.pictures, **words}
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        save_file({name: np.ascontiguousarray(one) for name, one in tensors.items()}, draft, about)
        os.replace(draft, file)
    except (OSError, SafetensorError) as problem:
        draft.unlink(missing_ok=True)
        why = getattr(problem, "strerror", None) or type(problem).__name__
        raise ExportError(f"Could not write {file}: {why}. Free some space, or name another CXR_HOME.") from None


def read_tensors(file: Path, origin: Origin) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """The arrays of a file, and what it says of itself.

    Raises
    ------
    DataError
        When it cannot be read, or is of other weights or other films than `origin` says.
    """
    try:
        with safe_open(file, "numpy") as opened:
            about = opened.metadata() or {}
            _refuse_other(file, about, origin)
            return {name: opened.get_tensor(name) for name in opened.keys()}, about
    except (OSError, SafetensorError, ValueError) as problem:
        why = type(problem).__name__
        raise DataError(f"{file.name} cannot be read ({why}): it is damaged. {_again(origin)}") from None


def in_own_order(index: Index) -> np.ndarray:
    """The places of an index's films sorted by name and path, int, shape (films,): the order vectors are kept in.

    The same films in another order are the same index, and no name need be stored.
    """
    table = index.table.reset_index(drop=True)
    return table[["image", "path"]].astype(str).sort_values(["image", "path"], kind="stable").index.to_numpy()


def own_numbers(index: Index) -> np.ndarray:
    """Where each film of an index stands in that order: int32, shape (films,)."""
    order = in_own_order(index)
    numbers = np.empty(len(order), np.int32)
    numbers[order] = np.arange(len(order))
    return numbers


def _refuse_other(file: Path, about: Mapping[str, str], origin: Origin) -> None:
    for name, wanted, what in (
        ("weights", origin.weights, f"weights of {origin.model_id}"), ("films", origin.films, "films"),
        ("pictures", origin.pictures, "pictures of these films"), ("form", _FORM, "form of this file"),
    ):
        if (found := about.get(name, "")) != wanted:
            raise DataError(
                f"{file.name} was made with other {what}: it says {found[:12] or 'nothing'}, here it is {wanted[:12]}. "
                f"What it calls alike need not be. {_again(origin)}"
            )


def _again(origin: Origin) -> str:
    return f"Make it again: python -m cxr_core data embed {origin.model_id} --data DIR --anew."
