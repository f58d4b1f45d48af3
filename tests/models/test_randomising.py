"""A network is made random from the top, on a copy: the one that is in use stays as it is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from cxr_core.models.classifier import load_classifier
from cxr_core.models.randomising import _branches, _side_by_side, randomised

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


def test_the_members_of_an_ensemble_are_shuffled_side_by_side() -> None:
    deep, shallow = (
        keras.Sequential([keras.Input((4,)), *(keras.layers.Dense(4, name=f"{name}{place}") for place in range(count))],
                         name=name) for name, count in (("deep", 9), ("shallow", 3))
    )
    film = keras.Input((4,))
    whole = keras.Model(film, keras.layers.Average()([deep(film), shallow(film)]))
    order = [layer.name for layer in _side_by_side(_branches(whole))]
    assert set(order[:2]) == {"deep8", "shallow2"} and len(order) == 12  # the last of each comes first
    for count in range(2, 13):
        parts = [sum(one.startswith(name) for one in order[:count]) / most
                 for name, most in (("deep", 9), ("shallow", 3))]
        assert abs(parts[0] - parts[1]) <= 0.34  # never further down in one than a layer of the other
    alone = [layer.name for layer in _side_by_side(_branches(deep))]
    assert alone == [f"deep{place}" for place in range(8, -1, -1)]


def test_under_jax_what_is_compiled_sees_the_shuffled_weights_too(tiny_weights: Path) -> None:
    pytest.importorskip("jax")
    code = (
        "import numpy as np\n"
        "from cxr_core.models.classifier import load_classifier\n"
        "from cxr_core.models.randomising import randomised\n"
        f"batch = np.random.default_rng(0).uniform(-1, 1, {BATCH.shape}).astype(np.float32)\n"
        f"before = load_classifier('{MODEL}').outputs(batch, (0, 1))\n"
        f"said = [copy.outputs(batch, (0, 1)) for _, copy in randomised('{MODEL}', stages=2)]\n"
        "assert not np.allclose(said[0], before) and not np.allclose(said[0], said[1])\n"
        "print(*before[0])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], env=os.environ | {"KERAS_BACKEND": "jax"}, capture_output=True,
                          text=True, cwd=Path(__file__).parents[2])
    assert done.returncode == 0, done.stderr
    here = load_classifier(MODEL).outputs(BATCH, (0, 1))[0]
    np.testing.assert_allclose([float(one) for one in done.stdout.split()], here, rtol=1e-3, atol=1e-4)
