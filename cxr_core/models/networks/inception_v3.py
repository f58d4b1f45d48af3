"""InceptionV3 with a dense head (Srikar, Reddy, Reddy, c. 2021).

The paper does not state the activations of the hidden layers; ReLU is ours.
"""

from __future__ import annotations

import keras
from keras import layers

from cxr_core.models.networks.head import classify
from cxr_core.models.spec import ModelSpec


def build(spec: ModelSpec) -> keras.Model:
    """InceptionV3, average pooling, dense 512, batch norm, dense 128, batch norm, dense 32, outputs."""
    backbone = keras.applications.InceptionV3(
        weights=None, include_top=False, input_shape=spec.input_shape, pooling="avg"
    )
    hidden = layers.Dense(512, activation="relu", name="head_dense1")(backbone.output)
    hidden = layers.BatchNormalization(name="head_bn1")(hidden)
    hidden = layers.Dense(128, activation="relu", name="head_dense2")(hidden)
    hidden = layers.BatchNormalization(name="head_bn2")(hidden)
    hidden = layers.Dense(32, activation="relu", name="head_dense3")(hidden)
    return keras.Model(backbone.input, classify(hidden, spec), name="inception_v3")
