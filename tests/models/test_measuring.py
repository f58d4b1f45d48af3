"""What a benchmark asks of a network."""

from __future__ import annotations

from pathlib import Path

import numpy as np


def test_in_bfloat16_the_maps_are_rounded_and_the_weights_are_not(tiny_weights: Path) -> None:
    from cxr_core.models.classifier import load_classifier
    from cxr_core.models.measuring import in_bfloat16

    whole = load_classifier("resnet18-128-nih14")
    half = in_bfloat16(whole)
    films = np.random.default_rng(0).uniform(-1, 1, (1, *whole.spec.input_shape)).astype(np.float32)
    logits, halved = (one.outputs(films, (0, 1)) for one in (whole, half))
    assert not np.array_equal(logits, halved)  # rounded to 8 bits on the way
    np.testing.assert_allclose(halved, logits, rtol=0.05, atol=0.05)
    for one, other in zip(whole._model.weights, half._model.weights, strict=True):
        np.testing.assert_array_equal(one, other)
