"""The last two layers, which every network shares."""

from __future__ import annotations

from typing import Any

from keras import layers

from cxr_core.models.spec import ModelSpec


def classify(features: Any, spec: ModelSpec) -> Any:
    """Logits, then probabilities, both float32 whatever the precision of the layers below."""
    logits = layers.Dense(len(spec.findings), dtype="float32", name="logits")(features)
    return layers.Activation(spec.activation, dtype="float32", name="probabilities")(logits)
