"""Where Integrated Gradients starts from: films without information."""

from __future__ import annotations

import cv2
import numpy as np

from cxr_core.errors import ExplanationError

BASELINES = ("black", "white", "blurred", "mean")


def each_of(name: str) -> tuple[str, ...]:
    """The baselines that a name stands for: "all" for every one, any other for itself."""
    return BASELINES if name == "all" else (name,)


def make_baselines(film: np.ndarray, ends: tuple[np.ndarray, np.ndarray], name: str = "black") -> np.ndarray:
    """The baseline of a film, or all of them.

    Parameters
    ----------
    film : ndarray of shape (H, W, C), float32
        The network's input.
    ends : two ndarrays of shape (C,)
        What black and white are in the network's input, channel by channel.
    name : str
        "black", "white", "blurred" (Gaussian of a twelfth of the side), "mean" (the film's own mean
        grey), or "all".

    Returns
    -------
    ndarray of shape (B, H, W, C), float32
    """
    if name == "all":
        return np.concatenate([make_baselines(film, ends, one) for one in each_of(name)])
    if name == "black":
        grey = np.full_like(film, ends[0])
    elif name == "white":
        grey = np.full_like(film, ends[1])
    elif name == "blurred":
        grey = cv2.GaussianBlur(film, (0, 0), film.shape[0] / 12).reshape(film.shape)
    elif name == "mean":
        grey = np.full_like(film, film.mean(axis=(0, 1)))
    else:
        raise ExplanationError(f"There is no baseline {name!r}. Choose one of: {', '.join(BASELINES)}, all.")
    return grey[None]
