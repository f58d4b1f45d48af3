"""MobileNet 1.0 with global average pooling (Howard et al. 2017, arXiv:1704.04861)."""

from __future__ import annotations

import keras
from keras import layers

from cxr_core.models.networks.head import classify
from cxr_core.models.spec import ModelSpec


def build(spec: ModelSpec) -> keras.Model:
    """MobileNet, dropout 0.2, and one dense layer of `len(spec.findings)` outputs."""
    backbone = keras.applications.MobileNet(
        weights=None, include_top=False, input_shape=spec.input_shape, pooling="avg"
    )
    features = layers.Dropout(0.2, name="head_dropout")(backbone.output)
    return keras.Model(backbone.input, classify(features, spec), name="mobilenet")
