"""What a network begins from, when not from random weights: a backbone trained elsewhere."""

from __future__ import annotations

from pathlib import Path

import keras

from cxr_core.errors import TrainingError
from cxr_core.models.spec import ModelSpec

IMAGENET = "imagenet"
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
        "imagenet", which Keras fetches from where it is published and keeps; or a file of Keras (`.h5`, `.weights.h5`)
        with the backbone's weights, as `keras.applications` gives them without the top.

    Raises
    ------
    TrainingError
        When the network has no such backbone, the file is not there or does not fit, or it cannot be fetched.
    """
    if spec.network not in BACKBONES:
        raise TrainingError(
            f"{spec.network} has no backbone that begins from other weights; {', '.join(BACKBONES)} have. "
            "Leave them out."
        )
    if weights != IMAGENET and not Path(weights).is_file():
        raise TrainingError(f"There is no file {weights!r} to begin from. Name a file of Keras, or {IMAGENET!r}.")
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
