"""Weights on disk: safetensors, so that no code runs when they are loaded."""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as parse, save

from cxr_core.errors import WeightsCorrupt, WeightsMissing
from cxr_core.folders import user_folder
from cxr_core.models.card import CARD, Card
from cxr_core.models.spec import ModelSpec

if TYPE_CHECKING:
    import keras

FILE = "model.safetensors"
_SHIPPED = Path(__file__).resolve().parents[2] / "weights"  # a page asks for it hundreds of times
_FLOAT16_MOST = 6e4
_FLOAT16_LEAST = 1e-4  # below this float16 keeps fewer than ten bits


def weights_folder() -> Path:
    """Where the models' folders are: `CXR_WEIGHTS`, else `weights/` of the checkout."""
    given = os.environ.get("CXR_WEIGHTS")
    return Path(given) if given else _SHIPPED


def imported_folder() -> Path:
    """Where the folders of imported models are: the user's own, outside the repository."""
    return user_folder("weights")


def find_weights(spec: ModelSpec) -> Path:
    """The folder of a model's weights and card; WeightsMissing when either is not there."""
    if spec.leaky:
        raise WeightsMissing(
            f"{spec.id} learned from patients of its own test films, to show what that gives: its figures are kept, "
            "its weights are not. Choose another model."
        )
    folder = next((above / spec.id for above in (weights_folder(), imported_folder()) if (above / spec.id).is_dir()),
                  weights_folder() / spec.id)
    for member in spec.members:
        find_weights(replace(spec, id=member, members=()))
    if not (spec.members or (folder / FILE).is_file()) or not (folder / CARD).is_file():
        way = "Ship it once its members are there:" if spec.members else "Train it with"
        verb = "ship" if spec.members else "train"
        raise WeightsMissing(
            f"{spec.id} is not trained yet: weights/{spec.id} lacks {FILE} or {CARD}. "
            f"{way} `python -m cxr_core {verb} {spec.id}`, or choose another model."
        )
    return folder


def has_weights(spec: ModelSpec) -> bool:
    """Whether a model's weights and card are there (not whether they are whole: loading checks that)."""
    try:
        find_weights(spec)
    except WeightsMissing:
        return False
    return True


def save_weights(model: keras.Model, path: Path, dtype: type = np.float16) -> str:
    """Save all variables, batch-norm statistics included, and return the file's sha256.

    A tensor that float16 cannot hold faithfully (over 60,000, or a variance under 1e-4) stays float32.
    """
    tensors = {key: _narrow(np.asarray(variable), dtype) for key, variable in keyed(model)}
    content = save(tensors, metadata={"network": model.name})
    path.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def load_weights(model: keras.Model, folder: Path, card: Card) -> None:
    """Load the weights that `card` describes into `model`.

    Raises
    ------
    WeightsCorrupt
        When the digest, a name or a shape differs, or the card names a file elsewhere.
    """
    if card.weights.file != Path(card.weights.file).name or not (folder / card.weights.file).is_file():
        raise WeightsCorrupt(
            f"The card of {card.model.id} names the weights {card.weights.file[:80]!r}, no file of its folder. Restore "
            "the card, or import or train the model again."
        )
    content = (folder / card.weights.file).read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    if digest != card.weights.sha256:
        raise WeightsCorrupt(
            f"The weights of {card.model.id} have sha256 {digest[:12]}, the card says {card.weights.sha256[:12]}. "
            "Restore the file from the repository, or train it again."
        )
    try:
        tensors = parse(content)
    except SafetensorError as problem:
        raise WeightsCorrupt(f"The weights of {card.model.id} are no safetensors file: {problem}.") from problem
    for key, variable in keyed(model):
        tensor = tensors.get(key)
        if tensor is None or tensor.shape != tuple(variable.shape):
            found = "nothing" if tensor is None else f"shape {tensor.shape}"
            raise WeightsCorrupt(
                f"The weights of {card.model.id} hold {found} for {key}; the network needs {variable.shape}."
            )
        variable.assign(tensor.astype(np.float32))


def keyed(model: keras.Model) -> Iterator[tuple[str, keras.Variable]]:
    """Each variable of a flat network under "layer/variable", the same in every process.

    Keras numbers the layers that a builder left unnamed through the whole process (`conv2d_94` is the first of the
    second network): here they are numbered within their own.
    """
    unnamed: Counter[str] = Counter()
    for layer in model.layers:
        name = re.sub(r"_\d+$", "", layer.name)
        if name.replace("_", "") == type(layer).__name__.lower():
            unnamed[name] += 1
            name = f"{name}_{unnamed[name] - 1}" if unnamed[name] > 1 else name
        else:
            name = layer.name
        for variable in layer.weights:
            yield variable.path.replace(layer.name, name, 1), variable


def _narrow(values: np.ndarray, dtype: type) -> np.ndarray:
    values = values.astype(np.float32)
    size = np.abs(values)
    too_large = size.max(initial=0) > _FLOAT16_MOST
    too_small = 0 < size.max(initial=0) < _FLOAT16_LEAST or (values.ndim == 1 and 0 < size.min(initial=1) < 1e-7)
    return np.ascontiguousarray(values if too_large or too_small else values.astype(dtype))
