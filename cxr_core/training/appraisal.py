"""What a card says of a model's findings: calibrated on val, measured on every subset as it is stored."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from cxr_core.evaluation.calibration import expected_calibration_error, fit_platt, platt
from cxr_core.evaluation.operating import unsure_band, youden_point
from cxr_core.evaluation.summary import measure_findings
from cxr_core.models.card import Card, Figure, FindingCard, Subset
from cxr_core.models.spec import ModelSpec

_AS_IT_IS = (1.0, 0.0)  # the line that leaves a score where it was
_UNTOLD = ("Not calibrated, and without an operating point, since all films of val have it or none: {names}. The score "
           "is the network's own and calls no film.")


@dataclass(frozen=True)
class Measurable:
    """The films of one subset as they are stored: targets and calibrated probability (films, findings), patients."""

    targets: np.ndarray
    probability: np.ndarray
    patients: np.ndarray


def calibrate_findings(
    spec: ModelSpec, targets: np.ndarray, raw: np.ndarray, patients: np.ndarray
) -> tuple[FindingCard, ...]:
    """Platt's line, the operating point and the band around it of every finding, all from the films of val.

    A finding that all of them have or none keeps the network's own score, with neither point nor band: see `untold`.
    """
    return tuple(
        _calibrate(key, targets[:, column], raw[:, column], patients) for column, key in enumerate(spec.findings)
    )


def _calibrate(key: str, positive: np.ndarray, raw: np.ndarray, patients: np.ndarray) -> FindingCard:
    if not 0 < positive.sum() < len(positive):
        return FindingCard(key, _AS_IT_IS, None, None)
    line = fit_platt(positive, raw)
    probability = platt(raw, *line)
    point = youden_point(positive, probability)
    low, high = unsure_band(positive, probability, patients)
    return FindingCard(key, line, point, (min(low, point), max(high, point)))


def untold(findings: tuple[FindingCard, ...]) -> tuple[str, ...]:
    """What to beware of where val could calibrate no line and set no point: a limit for the card, or none."""
    names = [finding.key for finding in findings if finding.operating_point is None]
    return (_UNTOLD.format(names=", ".join(names)),) if names else ()


def with_figures(card: Card, parts: dict[str, Measurable], label_version: str) -> Card:
    """The card with the AUC of every finding, their mean and the calibration error, on each of the parts."""
    keys = [finding.key for finding in card.findings]
    figures: dict[str, dict[str, Figure]] = {key: {} for key in keys}
    subsets = []
    for name, part in parts.items():
        told = measure_findings(keys, part.targets, part.probability, part.patients)
        for one in told.findings:
            if np.isfinite(one.auc):
                figures[one.finding][name] = Figure(one.auc, *one.interval, one.positives, one.n)
        errors = [expected_calibration_error(*both) for both in zip(part.targets.T, part.probability.T, strict=True)]
        subsets.append(Subset(
            name, len(part.targets), len(np.unique(part.patients)), told.mean_auc, *told.interval,
            float(np.mean(errors)), label_version,
        ))
    findings = tuple(replace(finding, figures=figures[finding.key]) for finding in card.findings)
    return replace(card, findings=findings, subsets=tuple(subsets))
