"""Folding keeps the function and drops the norms."""

from __future__ import annotations

import numpy as np
import pytest

from cxr_core.models.registry import MODELS


@pytest.mark.parametrize("model_id", ["resnet18-128-nih14", "xception-128-nih14", "mobilenet-128-nih6"])
def test_a_folded_network_says_the_same_with_fewer_layers(model_id: str) -> None:
    import keras

    from cxr_core.models.folding import fold_batch_norms
    from cxr_core.models.networks import build

    keras.utils.set_random_seed(1)
    rng, model = np.random.default_rng(0), build(MODELS[model_id])
    norms = [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]
    for norm in norms:
        norm.set_weights([rng.uniform(0.5, 1.5, weight.shape) for weight in norm.get_weights()])
    folded = fold_batch_norms(model)
    films = rng.uniform(-1, 1, (2, *MODELS[model_id].input_shape)).astype(np.float32)
    plain, fast = (
        np.asarray(keras.Model(one.input, one.get_layer("logits").output)(films)) for one in (model, folded)
    )
    np.testing.assert_allclose(fast, plain, atol=1e-5 * np.abs(plain).max())
    assert np.ptp(plain) > 0 and len(norms) >= 20
    assert not [layer for layer in folded.layers if isinstance(layer, keras.layers.BatchNormalization)]
