"""Batch norms folded into the convolutions before them: the same function with fewer passes over memory."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers

_CONVOLUTIONS = (layers.Conv2D, layers.SeparableConv2D, layers.DepthwiseConv2D)


class Folded(layers.Layer):
    """What a folded batch norm leaves behind: its name, and its signature, which the copied graph calls."""

    def call(self, inputs, training=None, mask=None):  # noqa: ARG002
        return inputs

    def compute_output_shape(self, input_shape):  # or Keras traces `call` to find out, once for each norm
        return input_shape


def fold_batch_norms(model: keras.Model) -> keras.Model:
    """A copy of `model` for inference, without the batch norms that follow a linear convolution.

    In inference a batch norm scales and shifts each channel by constants, which the convolution's kernel and bias can
    hold. Names of layers stay; a folded batch norm does nothing. Outputs agree to float32's rounding.
    """
    pairs = {norm.name: layer for layer in model.layers if (norm := _norm_after(layer)) is not None}
    folded = {layer.name for layer in pairs.values()}

    def copy(layer: layers.Layer) -> layers.Layer:
        if layer.name in pairs:
            return Folded(name=layer.name)
        config = layer.get_config() | ({"use_bias": True} if layer.name in folded else {})
        # nothing is drawn at random that is overwritten below
        return type(layer).from_config({key: "zeros" if key.endswith("_initializer") and one is not None else one
                                        for key, one in config.items()})

    copied = keras.models.clone_model(model, clone_function=copy)
    for layer in model.layers:
        if layer.weights and layer.name not in pairs and layer.name not in folded:
            copied.get_layer(layer.name).set_weights(layer.get_weights())
    for norm_name, layer in pairs.items():
        copied.get_layer(layer.name).set_weights(_fold(layer, model.get_layer(norm_name)))
    return copied


def _norm_after(layer: layers.Layer) -> layers.BatchNormalization | None:
    """The batch norm that alone consumes a linear convolution's output."""
    if not isinstance(layer, _CONVOLUTIONS) or layer.activation is not keras.activations.linear:
        return None
    consumers = [node.operation for node in layer._outbound_nodes]
    alone = len(consumers) == 1 and isinstance(consumers[0], layers.BatchNormalization)
    return consumers[0] if alone and consumers[0].axis in (-1, 3) else None


def _fold(layer: layers.Layer, norm: layers.BatchNormalization) -> list[np.ndarray]:
    """The convolution's weights with the batch norm in them: kernels, the last one scaled, and a bias."""
    as_array = keras.ops.convert_to_numpy
    scale = 1 / np.sqrt(as_array(norm.moving_variance) + norm.epsilon)
    scale = scale * as_array(norm.gamma) if norm.scale else scale
    shift = as_array(norm.beta) if norm.center else 0.0
    kernels = layer.get_weights()
    bias = kernels.pop() if layer.use_bias else 0.0
    # a depthwise kernel is (h, w, channels, 1): its channels stand before the last axis
    depthwise = isinstance(layer, layers.DepthwiseConv2D)
    kernels[-1] = kernels[-1] * (scale.reshape(kernels[-1].shape[2:]) if depthwise else scale)
    return [*kernels, (bias - as_array(norm.moving_mean)) * scale + shift]
