"""The history of a model's training, as it lies beside its weights."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from cxr_core.errors import ResultsError, WeightsMissing
from cxr_core.models.registry import EXPERIMENTS, all_models, find_spec
from cxr_core.models.weights import find_weights, weights_folder


def history_of(model_id: str) -> Path | None:
    """The history of a model's training; None where it has none."""
    if model_id in EXPERIMENTS:
        folder = weights_folder() / model_id
    elif model_id in all_models():
        try:
            folder = find_weights(find_spec(model_id))
        except WeightsMissing:
            return None
    else:
        return None
    file = folder / "history.csv"
    return file if file.is_file() else None


def read_history(file: Path) -> pd.DataFrame:
    """A history, numbers alone, a row an epoch.

    Raises
    ------
    ResultsError
        When it is no table of epochs.
    """
    try:
        history = pd.read_csv(file).apply(pd.to_numeric, errors="coerce")
    except (OSError, ValueError) as problem:
        raise ResultsError(
            f"The training history of {file.parent.name} cannot be read. Ship the model again."
        ) from problem
    if not {"epoch", "loss"} <= set(history):
        raise ResultsError(f"The training history of {file.parent.name} lacks epoch or loss. Ship the model again.")
    return history
