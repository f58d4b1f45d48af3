"""Attribution -> heat map."""

from __future__ import annotations

import cv2
import numpy as np

from cxr_core.errors import ExplanationError

KINDS = ("positive", "absolute", "signed")


def make_heatmap(
    values: np.ndarray, *, kind: str = "positive", clip: float = 99.0, sigma_px: float | None = None
) -> np.ndarray:
    """Smooth, clip at a percentile, and scale.

    Parameters
    ----------
    values : ndarray of shape (H, W)
        Attribution, in units of the output.
    kind : "positive", "absolute" or "signed"
    clip : float
        Percentile (of the smoothed map's size) drawn at full strength.
    sigma_px : float, optional
        Gaussian smoothing in grid pixels; a fortieth of the side by default.

    Returns
    -------
    ndarray of shape (H, W), float32
        0 to 1, or -1 to 1 when signed; all 0 where there is nothing to show.
    """
    if kind not in KINDS:
        raise ExplanationError(f"There is no kind of heat map {kind!r}. Choose one of: {', '.join(KINDS)}.")
    chosen = {"positive": np.maximum(values, 0), "absolute": np.abs(values), "signed": values}[kind]
    sigma = values.shape[0] / 40 if sigma_px is None else sigma_px
    smooth = cv2.GaussianBlur(chosen.astype(np.float32), (0, 0), sigma) if sigma > 0 else chosen.astype(np.float32)
    full = float(np.percentile(np.abs(smooth), clip))
    if full <= 0:
        return np.zeros(values.shape, np.float32)
    return np.clip(smooth / full, -1.0, 1.0).astype(np.float32)
