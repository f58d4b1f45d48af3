"""What a model says of one film."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Call = Literal["present", "unsure", "absent", "unknown", "likeliest", "other"]


@dataclass(frozen=True)
class Score:
    """One finding's score.

    `raw` is the network's own output, `probability` the calibrated one; both 0 to 1. `operating_point`
    and the ends of `unsure` are on the calibrated scale; both are None where the card does not know them. Exclusive
    classes have neither: `likeliest` says whether the film is called this one, and is None of findings that are not
    exclusive.
    """

    finding: str
    raw: float
    probability: float
    operating_point: float | None
    unsure: tuple[float, float] | None
    likeliest: bool | None = None

    @property
    def call(self) -> Call:
        """Present above the "not sure" band, absent below it, unknown without one; or the likeliest class, or not."""
        if self.likeliest is not None:
            return "likeliest" if self.likeliest else "other"
        if self.unsure is None:
            return "unknown"
        low, high = self.unsure
        if self.probability > high:
            return "present"
        return "absent" if self.probability < low else "unsure"

    @property
    def held_against(self) -> str:
        """What the probability is held against, in words."""
        if self.likeliest is not None:
            return "the likeliest class" if self.likeliest else "not the likeliest class"
        return "operating point " + ("unknown" if self.operating_point is None else f"{self.operating_point:.0%}")


@dataclass(frozen=True)
class Prediction:
    """All scores of one film, in the model's output order, and what made them."""

    model_id: str
    digest: str
    device: str
    scores: tuple[Score, ...]
