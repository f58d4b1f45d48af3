"""What stored results come to: per subset and finding, n, positives, area under the ROC curve, interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cxr_core.evaluation.bootstrap import auc, bootstrap_auc, interval, mean_of_known
from cxr_core.evaluation.classes import Confusion
from cxr_core.evaluation.delong import delong
from cxr_core.evaluation.exclusive import are_classes, measure_confusion
from cxr_core.evaluation.results import SUBSETS, Results, subset
from cxr_core.findings import NO_FINDING

_NOTHING = (float("nan"), float("nan"))


@dataclass(frozen=True)
class FindingSummary:
    """One finding: AUC with its 95% interval by patient, and DeLong's, which takes films as independent.

    NaN where there is one class only: without a positive film, or without a negative one, there is nothing to measure.
    """

    finding: str
    n: int
    positives: int
    auc: float
    interval: tuple[float, float]
    delong: tuple[float, float]


@dataclass(frozen=True)
class SubsetSummary:
    """One subset: the mean over its findings but No Finding, with its 95% interval by patient.

    `confusion` says what the films of exclusive classes are called, None where findings are not exclusive.
    """

    name: str
    n: int
    patients: int
    mean_auc: float
    interval: tuple[float, float]
    findings: tuple[FindingSummary, ...]
    confusion: Confusion | None = None


def names_of(results: Results) -> tuple[str, ...]:
    """The subsets and slices that a reader can ask for: the house's own in their order, then others."""
    own = [name for name in SUBSETS if len(subset(results, name))]
    return (*own, *(name for name in results.subsets if name not in own))


def summarise(results: Results, name: str, *, replicates: int = 1000, seed: int = 0) -> SubsetSummary:
    """Measure one subset.

    Parameters
    ----------
    results : Results
    name : str
        One of `names_of(results)`.
    replicates, seed : int
        Of the bootstrap by patient.
    """
    part = subset(results, name)
    labels, raw = part.labels, part.raw
    both = [c for c in range(len(part.findings)) if 0 < labels[:, c].sum() < len(part)]
    replicated = (
        bootstrap_auc(labels[:, both], raw[:, both], part.patients, replicates=replicates, seed=seed)
        if both
        else np.empty((0, 0))
    )
    found = []
    for c, finding in enumerate(part.findings):
        measured = (float("nan"), _NOTHING, _NOTHING)
        if c in both:
            measured = (
                auc(labels[:, c], raw[:, c]),
                interval(replicated[:, both.index(c)]),
                delong(labels[:, c], raw[:, c]).interval(),
            )
        found.append(FindingSummary(finding, len(part), int(labels[:, c].sum()), *measured))
    counted = [place for place, c in enumerate(both) if part.findings[c] != NO_FINDING]
    mean, span = float("nan"), _NOTHING
    if counted:
        mean = float(np.mean([found[both[place]].auc for place in counted]))
        span = interval(mean_of_known(replicated[:, counted]))
    confusion = None
    if are_classes(part.findings, labels):
        called = part.probability.argmax(axis=1)
        confusion = measure_confusion(name, part.findings, labels.argmax(axis=1), called, part.patients)
    return SubsetSummary(name, len(part), len(np.unique(part.patients)), mean, span, tuple(found), confusion)
