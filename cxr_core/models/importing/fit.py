"""The layers of a file laid onto the layers of our network: by name, and where Keras numbered them, by their order."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cxr_core.errors import WeightsRefused
from cxr_core.models.importing.layers import StoredLayer

if TYPE_CHECKING:
    import keras

HEAD = "logits"
_SHOWN = 8
_RENAMED = {"depthwise_kernel": "kernel"}  # Keras 2's name of a depthwise convolution's kernel


@dataclass(frozen=True)
class Fit:
    """The file's arrays in the order of the network's variables, and how many layers were found in which way."""

    arrays: tuple[np.ndarray, ...]
    by_name: int
    by_order: int


def count_outputs(layers: Iterable[StoredLayer]) -> int | None:
    """How many outputs the file's last dense layer has; None where it has no dense layer."""
    dense = [layer for layer in layers if len(layer.arrays) == 2 and [one.ndim for one in layer.arrays] == [2, 1]]
    return dense[-1].arrays[0].shape[1] if dense else None


def fit_layers(model: keras.Model, layers: tuple[StoredLayer, ...], columns: tuple[int, ...]) -> Fit:
    """Lay the file's layers onto the network.

    Parameters
    ----------
    model : keras.Model
        One of ours, untrained; its last dense layer is called "logits".
    layers : tuple of StoredLayer
    columns : tuple of int
        For each of the network's outputs the place of the same finding in the file.

    Raises
    ------
    WeightsRefused
        Names every layer that is missing, left over or of another shape (the first few of many).
    """
    ours = [layer for layer in model.layers if layer.weights]
    named = _by_name(ours, layers)
    ordered = _by_order([one for one in ours if one.name not in named],
                        [one for one in layers if all(one is not other for other in named.values())])
    found = named | ordered
    taken = {id(one) for one in found.values()}
    misfits = [trouble for layer in ours for trouble in _misfits(layer, found.get(layer.name), columns)]
    misfits += [f"{'/'.join(one.path)} is in the file and not in the network" for one in layers if id(one) not in taken]
    if misfits:
        more = f"; and {len(misfits) - _SHOWN} more" if len(misfits) > _SHOWN else ""
        raise WeightsRefused(
            f"The weights do not fit {model.name}, {len(misfits)} layers or arrays of it: "
            f"{'; '.join(misfits[:_SHOWN])}{more}. Name the architecture they were made for."
        )
    arrays = {id(variable): array for layer in ours
              for variable, array in zip(layer.weights, _arrays(layer, found[layer.name], columns), strict=True)}
    return Fit(tuple(arrays[id(variable)] for variable in model.weights), len(named), len(ordered))


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


def _by_order(ours: list[keras.Layer], layers: list[StoredLayer]) -> dict[str, StoredLayer]:
    """The layers without names, kind by kind in the order they were made in."""
    found: dict[str, StoredLayer] = {}
    kinds = {_kind([variable.shape for variable in layer.weights]) for layer in ours}
    for kind in kinds:
        waiting = sorted((one for one in ours if _kind([v.shape for v in one.weights]) == kind), key=_made_as)
        waiting.sort(key=lambda layer: layer.name == HEAD)  # the head is made last
        offered = [one for one in layers if _kind([array.shape for array in one.arrays]) == kind]
        stems = {re.sub(r"_\d+$", "", one.name) for one in offered}
        if len(stems) == 1:  # all numbered by Keras; else the file's own order is all there is
            offered.sort(key=lambda one: _number(one.name))
        found |= {layer.name: one for layer, one in zip(waiting, offered)}
    return found


def _kind(shapes: list[tuple[int, ...]]) -> tuple[int, ...]:
    """What a layer is, as its arrays tell: how many axes each has."""
    return tuple(len(shape) for shape in shapes)


def _is_numbered(layer: keras.Layer) -> bool:
    kinds = "conv2d|separable_conv2d|depthwise_conv2d|batch_normalization|dense"
    return re.fullmatch(rf"({kinds})(_\d+)?", layer.name) is not None


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
