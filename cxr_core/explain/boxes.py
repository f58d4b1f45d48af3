"""Heat map -> a few boxes in film pixels."""

from __future__ import annotations

import cv2
import numpy as np

from cxr_core.geometry import Box, Frame


def find_boxes(
    heatmap: np.ndarray, frame: Frame, label: str, *, threshold: float = 0.5, most: int = 3, least_share: float = 0.05
) -> list[Box]:
    """Boxes around the connected regions of a heat map at `threshold` and over.

    Parameters
    ----------
    heatmap : ndarray of shape (grid, grid), float32, 0 to 1
    frame : Frame
        Where the grid lies on the film.
    most : int
        The most boxes, largest share first.
    least_share : float
        Regions with less of the whole map than this draw no box.

    Returns
    -------
    list of Box
        In film pixels; `share` is the part of the map's whole sum inside the region's box.
    """
    total = float(heatmap.clip(min=0).sum())
    if total <= 0:
        return []
    _, _, regions, _ = cv2.connectedComponentsWithStats((heatmap >= threshold).astype(np.uint8))
    boxes = []
    for x, y, w, h, _ in regions[1:]:
        share = float(heatmap[y:y + h, x:x + w].clip(min=0).sum()) / total
        if share >= least_share:
            boxes.append(frame.to_film(Box(int(x), int(y), int(w), int(h), label, share)))
    return sorted(boxes, key=lambda box: -(box.share or 0))[:most]
