"""A network is made random from the top, on a copy: the one that is in use stays as it is."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from cxr_core.models.classifier import load_classifier
from cxr_core.models.randomising import randomised

MODEL = "resnet18-128-nih14"
BATCH = np.random.default_rng(0).uniform(-1, 1, (1, 128, 128, 1)).astype(np.float32)


def test_layers_are_shuffled_from_the_last_to_the_first_and_the_model_in_use_is_not_touched(tiny_weights: Path) -> None:
    classifier = load_classifier(MODEL)
    before = classifier.outputs(BATCH, (0, 1))
    true = {layer.name: layer.get_weights() for layer in classifier._model.layers if layer.weights}
    random: list[set[str]] = []
    outputs = []
    for name, copy in randomised(MODEL, stages=3):
        now = {layer.name: layer.get_weights() for layer in copy._model.layers if layer.weights}
        random.append({one for one in now if any((a != b).any() for a, b in zip(now[one], true[one], strict=True))})
        for one in now:
            for a, b in zip(now[one], true[one], strict=True):
                np.testing.assert_array_equal(np.sort(a, axis=None), np.sort(b, axis=None))
        assert name in now
        outputs.append(copy.outputs(BATCH, (0, 1)))
    assert random[0] == {"logits"} and random[0] < random[1] < random[2]
    assert len(random[2]) >= 0.9 * len(true)  # of a tensor of equal values nobody can tell that it was shuffled
    assert not np.allclose(outputs[0], before) and not np.allclose(outputs[0], outputs[2])  # what is compiled sees it
    np.testing.assert_array_equal(classifier.outputs(BATCH, (0, 1)), before)
