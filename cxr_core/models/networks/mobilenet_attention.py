"""A classification and an attention branch over one transition layer (Khan, BRAC thesis, 2018).

The thesis leaves the base network open: MobileNet 1.0 is ours (Howard et al. 2017, arXiv:1704.04861). So is how the
branches meet: the mean of the transition layer and its attended mean stand side by side before the outputs.
"""

from __future__ import annotations

import keras
from keras import layers

from cxr_core.models.networks.head import classify
from cxr_core.models.spec import ModelSpec

DEPTH = 1024
# Where MobileNet's maps are an eighth, a quarter or a sixteenth of 128 px: the three sides the thesis compares.
TRANSITIONS = {32: "conv_pw_3_relu", 16: "conv_pw_5_relu", 8: "conv_pw_11_relu"}


def build(spec: ModelSpec, side: int = 8) -> keras.Model:
    """MobileNet to a transition layer of side x side x 1024; its attention map is layer "attention" (side, side, 1).

    `side` is 8, 16 or 32 at an input of 128 px.
    """
    base = keras.applications.MobileNet(weights=None, include_top=False, input_shape=spec.input_shape)
    features = layers.Conv2D(DEPTH, 1, use_bias=False, name="transition_conv")(base.get_layer(TRANSITIONS[side]).output)
    features = layers.BatchNormalization(name="transition_bn")(features)
    features = layers.Activation("relu", name="transition")(features)
    attention = layers.Conv2D(1, 1, activation="sigmoid", name="attention")(features)
    weighted = layers.Multiply(name="weighted")([features, attention])
    uniform = layers.GlobalAveragePooling2D(name="uniform")(features)
    attended = layers.GlobalAveragePooling2D(name="attended")(weighted)
    both = layers.Concatenate(name="branches")([uniform, attended])
    return keras.Model(base.input, classify(both, spec), name="mobilenet_attention")
