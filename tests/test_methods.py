"""Every method on real networks: a map of the right shape, the true gradient, and an error in words."""

from __future__ import annotations

import numpy as np
import pytest

from cxr_core.errors import ExplanationError
from cxr_core.methods import METHODS, draw_map, methods_of
from cxr_core.models.classifier import Classifier, load_classifier

MODEL = "resnet18-128-nih14"


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return load_classifier(MODEL)


@pytest.fixture(scope="module")
def batch(classifier: Classifier) -> np.ndarray:
    from cxr_core.imaging.phantom import make_phantom
    from cxr_core.imaging.prepare import prepare
    from cxr_core.imaging.read import read_radiograph

    return prepare(read_radiograph(make_phantom(256)), classifier.spec)


@pytest.mark.parametrize("method", [name for name in METHODS if name != "attention"])
def test_a_method_draws_a_map_of_the_models_grid(classifier: Classifier, batch: np.ndarray, method: str) -> None:
    seen = []
    values = draw_map(classifier, batch, "Cardiomegaly", method, on_step=lambda done, most: seen.append(done / most))
    assert values.shape == (128, 128) and values.dtype == np.float32
    assert np.isfinite(values).all() and (values.std() > 0 or method == "grad_cam")
    assert seen == sorted(seen) and (not seen or seen[-1] == 1)


def test_grad_cam_is_flat_only_where_nothing_speaks_for_the_finding(classifier: Classifier, batch: np.ndarray) -> None:
    maps = [draw_map(classifier, batch, finding, "grad_cam") for finding in classifier.spec.findings]
    cells = [classifier.features(batch, (column,)) for column in range(len(maps))]
    for drawn, (features, slopes) in zip(maps, cells, strict=True):
        speaks = np.einsum("hwk,k->hw", features[0], slopes[0, 0].mean(axis=(0, 1))).max()
        assert (drawn.max() > 0) == (speaks > 0)
    assert any(drawn.max() > 0 for drawn in maps)


def test_the_halves_of_the_network_are_the_network(classifier: Classifier, batch: np.ndarray) -> None:
    maps, slopes = classifier.features(batch, (1, 4))
    assert maps.shape[:1] == (1,) and slopes.shape == (2, *maps.shape)
    # after the last maps come a mean and one dense layer: their gradient is the same in every place
    alike = slopes[:, :, :1, :1, :].repeat(maps.shape[1], 2).repeat(maps.shape[2], 3)
    np.testing.assert_allclose(slopes, alike, rtol=1e-4)
    whole = (maps * slopes[0]).sum(axis=(1, 2, 3))
    logit = classifier.outputs(batch, (1,))[:, 0]
    black = classifier.outputs(np.full_like(batch, -1), (1,))[:, 0]
    maps_black, _ = classifier.features(np.full_like(batch, -1), (1,))
    np.testing.assert_allclose(whole - (maps_black * slopes[0]).sum(axis=(1, 2, 3)), logit - black, rtol=1e-3)


def test_a_network_without_attention_says_so(classifier: Classifier, batch: np.ndarray) -> None:
    assert "attention" not in methods_of(classifier)
    for method, words in (("attention", f"{classifier.spec.title} has no attention map"), ("magic", "no method")):
        with pytest.raises(ExplanationError, match=words):
            draw_map(classifier, batch, "Mass", method)


def test_khans_attention_is_drawn_as_the_network_has_it() -> None:
    import keras

    from cxr_core.models.networks import build
    from cxr_core.models.registry import find_spec

    spec = find_spec("mobilenet-128-nih6")
    keras.utils.set_random_seed(1)
    model = build(spec)
    told = Classifier(spec, None, model)  # a card is asked for nothing here
    batch = np.random.default_rng(0).uniform(-1, 1, (1, 128, 128, 1)).astype(np.float32)
    assert "attention" in methods_of(told)
    values = draw_map(told, batch, "Mass", "attention")
    assert values.shape == (128, 128) and 0 <= values.min() <= values.max() <= 1
    features = np.asarray(keras.Model(model.input, model.get_layer("transition").output)(batch, training=False))[0]
    kernel, bias = model.get_layer("attention").get_weights()
    small = 1 / (1 + np.exp(-(features @ kernel[0, 0, :, 0] + bias[0])))  # by hand, from the layer before it
    places = (np.arange(128) + 0.5) / 128 * len(small) - 0.5
    across = np.stack([np.interp(places, np.arange(len(small)), row) for row in small])
    large = np.stack([np.interp(places, np.arange(len(small)), column) for column in across.T], axis=1)
    np.testing.assert_allclose(values, large, atol=1e-4)
    assert draw_map(told, batch, "Mass", "grad_cam").shape == (128, 128)
