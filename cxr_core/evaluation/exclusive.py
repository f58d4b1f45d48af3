"""Exclusive classes: confusion, rates by patient, and probabilities that can be believed. Arrays in, numbers out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cxr_core.evaluation.by_patient import share_by_patient
from cxr_core.evaluation.calibration import expected_calibration_error
from cxr_core.evaluation.classes import Confusion, Rate, temper
from cxr_core.findings import COVID3


def are_classes(findings: Sequence[str], labels: np.ndarray) -> bool:
    """Whether these are the exclusive classes, all of them, and each film has exactly one: labels (films, findings)."""
    return set(findings) == set(COVID3) and bool((labels.sum(axis=1) == 1).all())


def measure_confusion(
    films: str, classes: tuple[str, ...], true: np.ndarray, called: np.ndarray, patients: np.ndarray
) -> Confusion:
    """Confusion matrix, accuracy, and each class's sensitivity and specificity.

    Parameters
    ----------
    films : str
        The name of the subset.
    true, called : ndarray of shape (films,), int
        Places in `classes`.
    patients : ndarray of shape (films,)
    """
    counts = np.zeros((len(classes), len(classes)), int)
    np.add.at(counts, (true, called), 1)
    of_class = [true == place for place in range(len(classes))]
    return Confusion(
        films, len(true), len(np.unique(patients)), classes, tuple(tuple(map(int, row)) for row in counts),
        rate(true == called, patients),
        {classes[c]: rate(called[own] == c, patients[own]) for c, own in enumerate(of_class) if own.any()},
        {classes[c]: rate(called[~own] != c, patients[~own]) for c, own in enumerate(of_class) if (~own).any()},
    )


def rate(hits: np.ndarray, patients: np.ndarray) -> Rate:
    """The share of films that `hits`, boolean of (films,), with its 95% interval by patient, in closed form.

    Where all films hit or none does the interval is Clopper and Pearson's of patients.
    """
    place, names = pd.factorize(patients)  # `unique` would sort: ten times the time where patients are words
    told = share_by_patient(hits, place, len(names))
    return Rate(told.value, *told.interval())


def fit_temperature(targets: np.ndarray, raw: np.ndarray) -> float:
    """The temperature that makes the true class likeliest, with a weak prior at 1.

    Without the prior, val films that are all told right would ask for a temperature of 0: a certainty nobody has.

    Parameters
    ----------
    targets, raw : ndarray of shape (films, classes), 0 or 1; the network's softmax
    """
    from scipy.optimize import minimize_scalar  # half a second to import, and only what ships is fitted

    def loss(log_temperature: float) -> float:
        sure = temper(raw, float(np.exp(log_temperature)))
        return float(-np.sum(targets * np.log(np.clip(sure, 1e-12, 1)))) + log_temperature**2 / 2

    return float(np.exp(minimize_scalar(loss, bounds=(-2.5, 2.5), method="bounded").x))


def confidence_error(targets: np.ndarray, probability: np.ndarray) -> float:
    """Expected calibration error of the likeliest class: how far its probability is from how often it is right."""
    right = targets.argmax(axis=1) == probability.argmax(axis=1)
    return expected_calibration_error(right, probability.max(axis=1))
