"""What a network begins from, when not from random weights: a backbone trained elsewhere."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np

from cxr_core.errors import TrainingError
from cxr_core.models.networks import build
from cxr_core.models.registry import find_spec
from cxr_core.models.spec import ModelSpec
from cxr_core.models.weights import keyed
from cxr_core.training.recipe import IMAGENET
from cxr_core.training.record import BEST, read_recipe

BACKBONES = {
    "densenet121_clinical": "DenseNet121", "inception_v3": "InceptionV3", "xception": "Xception",
}


def begin_from(model: keras.Model, spec: ModelSpec, weights: str) -> int:
    """Load a backbone's weights into `model`, layer by layer by name, and return how many layers took them.

    Films stay scaled as `spec.scaling` says, not as ImageNet's photographs were: the first batch norm takes up the
    difference.

    Parameters
    ----------
    weights : str
        A run folder of another recipe, whose network shares layers with this one; "imagenet", which Keras fetches from where it is published and keeps; or a file of Keras (`.h5`, `.weights.h5`)
        with the backbone's weights, as `keras.applications` gives them without the top.

    Raises
    ------
    TrainingError
        When the network has no such backbone, the file is not there or does not fit, or it cannot be fetched.
    """
    if Path(weights).is_dir():
        return _begin_from_run(model, Path(weights))
    if spec.network not in BACKBONES:
        raise TrainingError(
            f"{spec.network} has no backbone that begins from other weights; {', '.join(BACKBONES)} have. "
            "Leave them out."
        )
    if weights != IMAGENET and not Path(weights).is_file():
        raise TrainingError(
            f"There is no file {weights!r} to begin from. Name a file of Keras, the run folder of another recipe, or "
            f"{IMAGENET!r}."
        )
    make = getattr(keras.applications, BACKBONES[spec.network])
    try:
        backbone = make(weights=weights, include_top=False, input_shape=spec.input_shape, pooling="avg")
    except Exception as problem:  # Keras raises OSError, ValueError, KeyError and its own on what it cannot load
        raise TrainingError(
            f"The weights {weights!r} do not load into {BACKBONES[spec.network]} with {spec.channels} channel(s) "
            f"({type(problem).__name__}). Give weights without the top, made for this network."
        ) from problem
    mine = {layer.name: layer for layer in model.layers}
    given = [layer for layer in backbone.layers if layer.weights and layer.name in mine]
    for layer in given:
        mine[layer.name].set_weights(layer.get_weights())
    return len(given)


def _begin_from_run(model: keras.Model, run: Path) -> int:
    """Load every layer that a run's network shares with `model`, by name and shape; the number of variables that were."""
    recipe = read_recipe(run)
    if recipe is None or not (run / BEST).is_file():
        raise TrainingError(f"The run folder {run.name!r} holds no finished run to begin from. Train that recipe first.")
    other = build(find_spec(recipe.model_id))
    other.load_weights(run / BEST)
    given = dict(keyed(other))
    taken = 0
    for key, variable in keyed(model):
        values = np.asarray(given[key]) if key in given else np.empty(0)
        if values.ndim == 4 and values.shape[2] == 1 and variable.shape[2] == 3:
            values = np.repeat(values, 3, axis=2) / 3  # a grey film is thrice the same: the sum stays
        if values.shape == tuple(variable.shape):
            variable.assign(values)
            taken += 1
    if 2 * taken < len(model.weights):
        raise TrainingError(
            f"The run {run.name!r} trained {other.name}, which shares {taken} of the {len(model.weights)} variables of "
            f"{model.name}: too few to begin from. Name a run of the same backbone."
        )
    return taken
