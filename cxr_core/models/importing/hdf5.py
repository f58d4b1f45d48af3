"""Weights in HDF5, as Keras 2 and 3 write them: walked by hand, so that a hostile file is refused before it is read."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import h5py
import numpy as np

from cxr_core.errors import WeightsRefused
from cxr_core.models.importing.description import MAX_DESCRIPTION, read_description
from cxr_core.models.importing.layers import MAX_ARRAYS, MAX_PARAMETERS, Declared, Stored, StoredLayer

_MAX_DEPTH = 24
_FILTERS = {1, 2, 3, 32000}  # gzip, shuffle, Fletcher's checksum, LZF: those that come with the library
_NOT_WEIGHTS = ("optimizer", "optimizer_weights", "top_level_model_weights")


def read_hdf5(source: Path | BinaryIO) -> Stored:
    """The layers of a `.h5`: weights alone or whole models, of Keras 2 (a group a layer) or 3 (`layers/.../vars`).

    Raises
    ------
    WeightsRefused
        When the file is broken, points outside itself, or declares more than a network has.
    """
    try:
        with h5py.File(source, "r") as file:
            arrays = _read_arrays(file)
            root = file["model_weights"] if "model_weights" in file else file
            described = file.attrs.get("model_config")
            declared = read_description(_limited(described)) if described is not None else Declared()
            if "layer_names" in root.attrs or "layer_names0" in root.attrs:
                order = _names(root, "layer_names")
                return Stored(tuple(_of_keras_2(root, arrays, order)), declared)
            return Stored(tuple(_of_keras_3(file, arrays)), declared)
    except (OSError, RuntimeError, KeyError, ValueError, TypeError, AttributeError, UnicodeDecodeError) as problem:
        why = type(problem).__name__
        raise WeightsRefused(f"The file is no whole HDF5 file of weights ({why}). Fetch it again.") from None


def _read_arrays(file: h5py.File) -> dict[str, np.ndarray]:
    """Every array of floats in the file by its path; optimizer states and whole numbers are left."""
    found = list(_datasets(file, "", 0))
    if len(found) > MAX_ARRAYS:
        raise WeightsRefused(f"The file holds over {MAX_ARRAYS:,} arrays, more than any network of ours.")
    floats = {path: one for path, one in found if one.dtype.kind == "f"}
    for path, one in floats.items():
        _check(path, one)
    total = sum(math.prod(one.shape) for one in floats.values())
    if total > MAX_PARAMETERS:
        raise WeightsRefused(f"The file declares {total:,} numbers; the limit is {MAX_PARAMETERS:,}.")
    return {path: np.asarray(one[()], np.float32) for path, one in floats.items()}


def _datasets(group: h5py.Group, above: str, depth: int) -> Iterator[tuple[str, h5py.Dataset]]:
    if depth > _MAX_DEPTH:
        raise WeightsRefused("The file's groups lie in each other too deep to be a network's.")
    for name in group:
        if not above and name in _NOT_WEIGHTS:
            continue
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            raise WeightsRefused(
                "The file points to other places (a soft or an external link). Such a file is not opened."
            )
        one, path = group[name], f"{above}/{name}" if above else name
        if isinstance(one, h5py.Dataset):
            yield path, one
        elif isinstance(one, h5py.Group):
            yield from _datasets(one, path, depth + 1)


def _check(path: str, one: h5py.Dataset) -> None:
    if one.is_virtual or one.external:
        raise WeightsRefused(f"{path[:80]} in the file takes its numbers from another file. Such a file is not opened.")
    largest = max(math.prod(one.shape), math.prod(one.chunks or (0,)))
    if largest > MAX_PARAMETERS or len(one.shape) > 5:
        raise WeightsRefused(f"{path[:80]} in the file is declared as {one.shape}: no layer of ours is like that.")
    made = one.id.get_create_plist()
    unknown = {made.get_filter(place)[0] for place in range(made.get_nfilters())} - _FILTERS
    if unknown:
        raise WeightsRefused(
            f"{path[:80]} in the file is packed by a plug-in (HDF5 filter {min(unknown)}). Unpack it first."
        )


def _of_keras_2(root: h5py.Group, arrays: dict[str, np.ndarray], order: list[str]) -> Iterator[StoredLayer]:
    """Groups by layer, each naming its arrays `layer/kernel:0`; a model within is one group of many layers."""
    above = root.name.strip("/")
    for layer in order:
        group = root[layer]
        names = _names(group, "weight_names")
        by_layer: dict[tuple[str, ...], list[tuple[str, np.ndarray]]] = {}
        for name in names:
            *path, variable = name.split("/")
            array = arrays["/".join(part for part in (above, layer, name) if part)]
            by_layer.setdefault(tuple(path), []).append((_plain(variable), array))
        for path, held in by_layer.items():
            of_this = len(by_layer) == 1
            yield StoredLayer((layer,) if of_this else (layer, *path), *zip(*held, strict=True))


def _of_keras_3(file: h5py.File, arrays: dict[str, np.ndarray]) -> Iterator[StoredLayer]:
    """`layers/dense_1/vars/0`: numbered by class, each with its layer's own name beside it."""
    by_layer: dict[str, list[tuple[str, np.ndarray]]] = {}
    for path in sorted(arrays, key=_counted):
        above, _, place = path.rpartition("/vars/")
        if above and place.isdigit():
            by_layer.setdefault(above, []).append((place, arrays[path]))
    for above, held in by_layer.items():
        said = file[above]["vars"].attrs.get("name")
        name = _text(said) if said is not None else above.rpartition("/")[2]
        yield StoredLayer((name,), *zip(*held, strict=True))


def _names(group: h5py.Group, key: str) -> list[str]:
    """A list of names that Keras keeps as an attribute, or as several where it is too long for one."""
    if key in group.attrs:
        return [_text(one) for one in group.attrs[key]]
    found, place = [], 0
    while f"{key}{place}" in group.attrs:
        found += [_text(one) for one in group.attrs[f"{key}{place}"]]
        place += 1
    return found


def _text(value: object) -> str:
    return value.decode("utf-8") if isinstance(value, bytes) else str(value)


def _limited(described: object) -> str:
    text = _text(described)
    if len(text) > MAX_DESCRIPTION:
        raise WeightsRefused("The file's description of its network is larger than any network's.")
    return text


def _plain(variable: str) -> str:
    return re.sub(r":\d+$", "", variable)


def _counted(path: str) -> list[tuple[str, int]]:
    """A key that sorts dense_2 before dense_10."""
    return [(stem, int(number or 0)) for stem, number in re.findall(r"([^/\d]*)(\d*)", path) if stem or number]
