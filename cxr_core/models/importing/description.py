"""A Keras file's own description of its network, looked through and never built."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from cxr_core.errors import WeightsRefused
from cxr_core.models.importing.layers import Declared

MAX_DESCRIPTION = 8 * 1024**2  # bytes; DenseNet121's has 300 kB, and what JSON makes of it twenty times as much
_RUNS_CODE = {"Lambda", "TFOpLambda", "SlicingOpLambda", "ClassMethod", "InstanceMethod", "InstanceProperty",
              "__lambda__", "function"}


def read_description(text: bytes | str) -> Declared:
    """What the description says that we hold against our network.

    Raises
    ------
    WeightsRefused
        When it is no JSON, or names a layer that runs code of its own or is not Keras's.
    """
    try:
        content = json.loads(text)
        parts = list(_parts(content))
    except (ValueError, RecursionError):
        raise WeightsRefused("The file's description of its network is broken. Ask for a whole file.") from None
    for part in parts:
        _refuse_code(part)
    layers = [part for part in parts if isinstance(part.get("config"), dict) and part["class_name"] != "Sequential"]
    shapes = [part["config"].get("batch_shape") or part["config"].get("batch_input_shape") for part in layers]
    inputs = [tuple(shape[1:]) for shape in shapes
              if isinstance(shape, list) and len(shape) == 4 and all(map(_is_side, shape[1:]))]
    spoken = [part["config"]["activation"] for part in layers
              if part["class_name"] in ("Dense", "Activation") and isinstance(part["config"].get("activation"), str)]
    return Declared(inputs[0] if inputs else None, spoken[-1] if spoken else None)


def _parts(value: Any) -> Iterator[dict[str, Any]]:
    """Every piece of the description that names a class, outer ones first."""
    if isinstance(value, dict):
        if isinstance(value.get("class_name"), str):
            yield value
        for one in value.values():
            yield from _parts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _parts(one)


def _is_side(value: Any) -> bool:
    return value is None or type(value) is int and 0 < value < 100_000


def _refuse_code(part: dict[str, Any]) -> None:
    name, module, registered = part["class_name"], part.get("module"), part.get("registered_name")
    if name in _RUNS_CODE:
        raise WeightsRefused(
            f"The file's network holds a {name} layer, which runs code out of the file. Only networks of plain Keras "
            "layers are taken: ask its author for the weights alone (save_weights)."
        )
    foreign = isinstance(module, str) and module.split(".")[0] not in ("keras", "builtins", "tensorflow")
    custom = isinstance(registered, str) and ">" in registered and not registered.startswith("keras")
    if foreign or custom or ">" in name:
        raise WeightsRefused(
            f"The file's network holds {name[:60]!r}, which is not of Keras but of its author's own making. Only "
            "networks of plain Keras layers are taken: ask its author for the weights alone (save_weights)."
        )
