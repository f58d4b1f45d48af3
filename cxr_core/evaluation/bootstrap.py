"""AUC and its interval by patient: films of one patient are no independent draws."""

from __future__ import annotations

from dataclasses import dataclass

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
    return float(SortedScores.of(positive, scores, np.arange(len(scores))).auc(weights))


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
    columns = [SortedScores.of(targets[:, c], scores[:, c], place) for c in range(targets.shape[1])]
    return np.array([[column.auc(times) for column in columns] for times in drawn])


@dataclass(frozen=True)
class SortedScores:
    """One column in order of its scores, sorted once for all replicates: `starts` are the first films of each score.

    `place` says whose times each film takes: its patient's, or its own.
    """

    positive: np.ndarray
    starts: np.ndarray
    place: np.ndarray

    @classmethod
    def of(cls, positive: np.ndarray, scores: np.ndarray, place: np.ndarray) -> SortedScores:
        order = np.argsort(scores, kind="stable")
        values = scores[order]
        return cls(positive[order].astype(bool), np.flatnonzero(np.r_[True, values[1:] != values[:-1]]), place[order])

    def auc(self, times: np.ndarray) -> np.ndarray:
        """AUC when each patient counts `times` (..., patients) times: shape (...), NaN where one class is left."""
        heavy = times[..., self.place].astype(np.float64)
        ill = heavy * self.positive
        ill_here, all_here = (np.add.reduceat(one, self.starts, axis=-1) for one in (ill, heavy))
        well_here = all_here - ill_here
        pairs = ill_here.sum(axis=-1) * well_here.sum(axis=-1)
        below = np.cumsum(well_here, axis=-1) - well_here
        won = (ill_here * (below + well_here / 2)).sum(axis=-1)
        return np.divide(won, pairs, out=np.full(pairs.shape, np.nan), where=pairs > 0)


def interval(values: np.ndarray, level: float = 0.95) -> tuple[float, float]:
    """Percentile interval over replicates, NaN ones left out; NaN where there are no others."""
    if not np.isfinite(values).any():
        return float("nan"), float("nan")
    low, high = np.nanpercentile(values, (50 - 50 * level, 50 + 50 * level))
    return float(low), float(high)


def mean_of_known(replicates: np.ndarray) -> np.ndarray:
    """Mean over findings of each replicate (replicates, findings), NaN cells left out; NaN where there is no other."""
    known = np.isfinite(replicates)
    count = known.sum(axis=1)
    total = np.where(known, replicates, 0).sum(axis=1)
    return np.divide(total, count, out=np.full(len(replicates), np.nan), where=count > 0)
