"""DenseNet121 (Huang et al. 2016, arXiv:1608.06993) with one dense layer, as CheXNet has it (arXiv:1711.05225)."""

from __future__ import annotations

import keras

from cxr_core.models.networks.head import classify
from cxr_core.models.spec import ModelSpec


def build(spec: ModelSpec) -> keras.Model:
    """DenseNet121, average pooling (1024), and one dense layer of `len(spec.findings)` outputs."""
    backbone = keras.applications.DenseNet121(
        weights=None, include_top=False, input_shape=spec.input_shape, pooling="avg"
    )
    return keras.Model(backbone.input, classify(backbone.output, spec), name="densenet121")
