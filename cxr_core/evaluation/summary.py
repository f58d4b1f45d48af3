"""What stored results come to: per subset and finding, n, positives, area under the ROC curve, interval."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from cxr_core.evaluation.bootstrap import bootstrap_auc, interval, mean_of_known
from cxr_core.evaluation.by_patient import auc_by_patient
from cxr_core.evaluation.classes import Confusion
from cxr_core.evaluation.delong import delong
from cxr_core.evaluation.exclusive import are_classes, measure_confusion
from cxr_core.evaluation.results import SUBSETS, Results, held_out_first, subset
from cxr_core.findings import NO_FINDING

FEWEST = 10  # films of a class under which a figure makes no claim
FEW = 50  # patients of a class under which percentiles of replicates are too narrow for an AUC
_NOTHING = (float("nan"), float("nan"))


@dataclass(frozen=True)
class FindingSummary:
    """One finding: AUC with its 95% interval by patient, and DeLong's, which takes films as independent.

    NaN where there is one class only: without a positive film, or without a negative one, there is nothing to measure.
    DeLong's is NaN also with one film of a class, and at 0 and 1, where films do not vary.
    """

    finding: str
    n: int
    positives: int
    auc: float
    interval: tuple[float, float]
    delong: tuple[float, float]


@dataclass(frozen=True)
class Measured:
    """The findings of some films, and the mean over them but No Finding, with its 95% interval by patient."""

    findings: tuple[FindingSummary, ...]
    mean_auc: float
    interval: tuple[float, float]


def measure_finding(
    finding: str, positive: np.ndarray, probability: np.ndarray, by_patient: tuple[float, float] = _NOTHING
) -> FindingSummary:
    """The one way in which a finding's AUC comes about, for card, page, command line and report.

    It is of the calibrated probability, which is what a reader sees and a threshold is set on. `positive` and
    `probability` have shape (films,); `by_patient` is the interval that a bootstrap gave.
    """
    positives = int(np.sum(positive))
    if not 0 < positives < len(positive):
        return FindingSummary(finding, len(positive), positives, float("nan"), _NOTHING, _NOTHING)
    fitted = delong(positive, probability)
    return FindingSummary(finding, len(positive), positives, float(fitted.auc[0]), by_patient, fitted.interval())


def measure_findings(
    findings: Sequence[str], labels: np.ndarray, probability: np.ndarray, patients: np.ndarray, *,
    replicates: int = 1000, seed: int = 0, on_step: Callable[[int, int], None] | None = None,
) -> Measured:
    """Measure all findings in the same draws of patients.

    Percentiles of the draws are too narrow for few patients of a class: with twelve ill ones they hold an AUC of .92 87
    times of 100. Under 50 the interval is `auc_by_patient`'s, in logits, which holds it 93 times; and so it is where
    the draws are all alike, as those of a finding that is told without a fault: they would claim a certainty.

    Parameters
    ----------
    labels, probability : ndarray of shape (films, findings)
    patients : ndarray of shape (films,)
    on_step : callable, optional
        Called with (replicates done, in all).
    """
    both = [c for c in range(len(findings)) if 0 < labels[:, c].sum() < len(labels)]
    drawn = np.empty((0, 0))
    if both:
        drawn = bootstrap_auc(labels[:, both], probability[:, both], patients, replicates=replicates, seed=seed,
                              on_step=on_step)
    found = [measure_finding(finding, labels[:, c], probability[:, c]) for c, finding in enumerate(findings)]
    place, count = np.unique(patients, return_inverse=True)[1], len(np.unique(patients))
    for column, c in enumerate(both):
        fewest = min(len(np.unique(place[labels[:, c] == value])) for value in (0, 1))
        span = interval(drawn[:, column])
        if fewest < FEW or span[0] == span[1]:
            span = auc_by_patient(labels[:, c] == 1, probability[:, c], place, count).interval()
        found[c] = replace(found[c], interval=span)
    counted = [place for place, c in enumerate(both) if findings[c] != NO_FINDING]
    if not counted:
        return Measured(tuple(found), float("nan"), _NOTHING)
    of_mean = [found[both[place]] for place in counted]
    span = mean_span(drawn[:, counted], [one.interval for one in of_mean], count)
    return Measured(tuple(found), float(np.mean([one.auc for one in of_mean])), span)


def mean_span(drawn: np.ndarray, spans: Sequence[tuple[float, float]], patients: int) -> tuple[float, float]:
    """The 95% interval of a mean over findings, from draws of patients (replicates, findings) and each one's interval.

    Of one finding it is that finding's. Draws that are all alike say nothing: there the ends are the means of the
    findings' own ends, as if all erred together, which is the widest they can. NaN with one patient, who is every draw.
    """
    if patients < 2:
        return _NOTHING
    span = interval(mean_of_known(drawn))
    if len(spans) > 1 and span[0] != span[1]:
        return span
    low, high = np.mean(spans, axis=0)
    return float(low), float(high)


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
    """The subsets and slices that a reader can ask for, in the order of `held_out_first`: the first is shown first."""
    return held_out_first([*(name for name in SUBSETS if len(subset(results, name))), *results.subsets])


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
    told = measure_findings(
        part.findings, part.labels, part.probability, part.patients, replicates=replicates, seed=seed
    )
    confusion = None
    if are_classes(part.findings, part.labels):
        called = part.probability.argmax(axis=1)
        confusion = measure_confusion(name, part.findings, part.labels.argmax(axis=1), called, part.patients)
    return SubsetSummary(name, len(part), len(np.unique(part.patients)), told.mean_auc, told.interval, told.findings,
                         confusion)
