"""Which model a command means, and which films."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cxr_core.errors import WeightsMissing
from cxr_core.evaluation.saved_points import SavedPoint, saved_points
from cxr_core.models.card import Card
from cxr_core.models.registry import MODELS, all_models, find_spec
from cxr_core.models.weights import has_weights


TableOption = Annotated[
    Path | None, typer.Option("--table", help="Labels of a folder's films: NIH's table or one of your own.")
]


class Points(StrEnum):
    """Whose operating points scores are held against."""

    card = "card"
    saved = "saved"


PointsOption = Annotated[Points, typer.Option(
    "--operating-points", help="card: the model's own; saved: those chosen on the Performance page, where there are."
)]


def own_points(points: Points, card: Card) -> Mapping[str, SavedPoint]:
    """The reader's own operating points, if they are asked for. Otherwise none: a script gives the same everywhere.

    Raises
    ------
    DataError
        When they are asked for and cannot be read.
    """
    return saved_points(card.digest) if points is Points.saved else {}


def choose_model(model_id: str | None) -> str:
    """`model_id` if the registry has it; without one, the first model that has weights."""
    if model_id is not None:
        return find_spec(model_id).id
    for candidate in all_models():
        if has_weights(find_spec(candidate)):
            return candidate
    raise WeightsMissing(f"No model has weights yet. Train one: python -m cxr_core train {next(iter(MODELS))}.")
