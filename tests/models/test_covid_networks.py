"""The two networks of Ibisoglu and Akcay (2021) are the published ones."""

from __future__ import annotations

import numpy as np

from cxr_core.models.networks import build
from cxr_core.models.registry import find_spec

_TORCHVISION = 11_689_512  # published: ResNet18 with ImageNet's 1000 outputs
_FEATURES = 512


def test_resnet18_has_the_published_number_of_parameters_with_its_last_layer_replaced() -> None:
    model = build(find_spec("resnet18-224-covid3"))
    trained = sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
    assert trained == _TORCHVISION - 1000 * (_FEATURES + 1) + 3 * (_FEATURES + 1)


def test_the_custom_cnn_has_the_published_layers_in_their_order() -> None:
    from keras import initializers

    model = build(find_spec("customcnn-224-covid3"))
    block = ["Conv2D", "BatchNormalization", "Activation", "MaxPooling2D"]
    head = ["GlobalAveragePooling2D", "Dropout", "Dense", "Activation"]
    assert [type(layer).__name__ for layer in model.layers] == ["InputLayer", *block * 5, *head]
    convolutions = [layer for layer in model.layers if type(layer).__name__ == "Conv2D"]
    assert all(isinstance(layer.kernel_initializer, initializers.GlorotUniform) for layer in convolutions)
    assert isinstance(model.get_layer("logits").kernel_initializer, initializers.GlorotUniform)  # Xavier as well
    assert all(model.get_layer(f"block{n}_relu").activation.__name__ == "relu" for n in range(1, 6))
    assert model.get_layer("dropout").rate == 0.25


def test_the_classes_share_one_whole() -> None:
    spec = find_spec("customcnn-224-covid3")
    films = np.random.default_rng(0).uniform(-1, 1, (2, *spec.input_shape)).astype(np.float32)
    scores = np.asarray(build(spec)(films))
    assert spec.exclusive and scores.shape == (2, 3)
    np.testing.assert_allclose(scores.sum(axis=1), 1, rtol=1e-5)
