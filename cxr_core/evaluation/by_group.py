"""What is measured of a model by group of people, on stored results: AUC, sensitivity, ill films called healthy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cxr_core.evaluation.results import Results
from cxr_core.evaluation.subgroups import Gap, OnStep, auc_gaps, missed_illness_gaps, sensitivity_gaps
from cxr_core.findings import NIH14, NO_FINDING

AUC, SENSITIVITY, CALLED_HEALTHY = MEASURES = ("AUC", "sensitivity", "ill films called healthy")


def measure_groups(
    results: Results, finding: str, measure: str, points: Sequence[float | None], *,
    on_step: OnStep | None = None,
) -> tuple[Gap, ...]:
    """A measure by sex, age and view, and their crossings.

    Parameters
    ----------
    finding : str
        One of the results' own; "" for ill films called healthy, which are of them all.
    measure : str
        One of `MEASURES`.
    points : sequence of float or None
        The operating point of each of the results' findings; one without it calls no film.
    on_step : callable, optional
        Called with (groups done, of how many); what it raises stops the work.
    """
    limits = np.array([np.inf if point is None else point for point in points])
    if measure == CALLED_HEALTHY:
        return missed_illness_gaps(results.films, ill_films(results), called_healthy(results, limits),
                                   on_step=on_step)
    column = results.column(finding)
    positive, probability = results.labels[:, column], results.probability[:, column]
    if measure == AUC:
        return auc_gaps(results.films, positive, probability, on_step=on_step)
    return sensitivity_gaps(results.films, positive, probability >= limits[column], on_step=on_step)


def illnesses(results: Results) -> list[str]:
    """The results' findings that make a film one of somebody ill."""
    return [key for key in results.findings if key in NIH14]


def ill_films(results: Results) -> np.ndarray:
    """Whether each film has any of the model's own findings by its labels; bool of shape (films,)."""
    return results.labels[:, [results.column(key) for key in illnesses(results)]].any(axis=1)


def called_healthy(results: Results, limits: np.ndarray) -> np.ndarray:
    """Whether each film is called healthy; bool of shape (films,).

    By a network with an output for No Finding where that reaches its threshold; by another where none of its findings
    does.
    """
    if NO_FINDING in results.findings:
        column = results.column(NO_FINDING)
        return results.probability[:, column] >= limits[column]
    return ~(results.probability >= limits).any(axis=1)
