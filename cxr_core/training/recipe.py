"""A recipe: everything a training run depends on but the films."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Recipe:
    """How one model is trained.

    `epoch_films` is the number of films shown in an epoch (None: every film of the split once).
    `min_source` leaves out films whose source was smaller, in px. `balance` draws films with a finding
    the more often the rarer it is. `ema` is the momentum of the averaged weights, or None.
    """

    model_id: str
    epochs: int
    batch: int
    learning_rate: float
    optimizer: Literal["adam", "adamw"]
    schedule: Literal["constant", "cosine"]
    augmentation: Literal["published_xception", "radiograph"]
    weight_decay: float = 0.0
    ema: float | None = None
    balance: bool = False
    min_source: int = 0
    epoch_films: int | None = None
    precision: str = "mixed_bfloat16"
    seed: int = 1
