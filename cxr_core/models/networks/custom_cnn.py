"""Five convolutions, each with batch norm, ReLU and max pooling (Ibisoglu, Akcay 2021).

The paper gives the layers' kinds, Xavier's initialisation and dropout .25. Ours are the kernel (3), the channels, which
double from 32 to 512, the average pooling before the dropout, and one dense layer after it.
"""

from __future__ import annotations

import keras
from keras import layers

from cxr_core.models.networks.head import classify
from cxr_core.models.spec import ModelSpec

_CHANNELS = (32, 64, 128, 256, 512)


def build(spec: ModelSpec) -> keras.Model:
    """The five blocks, average pooling (512), dropout, and one dense layer of `len(spec.findings)` outputs."""
    film = keras.Input(spec.input_shape, name="film")
    x = film
    for block, channels in enumerate(_CHANNELS, start=1):
        x = layers.Conv2D(
            channels, 3, padding="same", use_bias=False, kernel_initializer="glorot_uniform", name=f"block{block}_conv"
        )(x)
        x = layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name=f"block{block}_bn")(x)
        x = layers.Activation("relu", name=f"block{block}_relu")(x)
        x = layers.MaxPooling2D(2, name=f"block{block}_pool")(x)
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    x = layers.Dropout(0.25, name="dropout")(x)
    return keras.Model(film, classify(x, spec), name="custom_cnn")
