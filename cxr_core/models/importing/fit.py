"""The layers of a file laid onto the layers of our network: by name, and where Keras numbered them, by their order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cxr_core.errors import WeightsRefused
from cxr_core.models.importing.layers import Stored, StoredLayer

if TYPE_CHECKING:
    import keras

HEAD = "logits"
_SHOWN = 8
_CLASSES_BY_NAME = {
    "Conv2D": "conv2d", "SeparableConv2D": "separable_conv2d", "DepthwiseConv2D": "depthwise_conv2d",
    "BatchNormalization": "batch_normalization", "Dense": "dense",
}
_CLASSES = set(_CLASSES_BY_NAME.values())
_RENAMED = {"depthwise_kernel": "kernel"}  # Keras 2's name of a depthwise convolution's kernel


@dataclass(frozen=True)
class Fit:
    """The file's arrays in the order of the network's variables, and how many layers were found in which way."""

    arrays: tuple[np.ndarray, ...]
    by_name: int
    by_order: int


def count_outputs(layers: Iterable[StoredLayer]) -> int | None:
    """How many outputs the file's last dense layer has; None where it has no dense layer.

    Safetensors has no order but the names': there the last is the one called "logits", or of the highest number.
    """
    dense = [layer for layer in layers if _axes(layer.arrays) == (1, 2)]
    if all(_stem(layer.name) == "dense" for layer in dense):
        dense.sort(key=lambda layer: _number(layer.name))
    last = next((layer for layer in dense if layer.name == HEAD), dense[-1] if dense else None)
    return None if last is None else next(array.shape[1] for array in last.arrays if array.ndim == 2)


def fit_layers(model: keras.Model, stored: Stored, columns: tuple[int, ...]) -> Fit:
    """Lay the file's layers onto the network.

    Parameters
    ----------
    model : keras.Model
        One of ours, untrained; its last dense layer is called "logits".
    stored : Stored
    columns : tuple of int
        For each of the network's outputs the place of the same finding in the file.

    Raises
    ------
    WeightsRefused
        Names every layer that is missing, left over or of another shape (the first few of many).
    """
    ours = [layer for layer in model.layers if layer.weights]
    named = _by_name(ours, stored.layers)
    ordered = _by_order(*_left(ours, stored, named), listed=stored.listed)
    found = named | ordered
    taken = {id(one) for one in found.values()}
    misfits = [trouble for layer in ours for trouble in _misfits(layer, found.get(layer.name), columns)]
    misfits += [f"{'/'.join(one.path)} is in the file and not in the network"
                for one in stored.layers if id(one) not in taken]
    if misfits:
        more = f"; and {len(misfits) - _SHOWN} more" if len(misfits) > _SHOWN else ""
        raise WeightsRefused(
            f"The weights do not fit {model.name}, {len(misfits)} layers or arrays of it: "
            f"{'; '.join(misfits[:_SHOWN])}{more}. Name the architecture they were made for."
        )
    arrays = {id(variable): array for layer in ours
              for variable, array in zip(layer.weights, _arrays(layer, found[layer.name], columns), strict=True)}
    return Fit(tuple(arrays[id(variable)] for variable in model.weights), len(named), len(ordered))


def share_layers(model: keras.Model, stored: Stored) -> list[tuple[keras.Variable, np.ndarray]]:
    """What of a file a network can begin from: the arrays of every layer that both have, in the same shapes.

    Layers that Keras numbered are found by their order where the file has as many of their kind and all of them fit,
    the outputs by their name alone. Between films of one channel and of three the first convolution is taken over, its
    answer to a grey film unchanged: colours are summed up, or grey is shared out between them.
    """
    ours = [layer for layer in model.layers if layer.weights]
    named = _by_name(ours, stored.layers)
    waiting, offered = _left([layer for layer in ours if layer.name != HEAD], stored, named)
    ordered = _by_order(waiting, offered, listed=stored.listed)
    shared = {layer.name: _fitted(layer, (named | ordered).get(layer.name)) for layer in ours}
    for alike, theirs in _by_kind(waiting, offered):
        if len(alike) != len(theirs) or not all(shared[layer.name] for layer in alike):
            shared |= dict.fromkeys(layer.name for layer in alike)  # of another order: what fits there fits by chance
    return [pair for pairs in shared.values() for pair in pairs or ()]


def _fitted(layer: keras.Layer, stored: StoredLayer | None) -> list[tuple[keras.Variable, np.ndarray]] | None:
    """Each of a layer's variables and the file's array for it; None where any of them does not fit."""
    arrays = [None] if stored is None else _pick(layer, stored)
    if any(array is None for array in arrays):
        return None
    pairs = [(variable, _with_channels(array, tuple(variable.shape)))
             for variable, array in zip(layer.weights, arrays, strict=True)]
    fits = all(array.shape == tuple(variable.shape) and np.isfinite(array).all() for variable, array in pairs)
    return pairs if fits else None


def _with_channels(array: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """A convolution's kernel (h, w, in, out) made for films of one channel or three, for films of the other number."""
    if array.ndim == 4 and len(shape) == 4 and (array.shape[2], shape[2]) == (1, 3):
        return np.repeat(array, 3, axis=2) / 3
    if array.ndim == 4 and len(shape) == 4 and (array.shape[2], shape[2]) == (3, 1):
        return array.sum(axis=2, keepdims=True)
    return array


def _left(
    ours: list[keras.Layer], stored: Stored, named: dict[str, StoredLayer]
) -> tuple[list[keras.Layer], list[StoredLayer]]:
    """What names leave over: layers of ours, and of the file."""
    taken = {id(one) for one in named.values()}
    return [one for one in ours if one.name not in named], [one for one in stored.layers if id(one) not in taken]


def _by_name(ours: list[keras.Layer], layers: Iterable[StoredLayer]) -> dict[str, StoredLayer]:
    """The layers whose names are the same, but for slashes and the models around them.

    Keras numbers what has no name of its own (conv2d_3), counting on from network to network: such names mean nothing.
    """
    names = {layer.name for layer in ours if not _is_numbered(layer)}
    found: dict[str, StoredLayer] = {}
    for stored in layers:
        parts = "/".join(stored.path).split("/")
        fitting = ("_".join(parts[start:]) for start in range(len(parts)))
        name = next((one for one in fitting if one in names), None)
        if name is not None:
            found.setdefault(name, stored)
    return found


def _by_order(ours: list[keras.Layer], layers: list[StoredLayer], *, listed: bool) -> dict[str, StoredLayer]:
    """The layers without names, kind by kind in the order they were made in, or stand in Keras's list."""
    found: dict[str, StoredLayer] = {}
    for waiting, offered in _by_kind(ours, layers):
        if not listed:
            waiting.sort(key=_made_as)
        waiting.sort(key=lambda layer: layer.name == HEAD)  # the head is made last
        if len({_stem(one.name) for one in offered}) == 1:  # all numbered by Keras; else their order is all there is
            offered.sort(key=lambda one: _number(one.name))
        found |= {layer.name: one for layer, one in zip(waiting, offered)}
    return found


def _by_kind(
    ours: list[keras.Layer], layers: list[StoredLayer]
) -> Iterator[tuple[list[keras.Layer], list[StoredLayer]]]:
    """Our layers and the file's of one kind: as many arrays of as many axes, and of one class where the file says it.

    A depthwise kernel has the axes of any other: where the file numbers all its layers by class, that tells them apart.
    """
    say_class = all(_stem(one.name) in _CLASSES for one in layers)
    kinds = [(_axes(layer.weights), _CLASSES_BY_NAME.get(type(layer).__name__) if say_class else None)
             for layer in ours]
    theirs = [(_axes(one.arrays), _stem(one.name) if say_class else None) for one in layers]
    for kind in dict.fromkeys(kinds):
        yield ([layer for layer, own in zip(ours, kinds, strict=True) if own == kind],
               [layer for layer, own in zip(layers, theirs, strict=True) if own == kind])


def _axes(arrays: Iterable[np.ndarray | keras.Variable]) -> tuple[int, ...]:
    return tuple(sorted(len(array.shape) for array in arrays))


def _stem(name: str) -> str:
    """What Keras numbers: conv2d of conv2d_3."""
    return re.sub(r"_\d+$", "", name)


def _is_numbered(layer: keras.Layer) -> bool:
    return _stem(layer.name) in _CLASSES


def _made_as(layer: keras.Layer) -> tuple[bool, int]:
    """A key that sorts what Keras numbered by its number, and what we named, our heads, after it."""
    return (False, _number(layer.name)) if _is_numbered(layer) else (True, 0)


def _number(name: str) -> int:
    number = re.search(r"_(\d+)$", name)
    return int(number[1]) if number else 0


def _misfits(layer: keras.Layer, stored: StoredLayer | None, columns: tuple[int, ...]) -> list[str]:
    """What of one layer does not fit, in words."""
    if stored is None:
        return [f"{layer.name} is not in the file"]
    arrays, told = _pick(layer, stored), []
    for variable, array in zip(layer.weights, arrays, strict=True):
        needed = tuple(variable.shape)
        shape = array.shape if array is None or layer.name != HEAD else (*array.shape[:-1], len(columns))
        if array is None:
            told.append(f"{layer.name} lacks its {variable.name}")
        elif shape != needed:
            told.append(f"{layer.name} has a {variable.name} of {array.shape} in the file, {needed} in the network")
        elif not np.isfinite(array).all():
            told.append(f"{layer.name} has a {variable.name} with values that are no numbers")
        elif variable.name == "moving_variance" and array.min(initial=0) < 0:
            told.append(f"{layer.name} has a variance under 0")
    if len(stored.arrays) > len(layer.weights):
        told.append(f"{layer.name} has {len(stored.arrays)} arrays in the file, {len(layer.weights)} in the network")
    return told


def _pick(layer: keras.Layer, stored: StoredLayer) -> list[np.ndarray | None]:
    """The file's array for each of the layer's variables, by name, or by number where the file numbers them."""
    held = dict(zip(stored.variables, stored.arrays, strict=True))
    if all(name.isdigit() for name in held):
        return [held.get(str(place)) for place in range(len(layer.weights))]
    renamed = {_RENAMED.get(name, name): array for name, array in held.items()} | held
    return [renamed.get(variable.name) for variable in layer.weights]


def _arrays(layer: keras.Layer, stored: StoredLayer, columns: tuple[int, ...]) -> list[np.ndarray]:
    arrays = _pick(layer, stored)
    return [array[..., list(columns)] for array in arrays] if layer.name == HEAD else arrays
