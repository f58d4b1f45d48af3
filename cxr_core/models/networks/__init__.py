"""The networks, one file each; `build` makes the one that a spec names."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from cxr_core.models.spec import ModelSpec

if TYPE_CHECKING:
    import keras


def build(spec: ModelSpec) -> keras.Model:
    """Build the network of `spec`, untrained.

    Parameters
    ----------
    spec : ModelSpec
        Its `network` is the name of a file in this folder.

    Returns
    -------
    keras.Model
        Input of shape (N, size, size, channels), float32, scaled as `spec.scaling` says; of a clinical
        model a second one of shape (N, 17), float32 (`cxr_core.models.clinical`). The layer
        "logits" gives the values before the activation; the output "probabilities" has shape
        (N, len(findings)), float32, 0 to 1.
    """
    return import_module(f"cxr_core.models.networks.{spec.network}").build(spec)
