"""Which films are shown how often: the published weighted draw, upsampling, and the weights of a loss."""

from __future__ import annotations

import numpy as np

from cxr_core.datasets.index import Index
from cxr_core.errors import DataError
from cxr_core.findings import NIH14, NO_FINDING

BASE = 0.1  # a film without findings, against 1 for each finding (Khan 2018)


def findings_weights(targets: np.ndarray, base: float = BASE) -> np.ndarray:
    """The weight of each film in the published draw, float64 of shape (films,): `base` + the number of its findings.

    Parameters
    ----------
    targets : ndarray of shape (films, findings), 0 or 1
        Without a column for No Finding, which is none.
    """
    return base + targets.sum(axis=1, dtype=np.float64)


def draw_by_findings(
    index: Index, films: int, *, seed: int = 1, findings: tuple[str, ...] = NIH14, base: float = BASE,
) -> Index:
    """Draw films without putting any back, each next one by weight among those left (Khan 2018: 40,000 films).

    Raises
    ------
    DataError
        When there are fewer films than are to be drawn.
    """
    if not 0 < films <= len(index):
        raise DataError(f"{films} films cannot be drawn from {len(index)}: each is drawn once at most.")
    weights = findings_weights(index.targets(tuple(name for name in findings if name != NO_FINDING)), base)
    # exponential clocks: the film that rings first is drawn first, in proportion to its rate, and so on
    rings = np.random.default_rng(seed).exponential(size=len(index)) / weights
    return index.take(np.argsort(rings, kind="stable")[:films])


def upsampled_places(labels: np.ndarray, *, seed: int = 1) -> np.ndarray:
    """The places of films in a row that shows each label as often as the most frequent one (Ibisoglu, Akcay 2021).

    Each film stays at least once; all films of a label are repeated as often, give or take one. Only for training
    films: a test would count repeated films twice. `labels` is one a film.
    """
    rng = np.random.default_rng(seed)
    places = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    most = max(map(len, places))
    rows = []
    for own in places:
        times, rest = divmod(most, len(own))
        rows.extend([*[own] * times, rng.choice(own, rest, replace=False)])
    return rng.permutation(np.concatenate(rows))


def positive_weights(targets: np.ndarray, findings: tuple[str, ...]) -> np.ndarray:
    """How much a positive counts so that positives and negatives weigh the same: negatives / positives, by finding.

    Parameters
    ----------
    targets : ndarray of shape (films, findings), 0 or 1
        Of the training films.

    Returns
    -------
    ndarray of shape (findings,), float32

    Raises
    ------
    DataError
        When a finding has no positive or no negative.
    """
    positives = targets.sum(axis=0)
    alone = [name for name, n in zip(findings, positives, strict=True) if not 0 < n < len(targets)]
    if alone:
        raise DataError(f"No weight can be given to {', '.join(alone)}: all films, or none, have the finding.")
    return ((len(targets) - positives) / positives).astype(np.float32)
