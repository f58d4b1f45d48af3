"""Which model a command means."""

from __future__ import annotations

from cxr_core.errors import ModelError, WeightsMissing
from cxr_core.models.registry import MODELS, all_models, find_spec
from cxr_core.models.weights import find_weights


def has_weights(model_id: str) -> bool:
    """Whether the model's weights are there (not whether they are whole: loading checks that)."""
    try:
        find_weights(find_spec(model_id))
    except ModelError:
        return False
    return True


def choose_model(model_id: str | None) -> str:
    """`model_id` if the registry has it; without one, the first model that has weights."""
    if model_id is not None:
        return find_spec(model_id).id
    for candidate in all_models():
        if has_weights(candidate):
            return candidate
    raise WeightsMissing(f"No model has weights yet. Train one: python -m cxr_core train {next(iter(MODELS))}.")
