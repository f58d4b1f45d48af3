"""Which films are shown how often: the published weighted draw, upsampling, and the weights of a loss."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cxr_core.datasets.index import Index
from cxr_core.errors import DataError
from cxr_core.findings import NIH14, NO_FINDING

BASE = 0.1  # a film without findings, against 1 for each finding (Khan 2018)


def findings_weights(index: Index, findings: tuple[str, ...] = NIH14, base: float = BASE) -> np.ndarray:
    """The weight of each film in the published draw, shape (films,): `base` + the number of its findings."""
    return base + index.targets(tuple(name for name in findings if name != NO_FINDING)).sum(axis=1)


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
    weights = findings_weights(index, findings, base)
    # exponential clocks: the film that rings first is drawn first, in proportion to its rate, and so on
    rings = np.random.default_rng(seed).exponential(size=len(index)) / weights
    return index.take(np.argsort(rings, kind="stable")[:films])


def upsample(index: Index, *, seed: int = 1) -> Index:
    """Repeat films until each label is as frequent as the most frequent one (Ibisoglu, Akcay 2021).

    Each film stays at least once; all films of a label are repeated as often, give or take one. Only for training
    films: a test would count repeated films twice.

    Raises
    ------
    DataError
        When the films are of more than one part, or there are none.
    """
    parts = index.table["split"].unique()
    if len(parts) != 1:
        raise DataError(f"Upsample the films of one part, train; these are of {', '.join(map(str, parts)) or 'none'}.")
    return index.take(upsampled_places(index.table["labels"].to_numpy(), seed=seed))


def upsampled_places(labels: np.ndarray, *, seed: int = 1) -> np.ndarray:
    """The places of films in a row that shows each label as often as the most frequent one; `labels` is one a film."""
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


def class_weights(index: Index) -> dict[str, float]:
    """How much a film of each label counts so that all labels weigh the same, 1 on average over the films."""
    counts = index.table["labels"].value_counts()
    return {label: len(index) / (len(counts) * n) for label, n in sorted(counts.items())}


def finding_frequency(index: Index, findings: tuple[str, ...] = NIH14, *, by: str | None = None) -> pd.DataFrame:
    """How frequent each finding is: columns finding, films, share (0 to 1), for each value of the column `by` if given.

    With the draw's index beside the whole one, this is the published figure of adjusted frequency.
    """
    targets = pd.DataFrame(index.targets(findings), columns=list(findings), index=index.table.index)
    groups = targets.groupby(index.table[by]) if by else [(None, targets)]
    rows = [
        {**({by: value} if by else {}), "finding": name, "films": int(group[name].sum()), "share": group[name].mean()}
        for value, group in groups for name in findings
    ]
    return pd.DataFrame(rows)
