"""AUC and its interval by patient: films of one patient are no independent draws."""

from __future__ import annotations

import numpy as np
from scipy.stats import rankdata


def auc(positive: np.ndarray, scores: np.ndarray) -> float:
    """Area under the ROC curve: the chance that an ill film scores over a healthy one, ties half. NaN for one class."""
    positive = positive.astype(bool)
    n_positive, n_negative = int(positive.sum()), int((~positive).sum())
    if not n_positive or not n_negative:
        return float("nan")
    ranks = rankdata(scores)
    return float((ranks[positive].sum() - n_positive * (n_positive + 1) / 2) / (n_positive * n_negative))


def weighted_auc(positive: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> float:
    """AUC with a weight per film (how often a replicate drew it), in O(n log n)."""
    order = np.argsort(scores, kind="stable")
    values, heavy = scores[order], weights[order].astype(np.float64)
    ill = heavy * positive[order].astype(bool)
    well = heavy - ill
    if ill.sum() <= 0 or well.sum() <= 0:
        return float("nan")
    starts = np.flatnonzero(np.r_[True, values[1:] != values[:-1]])
    ill_here, well_here = np.add.reduceat(ill, starts), np.add.reduceat(well, starts)
    below = np.cumsum(well_here) - well_here
    return float((ill_here * (below + well_here / 2)).sum() / (ill.sum() * well.sum()))


def bootstrap_auc(
    targets: np.ndarray, scores: np.ndarray, patients: np.ndarray, *, replicates: int = 1000, seed: int = 0
) -> np.ndarray:
    """AUC of each column in replicates that draw patients with all their films.

    Parameters
    ----------
    targets, scores : ndarray of shape (films, findings)
    patients : ndarray of shape (films,)

    Returns
    -------
    ndarray of shape (replicates, findings); NaN where a replicate has one class only
    """
    _, place = np.unique(patients, return_inverse=True)
    rng = np.random.default_rng(seed)
    count = place.max() + 1
    drawn = rng.multinomial(count, np.full(count, 1 / count), size=replicates)
    return np.array([
        [weighted_auc(targets[:, c], scores[:, c], times[place]) for c in range(targets.shape[1])] for times in drawn
    ])


def interval(values: np.ndarray, level: float = 0.95) -> tuple[float, float]:
    """Percentile interval over replicates, NaN ones left out."""
    low, high = np.nanpercentile(values, (50 - 50 * level, 50 + 50 * level))
    return float(low), float(high)
