"""Source shortcuts: how well view, age, size or pixel spacing alone predict a finding.

A trait that predicts a finding can be learned in its stead. Each is given its best chance: its values are put into
bins, and a film's score is the share with the finding among the films of *other* patients in its bin. The interval
takes films of one patient as one draw.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import pandas as pd

from cxr_core.evaluation.delong import obuchowski

BINS = 20  # of a trait with more values than this
FOLDS = 5
FEWEST = 20  # patients with the finding, and as many without, under which nothing is said
_WEIGHT = 5.0  # films that the whole's share counts as, in each bin


@dataclass(frozen=True)
class TraitAuc:
    """How well a trait alone predicts a finding: AUC with its 95% interval by patient; `positives` of `films`."""

    trait: str
    finding: str
    auc: float
    low: float
    high: float
    positives: int
    films: int

    @property
    def is_shortcut(self) -> bool:
        """Whether it predicts better than chance."""
        return self.low > 0.5


def predict_by_traits(
    traits: pd.DataFrame, labels: np.ndarray, findings: tuple[str, ...], patients: np.ndarray,
    on_step: Callable[[int, int], None] | None = None,
) -> list[TraitAuc]:
    """The AUC of each trait for each finding, films of unknown trait left out.

    Parameters
    ----------
    traits : DataFrame
        A row per film, a column per trait: numbers or words.
    labels : ndarray of shape (films, findings), 0 or 1
    findings : tuple of str
    patients : ndarray of shape (films,)
    on_step : callable, optional
        Told the traits done and the traits in all.

    Returns
    -------
    list of TraitAuc
        Without the pairs of which fewer than twenty patients have the finding, or have it not.
    """
    codes = pd.factorize(patients)[0]
    fold = np.random.default_rng(0).integers(0, FOLDS, codes.max(initial=0) + 1)[codes]
    found = []
    for number, trait in enumerate(traits.columns):
        bins = into_bins(traits[trait])
        there = bins >= 0
        for column, finding in enumerate(findings):
            positive = labels[there, column] > 0.5
            of = codes[there]
            if min(len(np.unique(of[positive])), len(np.unique(of[~positive]))) < FEWEST:
                continue
            scores = share_elsewhere(bins[there], positive, fold[there])
            area, low, high = clustered_auc(positive, scores, of)
            found.append(TraitAuc(str(trait), finding, area, low, high, int(positive.sum()), len(of)))
        if on_step:
            on_step(number + 1, traits.shape[1])
    return found


def into_bins(values: pd.Series) -> np.ndarray:
    """Each value's bin: its own where there are few values, else one of twenty of like size; -1 where unknown."""
    if isinstance(values.dtype, pd.CategoricalDtype) or not pd.api.types.is_numeric_dtype(values):
        words = values.astype(str)
        return pd.factorize(words.where(values.notna() & (words != "")))[0]
    numbers = values.where(np.isfinite(values.astype(float)))
    if numbers.nunique() <= BINS:
        return pd.factorize(numbers)[0]
    return pd.qcut(numbers, BINS, labels=False, duplicates="drop").fillna(-1).to_numpy(int)


def share_elsewhere(bins: np.ndarray, positive: np.ndarray, fold: np.ndarray) -> np.ndarray:
    """For each film how its bin's share with the finding differs from the whole's, both among the films of other folds.

    Without the whole's share a fold of many ill films would be given low scores, as the others then hold fewer. Returns
    the logarithm of their ratio, float64 of shape (films,).
    """
    count = bins.max(initial=0) + 1
    scores = np.empty(len(bins))
    for one in np.unique(fold):
        here = fold == one
        share = positive[~here].mean() if (~here).any() else 0.0
        films = np.bincount(bins[~here], minlength=count)
        ill = np.bincount(bins[~here], weights=positive[~here], minlength=count)
        scores[here] = np.log((ill + _WEIGHT * share + 1e-9) / (films + _WEIGHT) / (share + 1e-9))[bins[here]]
    return scores


def clustered_auc(
    positive: np.ndarray, scores: np.ndarray, clusters: np.ndarray, level: float = 0.95
) -> tuple[float, float, float]:
    """AUC and its interval when films of a cluster (a patient) hang together; both classes must be there.

    `positive`, `scores` and `clusters` have shape (films,); two clusters of either class are needed.
    """
    told = obuchowski(positive, scores, clusters)
    area, variance = float(told.auc[0]), float(told.covariance[0, 0])
    reach = NormalDist().inv_cdf(0.5 + level / 2) * np.sqrt(max(variance, 0.0))
    return area, max(float(area - reach), 0.0), min(float(area + reach), 1.0)
