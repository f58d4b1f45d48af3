"""A local file -> its arrays, the format told by its first bytes and never by its name."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open

from cxr_core.errors import WeightsRefused
from cxr_core.models.importing.description import MAX_DESCRIPTION, read_description
from cxr_core.models.importing.hdf5 import read_hdf5
from cxr_core.models.importing.layers import MAX_ARRAYS, MAX_FILE, MAX_PARAMETERS, Declared, Stored, StoredLayer

_FORMATS = "Keras .h5 or .keras, or .safetensors"
_FLOATS = {"F16", "F32", "F64"}


def read_file(path: Path) -> Stored:
    """The layers of a file of weights.

    Raises
    ------
    WeightsRefused
        When it is missing, too large, broken, a pickle, or of no format that is read without running code.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as handle:
            start = handle.read(16)
    except OSError as problem:
        why = problem.strerror
        raise WeightsRefused(f"{path.name} could not be opened: {why}. Check its name and rights.") from None
    if size > MAX_FILE:
        raise WeightsRefused(f"{path.name} has {size:,} bytes; the limit is {MAX_FILE:,}.")
    if start.startswith(b"\x89HDF\r\n\x1a\n"):
        return read_hdf5(path)
    if start.startswith(b"PK\x03\x04"):
        return _read_keras(path)
    if start[8:9] == b"{" and 2 <= int.from_bytes(start[:8], "little") <= MAX_DESCRIPTION:
        return _read_safetensors(path)
    if start[:1] == b"\x80" or path.suffix.lower() in (".pkl", ".pickle", ".pt", ".pth", ".joblib", ".ckpt", ".bin"):
        raise _pickle(path)
    raise WeightsRefused(f"{path.name} is no file of weights that is read here. Give {_FORMATS}.")


def _read_keras(path: Path) -> Stored:
    """A `.keras` archive: its description is looked through, its arrays are taken."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            if any(name.endswith((".pkl", "/data.pkl")) for name in names):
                raise _pickle(path)
            if not {"config.json", "model.weights.h5"} <= names:
                raise WeightsRefused(f"{path.name} is an archive, but none that Keras 3 wrote. Give {_FORMATS}.")
            declared = read_description(_member(archive, "config.json", MAX_DESCRIPTION))
            stored = read_hdf5(io.BytesIO(_member(archive, "model.weights.h5", MAX_FILE)))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as problem:
        raise WeightsRefused(f"{path.name} is no whole archive ({type(problem).__name__}). Fetch it again.") from None
    return Stored(stored.layers, declared)


def _member(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    """A member's bytes; what it declares is not believed, so no more than `most` are ever unpacked."""
    with archive.open(name) as handle:
        content = handle.read(most + 1)
    if len(content) > most:
        raise WeightsRefused(f"{name} in the archive unpacks to more than {most:,} bytes, more than a network's.")
    return content


def _read_safetensors(path: Path) -> Stored:
    """`layer/kernel` or `layer.kernel` for a name; a path of several parts names the models around a layer."""
    by_layer: dict[tuple[str, ...], list[tuple[str, np.ndarray]]] = {}
    try:
        with safe_open(path, framework="numpy") as file:
            names = list(file.keys())
            shapes = {name: file.get_slice(name) for name in names}
            total = sum(int(np.prod(one.get_shape(), dtype=np.float64)) for one in shapes.values())
            if len(names) > MAX_ARRAYS or total > MAX_PARAMETERS:
                raise WeightsRefused(
                    f"{path.name} declares {len(names):,} arrays of {total:,} numbers: no network of ours has as many."
                )
            for name in names:
                if shapes[name].get_dtype() in _FLOATS:
                    *above, variable = name.replace(".", "/").split("/")
                    array = np.asarray(file.get_tensor(name), np.float32)
                    by_layer.setdefault(tuple(above) or ("",), []).append((variable, array))
    except (SafetensorError, OSError, ValueError, TypeError, json.JSONDecodeError) as problem:
        why = type(problem).__name__
        raise WeightsRefused(f"{path.name} is no whole safetensors file ({why}). Fetch it again.") from None
    return Stored(tuple(StoredLayer(above, *zip(*held, strict=True)) for above, held in by_layer.items()), Declared())


def _pickle(path: Path) -> WeightsRefused:
    return WeightsRefused(
        f"{path.name} is a pickle (PyTorch's and joblib's format), which runs the code in it when it is opened. It is "
        f"not opened here. Ask for {_FORMATS}."
    )
