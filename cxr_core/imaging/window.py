"""Window and level: stored values -> what is shown."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Window:
    """`center` and `width` in stored values, as DICOM's Window Center and Window Width."""

    center: float
    width: float


def full_window(bits: int) -> Window:
    """The window that shows every stored value of `bits` bits."""
    return Window((2**bits - 1) / 2, 2**bits - 1)


def apply_window(pixels: np.ndarray, window: Window) -> np.ndarray:
    """Values -> 0 to 1, linear between the window's ends.

    Parameters
    ----------
    pixels : ndarray of shape (H, W), any number type
    window : Window

    Returns
    -------
    ndarray of shape (H, W), float32, 0 to 1

    References
    ----------
    DICOM PS3.3 C.11.2.1.3.2 (LINEAR_EXACT).
    """
    low = window.center - window.width / 2
    return np.clip((pixels.astype(np.float32) - np.float32(low)) / np.float32(max(window.width, 1e-6)), 0, 1)
