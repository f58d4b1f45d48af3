"""ResNet18 with batch norm after each convolution (He et al. 2015, arXiv:1512.03385)."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

from cxr_core.models.networks.head import classify
from cxr_core.models.spec import ModelSpec

_STAGES = ((64, 1), (128, 2), (256, 2), (512, 2))
_BLOCKS_PER_STAGE = 2


def build(spec: ModelSpec) -> keras.Model:
    """ResNet18, average pooling (512), and one dense layer of `len(spec.findings)` outputs."""
    film = keras.Input(spec.input_shape, name="film")
    x = _convolve(film, 64, kernel=7, stride=2, name="stem")
    x = layers.Activation("relu", name="stem_relu")(x)
    x = layers.MaxPooling2D(3, 2, padding="same", name="stem_pool")(x)
    for stage, (channels, first_stride) in enumerate(_STAGES, start=1):
        for block in range(1, _BLOCKS_PER_STAGE + 1):
            x = _basic_block(x, channels, first_stride if block == 1 else 1, f"stage{stage}_block{block}")
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    return keras.Model(film, classify(x, spec), name="resnet18")


def _convolve(x: Any, channels: int, *, kernel: int, stride: int, name: str) -> Any:
    """Convolution without bias, then batch norm."""
    x = layers.Conv2D(
        channels, kernel, stride, padding="same", use_bias=False, kernel_initializer="he_normal", name=f"{name}_conv"
    )(x)
    return layers.BatchNormalization(momentum=0.98, epsilon=1e-5, name=f"{name}_bn")(x)


def _basic_block(x: Any, channels: int, stride: int, name: str) -> Any:
    """Two 3x3 convolutions and a shortcut, which is projected where the shape changes."""
    shortcut = x
    if stride != 1 or x.shape[-1] != channels:
        shortcut = _convolve(x, channels, kernel=1, stride=stride, name=f"{name}_shortcut")
    x = _convolve(x, channels, kernel=3, stride=stride, name=f"{name}_1")
    x = layers.Activation("relu", name=f"{name}_1_relu")(x)
    x = _convolve(x, channels, kernel=3, stride=1, name=f"{name}_2")
    x = layers.Add(name=f"{name}_add")([x, shortcut])
    return layers.Activation("relu", name=f"{name}_relu")(x)
