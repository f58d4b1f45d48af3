"""Weights in HDF5, as Keras 2 and 3 write them: walked by hand, so that a hostile file is refused before it is read."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import h5py
import numpy as np

from cxr_core.errors import WeightsRefused
from cxr_core.models.importing.description import MAX_DESCRIPTION, read_description
from cxr_core.models.importing.layers import (
    MAX_ARRAYS, MAX_DEPTH, MAX_NAME, MAX_PARAMETERS, Declared, Stored, StoredLayer,
)

_MAX_LINKS = 3 * MAX_ARRAYS  # an array of Keras 3 stands in two groups of its own
_MAX_PARTS = 1_000  # attributes that one list of names is cut into
_FILTERS = {2, 3}  # shuffle and Fletcher's checksum: what they make is as large as what they are given
_NOT_WEIGHTS = ("optimizer", "optimizer_weights", "top_level_model_weights")


@dataclass(frozen=True)
class _Walked:
    """The groups and arrays of a file by their paths: nothing else of it is ever opened, whatever it names."""

    groups: set[str]
    arrays: dict[str, h5py.Dataset]


def read_hdf5(source: Path | BinaryIO) -> Stored:
    """The layers of a `.h5`: weights alone or whole models, of Keras 2 (a group a layer) or 3 (`layers/.../vars`).

    Raises
    ------
    WeightsRefused
        When the file is broken, points outside itself, or declares more than a network has.
    """
    try:
        with h5py.File(source, "r") as file:
            walked = _walk(file)
            arrays = _read_arrays(walked)
            described = _text_of(file, "model_config", MAX_DESCRIPTION)
            declared = read_description(described) if described is not None else Declared()
            above = "model_weights" if "model_weights" in walked.groups else ""
            order = _names(file[above or "/"], "layer_names")
            if order is not None:
                return Stored(tuple(_of_keras_2(file, walked, above, arrays, order)), declared)
            named = any("name" in file[path].attrs for path in walked.groups if path.endswith("/vars"))
            return Stored(tuple(_of_keras_3(file, arrays)), declared, listed=not named)
    except (OSError, RuntimeError, LookupError, ValueError, TypeError, AttributeError, ArithmeticError) as problem:
        why = type(problem).__name__
        raise WeightsRefused(f"The file is no whole HDF5 file of weights ({why}). Fetch it again.") from None


def _walk(file: h5py.File) -> _Walked:
    """Everything below the root but optimizer states, each object once.

    A group may be linked under any number of names: links followed as they come make a file of 18 kB endless.
    """
    walked, seen, links = _Walked({""}, {}), {_address(file)}, 0
    waiting = [""]
    while waiting:
        above = waiting.pop()
        group = file[above or "/"]
        links += len(group)
        if links > _MAX_LINKS or len(walked.arrays) > MAX_ARRAYS:
            raise WeightsRefused(f"The file holds over {MAX_ARRAYS:,} arrays, more than any network of ours.")
        for name in group:
            if not above and name in _NOT_WEIGHTS:
                continue
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                raise WeightsRefused(
                    "The file points to other places (a soft or an external link). Such a file is not opened."
                )
            one, path = group[name], f"{above}/{name}" if above else name
            if _address(one) in seen:
                raise WeightsRefused("The file leads to one thing under two names, as Keras never writes it.")
            seen.add(_address(one))
            if isinstance(one, h5py.Dataset):
                walked.arrays[path] = one
            elif isinstance(one, h5py.Group):
                if path.count("/") >= MAX_DEPTH:
                    raise WeightsRefused("The file's groups lie in each other too deep to be a network's.")
                walked.groups.add(path)
                waiting.append(path)
    return walked


def _address(one: h5py.HLObject) -> int:
    """Where an object lies in the file, the same under each of its names."""
    return h5py.h5o.get_info(one.id).addr


def _read_arrays(walked: _Walked) -> dict[str, np.ndarray]:
    """Every array of floats by its path, float32; whole numbers and texts are left."""
    floats = {path: one for path, one in walked.arrays.items() if one.id.get_type().get_class() == h5py.h5t.FLOAT}
    for path, one in floats.items():
        _check(path, one)
    total = sum(math.prod(one.shape) for one in floats.values())
    if total > MAX_PARAMETERS:
        raise WeightsRefused(f"The file declares {total:,} numbers; the limit is {MAX_PARAMETERS:,}.")
    return {path: np.asarray(one[()], np.float32) for path, one in floats.items()}


def _check(path: str, one: h5py.Dataset) -> None:
    """Refuse what lies in another file, or is larger than it looks, before any of its data is read."""
    if one.is_virtual or one.external:
        raise WeightsRefused(f"{path[:80]} in the file takes its numbers from another file. Such a file is not opened.")
    largest = max(math.prod(one.shape), math.prod(one.chunks or (0,)))
    if largest > MAX_PARAMETERS or len(one.shape) > 5 or one.dtype.itemsize > 8:
        raise WeightsRefused(
            f"{path[:80]} in the file is declared as {one.shape} of {one.dtype}: no layer of ours is like that."
        )
    made = one.id.get_create_plist()
    packed = {made.get_filter(place)[0] for place in range(made.get_nfilters())} - _FILTERS
    if packed:  # a piece of it may unpack to any size: the library grows its buffer until memory ends
        raise WeightsRefused(
            f"{path[:80]} in the file is compressed (HDF5 filter {min(packed)}), as Keras never writes it. "
            "Unpack it first, with `h5repack -f NONE` for one."
        )


def _of_keras_2(
    file: h5py.File, walked: _Walked, above: str, arrays: dict[str, np.ndarray], order: list[str]
) -> Iterator[StoredLayer]:
    """Groups by layer, each naming its arrays `layer/kernel:0`; a model within is one group of many layers."""
    left = dict(arrays)
    for layer in order:
        path = f"{above}/{layer}" if above else layer
        if path not in walked.groups:
            raise WeightsRefused(f"The file names a layer {layer[:80]!r} that is not among its weights.")
        by_layer: dict[tuple[str, ...], list[tuple[str, np.ndarray]]] = {}
        for name in _names(file[path], "weight_names") or ():
            *parts, variable = name.split("/")
            if f"{path}/{name}" not in left:
                raise WeightsRefused(f"The file names {name[:80]!r} twice, or without holding it.")
            by_layer.setdefault(tuple(parts), []).append((_plain(variable), left.pop(f"{path}/{name}")))
        for parts, held in by_layer.items():
            of_this = len(by_layer) == 1
            yield StoredLayer((layer,) if of_this else (layer, *parts), *zip(*held, strict=True))


def _of_keras_3(file: h5py.File, arrays: dict[str, np.ndarray]) -> Iterator[StoredLayer]:
    """`layers/dense_1/vars/0`: numbered by class, each with its layer's own name beside it."""
    by_layer: dict[str, list[tuple[str, np.ndarray]]] = {}
    for path in sorted(arrays, key=_counted):
        above, _, place = path.rpartition("/vars/")
        if above and place.isdecimal():
            by_layer.setdefault(above, []).append((place, arrays[path]))
    for above, held in by_layer.items():
        name = _text_of(file[f"{above}/vars"], "name", MAX_NAME)
        yield StoredLayer((name or above.rpartition("/")[2],), *zip(*held, strict=True))


def _names(group: h5py.Group, key: str) -> list[str] | None:
    """A list of names that Keras keeps as an attribute, or as several where it is too long for one; None without it."""
    parts = [key] if key in group.attrs else []
    while len(parts) < _MAX_PARTS and key not in parts and f"{key}{len(parts)}" in group.attrs:
        parts.append(f"{key}{len(parts)}")
    found = [name for part in parts for name in _list_of(group, part)]
    if len(found) > MAX_ARRAYS or len(set(found)) < len(found):
        raise WeightsRefused(f"The file's {key} names {len(found):,} things: some twice, or more than a network has.")
    return found if parts else None


def _list_of(one: h5py.HLObject, key: str) -> list[str]:
    held = one.attrs.get_id(key)
    if held.shape == (0,):
        return []
    if len(held.shape) != 1 or held.shape[0] > MAX_ARRAYS or not _is_text(held, MAX_DESCRIPTION // held.shape[0]):
        raise WeightsRefused(f"The file's {key} is no list of names.")
    return [_decoded(name) for name in one.attrs[key]]


def _text_of(one: h5py.HLObject, key: str, most: int) -> str | None:
    """A text that Keras keeps as an attribute; None where there is none."""
    if key not in one.attrs:
        return None
    held = one.attrs.get_id(key)
    text = _decoded(one.attrs[key]) if held.shape == () and _is_text(held, most) else None
    if text is None or len(text) > most:
        raise WeightsRefused(f"The file's {key} is no text, or longer than any network's.")
    return text


def _is_text(held: h5py.h5a.AttrID, most: int) -> bool:
    """Whether an attribute is of strings, and each no longer than `most` as far as is told before it is read."""
    kind = held.get_type()
    return kind.get_class() == h5py.h5t.STRING and (kind.is_variable_str() or kind.get_size() <= most)


def _decoded(value: object) -> str:
    return value.decode("utf-8") if isinstance(value, bytes) else str(value)


def _plain(variable: str) -> str:
    return re.sub(r":\d+$", "", variable)


def _counted(path: str) -> list[tuple[str, int]]:
    """A key that sorts dense_2 before dense_10."""
    return [(stem, int(number or 0)) for stem, number in re.findall(r"([^/\d]*)(\d*)", path) if stem or number]
