"""A network made random from the top down, to see whether a map notices (Adebayo et al. 2018, arXiv:1810.03292)."""

from __future__ import annotations

from collections.abc import Iterator

import keras
import numpy as np

from cxr_core.models.classifier import Classifier, load_classifier
from cxr_core.models.gradients import sees_new_weights


def randomised(model_id: str, *, stages: int = 5, seed: int = 0) -> Iterator[tuple[str, Classifier]]:
    """Load the model anew, and hand it out ever more random: after its last layer, then further down, at last wholly.

    An ensemble's members are made random side by side: after the last layer of each, then further down in all of them.
    Each tensor's values are shuffled, so that a layer's weights stay as large as they were and the network stays alive.
    The network is a copy of its own; a loaded classifier that others use is not touched.

    Yields
    ------
    (str, Classifier)
        The name of the layer that was made random last. The classifier is the same object in the next stage.

    Raises
    ------
    UnknownModel, WeightsMissing, WeightsCorrupt
    """
    copy = load_classifier(model_id)
    branches = _branches(copy._model)
    layers, first = _side_by_side(branches), len(branches)
    shuffle = np.random.default_rng(seed)
    done = 0
    for count in sorted({first, *(max(first, round(len(layers) * part / (stages - 1))) for part in range(1, stages))}):
        for layer in layers[done:count]:
            layer.set_weights([shuffle.permutation(one.ravel()).reshape(one.shape) for one in layer.get_weights()])
        done = count
        if not sees_new_weights():
            copy = Classifier(copy.spec, copy.card, copy._model)
        yield layers[count - 1].name, copy


def _branches(model: keras.Model) -> list[list[keras.layers.Layer]]:
    """The layers that have weights, from the last to the first: those of each member where there are several, each
    apart, as they lie beside each other."""
    inner = [layer for layer in model.layers if isinstance(layer, keras.Model) and layer.weights]
    if len(inner) < 2:
        return [[layer for layer in flat_layers(model) if layer.weights][::-1]]
    alone = [layer for layer in model.layers if layer.weights and not isinstance(layer, keras.Model)][::-1]
    return [branch for one in inner for branch in _branches(one)] + ([alone] if alone else [])


def _side_by_side(branches: list[list[keras.layers.Layer]]) -> list[keras.layers.Layer]:
    """All layers: the last of each branch first, then each where it is as far down its own branch as the others."""
    places = [((place + 1) / len(branch) if place else 0.0, one)
              for branch in branches for place, one in enumerate(branch)]
    return [one for _, one in sorted(places, key=lambda row: row[0])]


def flat_layers(model: keras.Model) -> list[keras.layers.Layer]:
    """The layers of a model and of the models in it, from the first to the last."""
    each = (flat_layers(layer) if isinstance(layer, keras.Model) else [layer] for layer in model.layers)
    return [one for layers in each for one in layers]
