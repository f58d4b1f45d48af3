"""The order of scores, in NumPy alone: SciPy's and scikit-learn's own take a second to import before the first page."""

from __future__ import annotations

import numpy as np


def placed(values: np.ndarray, among: np.ndarray) -> np.ndarray:
    """How many `among` (m,) each of the `values` (n,) is above, ties half: float64 of (n,), in O((m + n) log m)."""
    among = np.sort(among)
    return (np.searchsorted(among, values, "left") + np.searchsorted(among, values, "right")) / 2


def called_at(
    positive: np.ndarray, scores: np.ndarray, weights: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What is called at every threshold, from none to all: three arrays of one length.

    Parameters
    ----------
    positive : ndarray of shape (films,), 0 or 1
    scores : ndarray of shape (films,)
        A film at the threshold is called. Films of one score are called together.
    weights : ndarray of shape (films,), optional
        How much each film counts, 1 by default.

    Returns
    -------
    false, true : ndarray
        Well and ill films that are called; 0 first.
    thresholds : ndarray
        Infinity first, then the scores there are, highest first.
    """
    scores, ill = np.asarray(scores, np.float64), np.asarray(positive).astype(bool)
    order = np.argsort(-scores, kind="stable")
    scores, ill = scores[order], ill[order]
    counted = np.ones(len(scores)) if weights is None else np.asarray(weights, np.float64)[order]
    last = np.flatnonzero(np.r_[scores[1:] != scores[:-1], True]) if len(scores) else np.empty(0, int)
    false, true = (np.r_[0, np.cumsum(counted * which)[last]] for which in (~ill, ill))
    return false, true, np.r_[np.inf, scores[last]]
