"""DenseNet121 with a clinical branch (Crobu, Di Ciaccio 2019).

The activations of the branch's two layers are not stated in the paper; ReLU is ours.
"""

from __future__ import annotations

import keras
from keras import layers

from cxr_core.models.clinical import COUNT
from cxr_core.models.networks.head import classify
from cxr_core.models.spec import ModelSpec


def build(spec: ModelSpec) -> keras.Model:
    """DenseNet121 and average pooling (1024) beside dense 32 and dense 16 over 17 clinical inputs; joined; outputs.

    Inputs: the film (N, size, size, 3), then the clinical inputs (N, 17) of `cxr_core.models.clinical`.
    """
    backbone = keras.applications.DenseNet121(
        weights=None, include_top=False, input_shape=spec.input_shape, pooling="avg"
    )
    clinical = keras.Input((COUNT,), name="clinical")
    hidden = layers.Dense(32, activation="relu", name="clinical_dense1")(clinical)
    hidden = layers.Dense(16, activation="relu", name="clinical_dense2")(hidden)
    both = layers.Concatenate(name="film_and_clinical")([backbone.output, hidden])
    return keras.Model([backbone.input, clinical], classify(both, spec), name="densenet121_clinical")
