"""Boxes, and the way between a model's grid and the film's pixels."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Box:
    """A rectangle in film pixels: `x`, `y` of the top-left corner, `w`, `h` its size.

    `share` is the part of the whole positive attribution inside it (0 to 1), or None for a box
    that a person drew.
    """

    x: float
    y: float
    w: float
    h: float
    label: str = ""
    share: float | None = None

    @property
    def area(self) -> float:
        return max(self.w, 0.0) * max(self.h, 0.0)

    def intersection(self, other: Box) -> float:
        """Area in common with `other`, in square pixels."""
        width = min(self.x + self.w, other.x + other.w) - max(self.x, other.x)
        height = min(self.y + self.h, other.y + other.h) - max(self.y, other.y)
        return max(width, 0.0) * max(height, 0.0)

    def scaled(self, across: float, down: float) -> Box:
        """This box on a film stretched `across` times in x and `down` times in y."""
        return replace(self, x=self.x * across, y=self.y * down, w=self.w * across, h=self.h * down)


def iou(a: Box, b: Box) -> float:
    """Intersection over union, 0 to 1; 0 when both are empty."""
    common = a.intersection(b)
    union = a.area + b.area - common
    return common / union if union > 0 else 0.0


def iobb(detected: Box, reference: Box) -> float:
    """Intersection over the area of the *detected* box, 0 to 1 (Wang et al. 2017, table 4)."""
    return detected.intersection(reference) / detected.area if detected.area > 0 else 0.0


@dataclass(frozen=True)
class Frame:
    """How a film of `film_height` x `film_width` pixels lies on a square model grid of `grid` cells.

    The whole film is stretched to the square, as NIH stretched its films to 1024 x 1024.
    """

    film_height: int
    film_width: int
    grid: int

    def to_film(self, box: Box) -> Box:
        """A box in grid cells, in film pixels."""
        return box.scaled(self.film_width / self.grid, self.film_height / self.grid)
