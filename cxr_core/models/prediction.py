"""What a model says of one film."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Call = Literal["present", "unsure", "absent"]


@dataclass(frozen=True)
class Score:
    """One finding's score.

    `raw` is the network's own output, `probability` the calibrated one; both 0 to 1. `operating_point`
    and the ends of `unsure` are on the calibrated scale.
    """

    finding: str
    raw: float
    probability: float
    operating_point: float
    unsure: tuple[float, float]

    @property
    def call(self) -> Call:
        """Present above the "not sure" band, absent below it."""
        low, high = self.unsure
        if self.probability > high:
            return "present"
        return "absent" if self.probability < low else "unsure"


@dataclass(frozen=True)
class Prediction:
    """All scores of one film, in the model's output order, and what made them."""

    model_id: str
    digest: str
    device: str
    scores: tuple[Score, ...]
