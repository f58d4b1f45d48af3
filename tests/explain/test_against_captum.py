"""Our Integrated Gradients against captum's arithmetic, written out plainly on the same network."""

from __future__ import annotations

import numpy as np
import pytest

from cxr_core.explain.baselines import make_baselines
from cxr_core.explain.integrated_gradients import integrated_gradients
from cxr_core.imaging.prepare import ends

MODEL = "resnet18-128-nih14"


def captum_riemann_middle(model, film: np.ndarray, baseline: np.ndarray, column: int, steps: int) -> np.ndarray:
    """captum._core.integrated_gradients with method="riemann_middle", step for step: (H, W, C), float64."""
    import tensorflow as tf

    @tf.function  # the same arithmetic, at a fifth of the time
    def gradient(batch):
        with tf.GradientTape() as tape:
            tape.watch(batch)
            output = model(batch, training=False)[0, column]
        return tape.gradient(output, batch)[0]

    step_sizes = [1 / steps] * steps
    alphas = [1 / (2 * steps) + step / steps for step in range(steps)]
    scaled_features = np.stack([baseline + alpha * (film - baseline) for alpha in alphas])
    grads = [gradient(tf.constant(features[None], tf.float32)).numpy().astype(np.float64)
             for features in scaled_features]
    total_grads = np.sum([grad * size for grad, size in zip(grads, step_sizes, strict=True)], axis=0)
    return total_grads * (film - baseline)


@pytest.mark.parametrize("kind", ["black", "blurred"])
def test_our_map_is_captums(kind: str) -> None:
    import keras

    from cxr_core.models.card import load_card
    from cxr_core.models.classifier import load_classifier
    from cxr_core.models.measuring import in_float32
    from cxr_core.models.networks import build
    from cxr_core.models.registry import find_spec
    from cxr_core.models.weights import find_weights, load_weights

    classifier, model = in_float32(load_classifier(MODEL)), build(find_spec(MODEL))
    folder = find_weights(find_spec(MODEL))
    load_weights(model, folder, load_card(folder))
    logits = keras.Model(model.input, model.get_layer("logits").output)
    film = np.random.default_rng(5).uniform(-1, 1, (16, 16, 1)).repeat(8, axis=0).repeat(8, axis=1).astype(np.float32)
    baselines = make_baselines(film, ends(classifier.spec), kind)
    ours = integrated_gradients(
        lambda batch: classifier.gradients(batch, (4, 9)), film, baselines, steps=32, first=32,
        tolerance=0,  # in a single stage the nodes are the midpoint rule's
    ).values
    for place, column in enumerate((4, 9)):
        theirs = captum_riemann_middle(logits, film, baselines[0], column, 32).sum(axis=-1)
        difference = np.linalg.norm(ours[place] - theirs) / np.linalg.norm(theirs)
        assert difference < 0.002  # float32 alone: a relu near 0 flips with the order of a sum
