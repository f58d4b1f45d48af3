"""A film in memory: its pixels at full depth, and the few tags that a reading needs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cxr_core.imaging.window import Window, apply_window


@dataclass(frozen=True)
class Radiograph:
    """One film. Bright is dense, whatever the file's photometric interpretation was.

    `pixels` has shape (H, W), uint8 or uint16, values 0 to 2**bits - 1. `coloured` is the mean chroma of the source,
    0 (grey) to 1. `age` is in years, an infant's a part of one. `spacing_mm` is from row to row and from column to
    column, in the patient or, magnified, at the detector. `body_part` is DICOM's own word for the region, lower
    case, or None. Names, ids and all other tags are dropped when the file is read.
    """

    pixels: np.ndarray
    bits: int
    window: Window
    format: str
    sha256: str
    view: str | None = None
    age: float | None = None
    sex: str | None = None
    spacing_mm: tuple[float, float] | None = None
    spacing_at_detector: bool = False
    laterality: str | None = None
    date: str | None = None
    body_part: str | None = None
    coloured: float = 0.0
    was_monochrome1: bool = False
    windows: tuple[Window, ...] = ()

    @property
    def height(self) -> int:
        return self.pixels.shape[0]

    @property
    def width(self) -> int:
        return self.pixels.shape[1]

    def display(self) -> np.ndarray:
        """The film through its own window: shape (H, W), float32, 0 to 1."""
        return apply_window(self.pixels, self.window)
