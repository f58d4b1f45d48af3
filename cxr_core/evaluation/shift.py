"""Two groups of films side by side: how far their findings, people and pictures differ.

Each measure's standardised difference says how large a shift is whatever its unit (.2 small, .5 medium, .8 large, by
Cohen's rule of thumb), its test whether it may be chance. Films of one patient count as one draw.

References
----------
Austin, Balance diagnostics for comparing the distribution of baseline covariates between treatment groups, Statistics
in Medicine 28 (2009) 3083-3107.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np
import pandas as pd

from cxr_core.evaluation.delong import holm

FEWEST = 10  # patients in each group, under which nothing is said of a measure


@dataclass(frozen=True)
class Shift:
    """A measure in two groups: its mean (a share, for yes and no) in each, and how far they are apart.

    `effect` is the difference of the means over the spread within the groups, with its 95% interval; `p` is of no
    difference, corrected for the number of measures (Holm); both NaN where only counts are known. `films` counts those
    of each group that the measure is known of.
    """

    measure: str
    first: float
    second: float
    effect: float
    low: float
    high: float
    p: float
    films: tuple[int, int]


def compare_groups(
    first: pd.DataFrame, second: pd.DataFrame, patients: tuple[np.ndarray, np.ndarray]
) -> list[Shift]:
    """Compare every measure that both tables have, the largest shifts first.

    Parameters
    ----------
    first, second : DataFrame
        A row per film, a column per measure: numbers, or 0 and 1; NaN where unknown.
    patients : pair of ndarray of shape (films,)
        Whose films they are; a patient of both groups has one name in both.

    Returns
    -------
    list of Shift
        Without measures that fewer than ten patients of a group are known by, or that never differ.
    """
    told = []
    clusters = pd.factorize(np.concatenate([np.asarray(one, object) for one in patients]))[0]
    codes = clusters[:len(first)], clusters[len(first):]
    for measure in (name for name in first if name in second):
        values = [table[measure].to_numpy(float) for table in (first, second)]
        known = [np.isfinite(one) for one in values]
        kept = [one[there] for one, there in zip(values, known, strict=True)]
        of = [one[there] for one, there in zip(codes, known, strict=True)]
        if min(np.count_nonzero(np.bincount(one)) for one in of) < FEWEST:  # `unique` sorts: ten times the time
            continue
        means = [float(one.mean()) for one in kept]
        spread = float(np.sqrt((kept[0].var() + kept[1].var()) / 2))
        if not spread:
            continue
        pull = np.concatenate([(kept[0] - means[0]) / len(kept[0]), -(kept[1] - means[1]) / len(kept[1])])
        by_patient = np.bincount(np.concatenate(of), weights=pull)
        error = float(np.sqrt(by_patient @ by_patient))
        difference, reach = means[0] - means[1], NormalDist().inv_cdf(0.975) * error
        told.append(Shift(
            measure, *means, difference / spread, (difference - reach) / spread, (difference + reach) / spread,
            math.erfc(abs(difference) / error / math.sqrt(2)) if error else float(difference == 0),
            (len(kept[0]), len(kept[1])),
        ))
    corrected = holm(np.array([one.p for one in told])) if told else []
    told = [replace(one, p=float(p)) for one, p in zip(told, corrected, strict=True)]
    return sorted(told, key=lambda one: -abs(one.effect))


def compare_counts(
    first: pd.DataFrame, second: pd.DataFrame, films: tuple[np.ndarray, np.ndarray]
) -> list[Shift]:
    """Compare two groups of which only counts are known, the largest shifts first: effects, without interval or test.

    Neither can be had: films of one patient are alike, and counts do not say whose a film is.

    Parameters
    ----------
    first, second : DataFrame
        A row a kind of film, a column a measure; NaN where unknown.
    films : pair of ndarray of shape (kinds,)
        How many films there are of each kind.
    """
    told = []
    for measure in (name for name in first if name in second):
        means, spreads, sizes = [], [], []
        for table, count in zip((first, second), films, strict=True):
            values = table[measure].to_numpy(float)
            known = np.isfinite(values)
            sizes.append(int(count[known].sum()))
            if sizes[-1]:
                means.append(float(np.average(values[known], weights=count[known])))
                spreads.append(float(np.average((values[known] - means[-1]) ** 2, weights=count[known])))
        if min(sizes) < FEWEST or not (spread := float(np.sqrt(sum(spreads) / 2))):
            continue
        effect = (means[0] - means[1]) / spread
        told.append(Shift(measure, *means, effect, np.nan, np.nan, np.nan, (sizes[0], sizes[1])))
    return sorted(told, key=lambda one: -abs(one.effect))
