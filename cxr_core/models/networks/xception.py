"""Xception from scratch with a two-layer head (Mondal, Agarwal, Rashid 2019).

The width of the hidden layer is not stated in the paper; 512 is ours.
"""

from __future__ import annotations

import keras
from keras import layers

from cxr_core.models.networks.head import classify
from cxr_core.models.spec import ModelSpec


def build(spec: ModelSpec) -> keras.Model:
    """Xception, average pooling (2048), dropout 0.3, dense 512, dropout 0.3, outputs."""
    backbone = keras.applications.Xception(
        weights=None, include_top=False, input_shape=spec.input_shape, pooling="avg"
    )
    hidden = layers.Dropout(0.3, name="head_dropout1")(backbone.output)
    hidden = layers.Dense(512, activation="relu", name="head_dense")(hidden)
    hidden = layers.Dropout(0.3, name="head_dropout2")(hidden)
    return keras.Model(backbone.input, classify(hidden, spec), name="xception")
