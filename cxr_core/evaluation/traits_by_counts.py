"""Source shortcuts of counts alone: how well view, age, sex or follow-up number predict a finding, film by film.

As in `traits`, each has its best chance: a film's score is the share with the finding among the films of its value. But
counts do not know patients: the film itself is among those, and there is no interval. With few films of a finding that
flatters; with the thousands that counts are shipped for it does not.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cxr_core.datasets.summary import UNKNOWN, Summary
from cxr_core.evaluation.traits import FEWEST, TraitAuc

TRAITS = {"view": "View", "age": "Age", "follow_up": "Follow-up number", "sex": "Sex"}
_UNKNOWN = {"age": UNKNOWN}  # of the others, which are words or always known: an empty text


def predict_by_counts(summary: Summary, kinds: np.ndarray) -> list[TraitAuc]:
    """The AUC of each trait for each finding, films of unknown trait left out; `low` and `high` are NaN.

    Parameters
    ----------
    kinds : ndarray of shape (kinds,), bool
        Which kinds of the summary's cube are looked at.

    Returns
    -------
    list of TraitAuc
        Without traits that are the same in all films, and the pairs of which fewer than twenty films have the finding,
        or have it not.
    """
    found = []
    for column, trait in TRAITS.items():
        there = kinds & (summary.cube[column] != _UNKNOWN.get(column, "")).to_numpy()
        codes, values = pd.factorize(summary.cube[column][there])
        if len(values) < 2:
            continue
        films = summary.cube["films"].to_numpy(np.int64)[there]
        for finding in summary.findings:
            ill = np.bincount(codes, weights=films * summary.has(finding)[there])
            well = np.bincount(codes, weights=films) - ill
            if min(ill.sum(), well.sum()) >= FEWEST:
                found.append(TraitAuc(trait, finding, auc_of_counts(ill, well), np.nan, np.nan, int(ill.sum()),
                                      int(films.sum())))
    return found


def auc_of_counts(ill: np.ndarray, well: np.ndarray) -> float:
    """The AUC of the share of ill films, counted by value: both arrays have shape (values,), and neither is all 0."""
    share = ill / np.maximum(ill + well, 1)
    order = np.argsort(share, kind="stable")
    _, same = np.unique(share[order], return_inverse=True)
    positive, negative = (np.bincount(same, weights=one[order]) for one in (ill, well))
    below = np.cumsum(negative) - negative
    return float(positive @ (below + negative / 2) / (positive.sum() * negative.sum()))
