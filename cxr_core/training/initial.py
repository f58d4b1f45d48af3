"""What a network begins from, when not from random weights: a backbone trained elsewhere."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np

from cxr_core.errors import TrainingError, WeightsRefused
from cxr_core.models.importing.files import read_file
from cxr_core.models.importing.fit import share_layers
from cxr_core.models.importing.layers import Stored, StoredLayer
from cxr_core.models.registry import BEGINNINGS, MODELS
from cxr_core.models.spec import ModelSpec
from cxr_core.models.weights import FILE, find_weights
from cxr_core.training.recipe import IMAGENET
from cxr_core.training.record import BEST, read_recipe

# Those of which Keras has ImageNet's weights; ResNet18 is not among them.
BACKBONES = {
    "densenet121": "DenseNet121", "densenet121_clinical": "DenseNet121", "inception_v3": "InceptionV3",
    "mobilenet_attention": "MobileNet", "mobilenet_attention_16": "MobileNet", "mobilenet_attention_32": "MobileNet",
    "xception": "Xception",
}
_SIDE = 224  # px; ImageNet's weights are the same at any size


def begin_from(model: keras.Model, spec: ModelSpec, weights: str) -> int:
    """Load a backbone's weights into `model`, layer by layer, and return how many of its variables took them.

    Films stay scaled as `spec.scaling` says, not as ImageNet's photographs were: the first batch norm takes up the
    difference.

    Parameters
    ----------
    weights : str
        A run folder of another recipe, or the folder of a model, shipped or imported, whose network shares layers with
        this one, or such a model's id; a file with such layers (`.h5`, `.weights.h5` or `.keras` of Keras, as
        `keras.applications` gives it without the top for one, or `.safetensors`), which is read as `weights import`
        reads it: nothing in it is run; or "imagenet", which Keras fetches from where it is published and keeps.

    Raises
    ------
    TrainingError
        When the file or folder is not there or shares too little, or ImageNet's weights are not to be had.
    WeightsMissing
        When a model is named by its id and its weights are not here.
    """
    stored = _imagenet(spec) if weights == IMAGENET else _read(beginning(weights), spec)
    shared = share_layers(model, stored)
    kernels = [sum(len(one.shape) == 4 for one in some) for some in (model.weights, [one for one, _ in shared])]
    if 2 * len(shared) < len(model.weights) or 2 * kernels[1] < kernels[0]:  # batch norms alone are no beginning
        raise TrainingError(
            f"{Path(weights).name!r} shares {len(shared)} of the {len(model.weights)} variables of {model.name}: too "
            f"few to begin from. {_ways(spec)}"
        )
    for variable, values in shared:
        variable.assign(values)
    return len(shared)


def beginning(weights: str) -> Path:
    """The file or folder that `Recipe.weights` names: of a model at hand its folder, else what lies there."""
    return find_weights(MODELS[weights]) if weights in MODELS else Path(weights)


def _read(path: Path, spec: ModelSpec) -> Stored:
    """The layers of a run's best epoch, of a model's folder, or of a file."""
    if path.is_dir():
        finished = (path / BEST).is_file() and read_recipe(path) is not None
        file = path / (BEST if finished else FILE)
        if not file.is_file():
            raise TrainingError(
                f"The run folder {path.name!r} holds no finished run to begin from, nor a model's {FILE}. {_ways(spec)}"
            )
    else:
        file = path
    if not file.exists():
        raise TrainingError(f"There is no file {str(path)!r} to begin from. {_ways(spec)}")
    try:
        return read_file(file)
    except WeightsRefused as problem:
        raise TrainingError(f"The weights {path.name!r} do not load: {problem} {_ways(spec)}") from problem


def _imagenet(spec: ModelSpec) -> Stored:
    """The backbone of this network as Keras has it, trained on ImageNet."""
    if spec.network not in BACKBONES:
        raise TrainingError(
            f"Keras has no ImageNet weights of {spec.network}, only of {', '.join(dict.fromkeys(BACKBONES.values()))}. "
            f"{_ways(spec)}"
        )
    make = getattr(keras.applications, BACKBONES[spec.network])
    try:
        backbone = make(weights=IMAGENET, include_top=False, input_shape=(_SIDE, _SIDE, 3), pooling="avg")
    except Exception as problem:  # Keras raises OSError, ValueError and plain Exception where it cannot fetch
        raise TrainingError(
            f"ImageNet's weights of {BACKBONES[spec.network]} could not be fetched ({type(problem).__name__}). Where "
            f"there is no network, bring the file without the top that keras.applications keeps. {_ways(spec)}"
        ) from problem
    given = [layer for layer in backbone.layers if layer.weights]
    return Stored(tuple(
        StoredLayer((layer.name,), tuple(one.name for one in layer.weights), tuple(map(np.asarray, layer.weights)))
        for layer in given
    ))


def _ways(spec: ModelSpec) -> str:
    """What can be named instead, in words."""
    shared = next((one.id for one in BEGINNINGS.values() if spec.network.startswith(one.network)), None)
    pretrained = "" if shared is None else (
        f"train our own beginning, `python -m cxr_core train {shared}`, and give --set weights=runs/{shared}; or "
    )
    return (
        f"You can {pretrained}name a file of {spec.network}'s layers (.safetensors, .h5 or .keras), the run folder of "
        "another recipe or the folder of a model, shipped or imported; or begin at random with --set weights=none."
    )
