"""What a benchmark asks of a network and of the machine: operations, the limit of its products, its memory, a file."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cxr_core.errors import ModelError
from cxr_core.models.card import load_card
from cxr_core.models.networks import build
from cxr_core.models.randomising import flat_layers
from cxr_core.models.registry import find_spec
from cxr_core.models.weights import find_weights, load_weights

if TYPE_CHECKING:
    import keras

    from cxr_core.models.classifier import Classifier

_SIDE, _ROUNDS = 4096, 5


def operations(classifier: Classifier) -> float:
    """Floating point operations of one film's forward pass: two for each product of convolutions and dense layers.

    A gradient to the film costs as many again.
    """
    return sum(_operations(layer) for layer in flat_layers(classifier._model))


def _operations(layer: keras.layers.Layer) -> float:
    kernels = [weight.shape for weight in layer.weights if len(weight.shape) in (2, 4)]
    return float(sum(
        2 * np.prod(shape) * (np.prod(layer.output.shape[1:-1]) if len(shape) == 4 else 1) for shape in kernels
    ))


def matrix_limit() -> float:
    """Floating point operations a second of a product of two float32 matrices, the best of a few."""
    from keras import ops

    one = ops.ones((_SIDE, _SIDE))
    seconds = []
    for _ in range(_ROUNDS + 1):
        began = time.perf_counter()
        float(ops.matmul(one, one)[0, 0])  # waits until it is there
        seconds.append(time.perf_counter() - began)
    return 2 * _SIDE**3 / min(seconds[1:])


def device_memory() -> int | None:
    """The most bytes of a GPU's memory that were in use under JAX so far; None where nobody counts."""
    import keras

    if keras.backend.backend() != "jax":
        return None
    import jax

    return (jax.devices()[0].memory_stats() or {}).get("peak_bytes_in_use")


def in_float32(classifier: Classifier) -> Classifier:
    """The same network, compiled anew with its gradients in float32 throughout."""
    from cxr_core.models.classifier import Classifier as Made

    return Made(classifier.spec, classifier.card, classifier._model, rounded=False)


def in_bfloat16(classifier: Classifier) -> Classifier:
    """The same model with its feature maps in bfloat16; weights and what follows the pooling stay in float32.

    No map is drawn in it: on a film, at 50 steps, it moved the maps of seven trained networks by .07 (Xception, 128
    px), .07 and .22 (ResNet18 of findings, of classes), .09 (InceptionV3), .10 (DenseNet121), .23 (custom CNN) and .27
    (MobileNet), relative L2, each over the .05 up to which it would be used. Rounded on the way up, a network's gates
    open for others than they did; what is rounded on the way back alone (`Classifier`) opens none. `bench ig --model M
    --film FILM` measures both.
    """
    import keras

    from cxr_core.models.classifier import Classifier as Made

    def copy(layer: keras.layers.Layer) -> keras.layers.Layer:
        half = len(layer.output.shape) == 4 and not isinstance(layer, keras.layers.InputLayer)
        return type(layer).from_config(layer.get_config() | ({"dtype": "mixed_bfloat16"} if half else {}))

    whole = classifier._model
    copied = keras.models.clone_model(whole, clone_function=copy)
    copied.set_weights(whole.get_weights())
    return Made(classifier.spec, classifier.card, copied, rounded=False)


def save_network(model_id: str, path: Path) -> None:
    """Write a trained network, batch norms and all, as a `.keras` file that needs nothing of this package.

    Raises
    ------
    ModelError
        When it has layers of its own: an ensemble.
    """
    spec = find_spec(model_id)
    if spec.members or spec.clinical:
        raise ModelError(f"{model_id} is no network of a film alone, and the peers take no other. Choose one that is.")
    folder = find_weights(spec)
    model = build(spec)
    load_weights(model, folder, load_card(folder))
    model.save(path)
