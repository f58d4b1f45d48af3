"""The losses a recipe can name.

Targets and probabilities (N, findings), 0 or 1 and 0 to 1 -> one value a film.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from keras import losses, ops

from cxr_core.datasets.sampling import positive_weights
from cxr_core.errors import TrainingError

Loss = Callable[[Any, Any], Any]


def euclidean(targets: Any, probabilities: Any) -> Any:
    """Distance of the two vectors (Khan 2018); a small constant keeps its slope finite at 0."""
    return ops.sqrt(ops.sum(ops.square(targets - probabilities), axis=-1) + 1e-7)


def hinge(targets: Any, probabilities: Any) -> Any:
    """Hinge loss with both vectors taken to -1 to 1 (Khan 2018)."""
    return losses.hinge(2 * targets - 1, 2 * probabilities - 1)


def weighted_binary_crossentropy(positive: np.ndarray) -> Loss:
    """Binary cross-entropy in which a positive of each finding counts `positive` (findings,), a negative 1 over it."""
    weights = ops.convert_to_tensor(np.asarray(positive, np.float32))

    def loss(targets: Any, probabilities: Any) -> Any:
        sure = ops.clip(probabilities, 1e-7, 1 - 1e-7)
        cells = weights * targets * ops.log(sure) + (1 - targets) / weights * ops.log(1 - sure)
        return -ops.mean(cells, axis=-1)

    return loss


def known_binary_crossentropy(targets: Any, probabilities: Any) -> Any:
    """Binary cross-entropy, the mean over what is known of each film: a target that is NaN has no part in it."""
    known = ops.logical_not(ops.isnan(targets))
    told = ops.where(known, targets, 0.0)  # before the logarithms: a NaN that is left out afterwards still has a slope
    sure = ops.clip(probabilities, 1e-7, 1 - 1e-7)
    cells = told * ops.log(sure) + (1 - told) * ops.log(1 - sure)
    known = ops.cast(known, cells.dtype)
    return -ops.sum(known * cells, axis=-1) / ops.maximum(ops.sum(known, axis=-1), 1.0)


LOSSES: dict[str, str | Loss] = {
    "binary_crossentropy": "binary_crossentropy", "categorical_crossentropy": "categorical_crossentropy",
    "euclidean": euclidean, "hinge": hinge, "known_binary_crossentropy": known_binary_crossentropy,
}


def find_loss(name: str, targets: np.ndarray, findings: tuple[str, ...]) -> str | Loss:
    """The loss of a recipe. The weighted one is weighed by the labels (films, findings) of the training films.

    With P positives and N negatives of a finding, a positive counts sqrt(N/P) and a negative sqrt(P/N): N/P is their
    ratio, as in CheXNet (Rajpurkar et al. 2017), so both weigh the same in sum. The square root keeps a rare finding's
    few positives from outweighing all else; CheXNet's own N/(P+N) and P/(P+N) would all but silence it.
    """
    if name == "weighted_binary_crossentropy":
        return weighted_binary_crossentropy(np.sqrt(positive_weights(targets, findings)))
    if name not in LOSSES:
        known = ", ".join(("weighted_binary_crossentropy", *LOSSES))
        raise TrainingError(f"There is no loss {name!r}. Choose one of: {known}.")
    return LOSSES[name]
