"""What a model says of one film."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from cxr_core.evaluation.saved_points import SavedPoint

Call = Literal["present", "unsure", "absent", "unknown", "likeliest", "other"]


@dataclass(frozen=True)
class Score:
    """One finding's score.

    `raw` is the network's own output, `probability` the calibrated one; both 0 to 1. `operating_point`
    and the ends of `unsure` are on the calibrated scale; both are None where the card does not know them. Exclusive
    classes have neither: `likeliest` says whether the film is called this one, and is None of findings that are not
    exclusive. `own` is the reader's choice, where one took the place of the card's operating point: it has no band.
    """

    finding: str
    raw: float
    probability: float
    operating_point: float | None
    unsure: tuple[float, float] | None
    likeliest: bool | None = None
    own: SavedPoint | None = None

    @property
    def call(self) -> Call:
        """Present above the "not sure" band, absent below it, unknown without one; or the likeliest class, or not.

        Held against a reader's own point a film at it is called present, one under it absent. What is no number is
        called nothing.
        """
        if not math.isfinite(self.probability):
            return "unknown"
        if self.likeliest is not None:
            return "likeliest" if self.likeliest else "other"
        if self.own is not None:
            return "present" if self.probability >= self.own.threshold else "absent"
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
        if self.own is not None:
            return f"operating point {self._percent(self.own.threshold)} ({self.own.in_words})"
        return "operating point " + ("unknown" if self.operating_point is None else self._percent(self.operating_point))

    @property
    def percent(self) -> str:
        """The probability as it is written: with decimals where it would read the same as its operating point."""
        return self._percent(self.probability)

    def _percent(self, value: float) -> str:
        point = self.probability if self.operating_point is None else self.operating_point
        places = next((n for n in (0, 1) if f"{self.probability:.{n}%}" != f"{point:.{n}%}"), 2)
        return f"{value:.{0 if self.probability == point else places}%}"

    @property
    def point_of(self) -> str:
        """Whose operating point it is held against: "card", a reader's in words, or nobody's."""
        if self.own is not None:
            return self.own.in_words
        return "" if self.operating_point is None else "card"

    def held_to(self, point: SavedPoint) -> Score:
        """The same score, held against a reader's own operating point; that of an exclusive class has none."""
        if self.likeliest is not None:
            return self
        return replace(self, operating_point=point.threshold, unsure=None, own=point)


@dataclass(frozen=True)
class Prediction:
    """All scores of one film, in the model's output order, and what made them."""

    model_id: str
    digest: str
    device: str
    scores: tuple[Score, ...]

    def held_to(self, points: Mapping[str, SavedPoint]) -> Prediction:
        """The same scores, held against a reader's own operating points where there are some, by finding."""
        return replace(self, scores=hold(self.scores, points))


def hold(scores: tuple[Score, ...], points: Mapping[str, SavedPoint]) -> tuple[Score, ...]:
    """Scores held against a reader's own operating points where there are some, by finding."""
    return tuple(score.held_to(points[score.finding]) if score.finding in points else score for score in scores)
