"""The losses a recipe can name: (targets, probabilities) of shape (N, findings), 0 or 1 and 0 to 1, to one value a film."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras import losses, ops


def euclidean(targets: Any, probabilities: Any) -> Any:
    """Distance of the two vectors (Khan 2018); a small constant keeps its slope finite at 0."""
    return ops.sqrt(ops.sum(ops.square(targets - probabilities), axis=-1) + 1e-7)


def hinge(targets: Any, probabilities: Any) -> Any:
    """Hinge loss with both vectors taken to -1 to 1 (Khan 2018)."""
    return losses.hinge(2 * targets - 1, 2 * probabilities - 1)


LOSSES: dict[str, str | Callable[[Any, Any], Any]] = {
    "binary_crossentropy": "binary_crossentropy", "euclidean": euclidean, "hinge": hinge,
}
