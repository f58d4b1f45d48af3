"""A local file -> its arrays, the format told by its first bytes and never by its name."""

from __future__ import annotations

import io
import json
import math
import os
import stat
import struct
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open

from cxr_core.errors import WeightsRefused
from cxr_core.models.importing.description import MAX_DESCRIPTION, read_description
from cxr_core.models.importing.hdf5 import read_hdf5
from cxr_core.models.importing.layers import (
    MAX_ARRAYS, MAX_DEPTH, MAX_FILE, MAX_NAME, MAX_PARAMETERS, Stored, StoredLayer,
)

_FORMATS = "Keras .h5 or .keras, or .safetensors"
_FLOATS = {"F16", "F32", "F64"}
_MAX_HEADER = 8 * 1024**2  # bytes, of a safetensors file; DenseNet121's has 60 kB
_PIECE = 1024**2  # bytes read of an archive at once
_MOST_UNPACKED = 8  # times the archive's size; weights hardly pack at all, and Keras does not pack them


def read_file(path: Path) -> Stored:
    """The layers of a file of weights.

    Raises
    ------
    WeightsRefused
        When it is missing, too large, broken, a pickle, or of no format that is read without running code.
    """
    try:
        told = path.stat()
        if stat.S_ISDIR(told.st_mode):
            raise WeightsRefused(f"{path.name} is a folder. Name the file of weights in it: {_FORMATS}.")
        if not stat.S_ISREG(told.st_mode):  # to open a pipe is to wait for ever
            raise WeightsRefused(f"{path.name} is a device or a pipe and no file. Give {_FORMATS}.")
        with path.open("rb") as handle:
            start = handle.read(16)
    except (OSError, ValueError) as problem:  # ValueError: a zero byte in the name
        why = getattr(problem, "strerror", None) or "its name is none that a file can have"
        raise WeightsRefused(f"{path.name} could not be opened: {why}. Check its name and permissions.") from None
    if told.st_size > MAX_FILE:
        raise WeightsRefused(f"{path.name} has {told.st_size:,} bytes; the limit is {MAX_FILE:,}.")
    return _with_plain_names(_read(path, start))


def _read(path: Path, start: bytes) -> Stored:
    """The file by its format, which its first bytes tell."""
    if start.startswith(b"\x89HDF\r\n\x1a\n"):
        return read_hdf5(path)
    if start.startswith(b"PK\x03\x04"):
        return _read_keras(path)
    if start[8:9] == b"{" and 2 <= int.from_bytes(start[:8], "little") <= _MAX_HEADER:
        return _read_safetensors(path)
    if start[:1] == b"\x80" or path.suffix.lower() in (".pkl", ".pickle", ".pt", ".pth", ".joblib", ".ckpt", ".bin"):
        raise _pickle(path)
    raise WeightsRefused(f"{path.name} is no file of weights that is read here. Give {_FORMATS}.")


def _with_plain_names(stored: Stored) -> Stored:
    """The same; WeightsRefused where a name is too long, too deep, or would write more than letters on a screen."""
    for layer in stored.layers:
        parts = sum(part.count("/") + 1 for part in layer.path)
        if parts > MAX_DEPTH or any(len(name) > MAX_NAME or not name.isprintable()
                                    for name in (*layer.path, *layer.variables)):
            raise WeightsRefused(
                f"A layer of the file has a name of over {MAX_NAME} letters or {MAX_DEPTH} parts, or one with letters "
                "that cannot be printed: no network of ours has."
            )
    return stored


class _InPieces(io.FileIO):
    """A file that is never read in one piece: a table of contents is as long as an archive says that it is."""

    def read(self, size: int | None = -1) -> bytes:
        if size is None or size < 0:
            size = max(0, os.fstat(self.fileno()).st_size - self.tell())
        if size > 4 * _PIECE:
            raise WeightsRefused("The archive's table of contents is larger than any network's.")
        return super().read(size)


def _read_keras(path: Path) -> Stored:
    """A `.keras` archive: its description is looked through, its arrays are taken, and nothing is written anywhere."""
    try:
        with _InPieces(path) as handle, zipfile.ZipFile(handle) as archive:
            names = set(archive.namelist())
            if any(name.endswith((".pkl", "/data.pkl")) for name in names):
                raise _pickle(path)
            if not {"config.json", "model.weights.h5"} <= names:
                raise WeightsRefused(f"{path.name} is an archive, but none that Keras 3 wrote. Give {_FORMATS}.")
            declared = read_description(_member(archive, "config.json", MAX_DESCRIPTION))
            most = min(MAX_FILE, _MOST_UNPACKED * path.stat().st_size)
            stored = read_hdf5(io.BytesIO(_member(archive, "model.weights.h5", most)))
    except (zipfile.BadZipFile, zlib.error, RuntimeError, EOFError, OSError, ValueError, struct.error) as problem:
        raise WeightsRefused(f"{path.name} is no whole archive ({type(problem).__name__}). Fetch it again.") from None
    return replace(stored, declared=declared)


def _member(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    """A member's bytes; what it declares is not believed, so no more than `most` are ever unpacked."""
    if archive.getinfo(name).compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise WeightsRefused(f"{name} in the archive is packed in a way that Keras does not use. Pack it as plain zip.")
    content = bytearray()
    with archive.open(name) as handle:
        while piece := handle.read(_PIECE):  # the other ways of packing would unpack a piece whole
            content += piece
            if len(content) > most:
                raise WeightsRefused(f"{name} in the archive unpacks to over {most:,} bytes, more than a network's.")
    return bytes(content)


def _read_safetensors(path: Path) -> Stored:
    """`layer/kernel` or `layer.kernel` for a name; a path of several parts names the models around a layer."""
    by_layer: dict[tuple[str, ...], list[tuple[str, np.ndarray]]] = {}
    try:
        with safe_open(path, framework="numpy") as file:
            names, ours = list(file.keys()), "network" in (file.metadata() or {})  # as `save_weights` writes it
            if len(names) > MAX_ARRAYS:
                raise WeightsRefused(f"{path.name} declares {len(names):,} arrays: no network of ours has as many.")
            shapes = {name: file.get_slice(name) for name in names}
            total = sum(math.prod(one.get_shape()) for one in shapes.values())
            if total > MAX_PARAMETERS:
                raise WeightsRefused(f"{path.name} declares {total:,} numbers; the limit is {MAX_PARAMETERS:,}.")
            for name in names:
                if shapes[name].get_dtype() in _FLOATS:
                    *above, variable = name.replace(".", "/").split("/")
                    array = np.asarray(file.get_tensor(name), np.float32)
                    by_layer.setdefault(tuple(above) or ("",), []).append((variable, array))
    except (SafetensorError, OSError, ValueError, TypeError, json.JSONDecodeError) as problem:
        why = type(problem).__name__
        raise WeightsRefused(f"{path.name} is no whole safetensors file ({why}). Fetch it again.") from None
    layers = tuple(StoredLayer(above, *zip(*held, strict=True)) for above, held in by_layer.items())
    return Stored(layers, listed=ours)


def _pickle(path: Path) -> WeightsRefused:
    return WeightsRefused(
        f"{path.name} is a pickle (PyTorch's and joblib's format), which runs the code in it when it is opened. It is "
        f"not opened here. Ask for {_FORMATS}."
    )
