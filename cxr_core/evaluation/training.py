"""What a training run is watched by: loss, mean AUC and, of exclusive classes, accuracy of val."""

from __future__ import annotations

import numpy as np
from sklearn.metrics import roc_auc_score


def log_loss(targets: np.ndarray, scores: np.ndarray) -> float:
    """Mean binary cross-entropy over all cells of (films, findings) whose target is known, not NaN, in nats."""
    scores = np.clip(scores, 1e-7, 1 - 1e-7)
    return float(-np.nanmean(targets * np.log(scores) + (1 - targets) * np.log(1 - scores)))


def categorical_log_loss(targets: np.ndarray, scores: np.ndarray) -> float:
    """Mean cross-entropy of the true class over films; targets and scores of shape (films, classes), in nats."""
    return float(-np.mean(np.sum(targets * np.log(np.clip(scores, 1e-7, 1)), axis=1)))


def accuracy(targets: np.ndarray, scores: np.ndarray) -> float:
    """Share of films whose likeliest class is the true one."""
    return float(np.mean(targets.argmax(axis=1) == scores.argmax(axis=1)))


def mean_auc(targets: np.ndarray, scores: np.ndarray, least: int = 1) -> float:
    """Mean area under the ROC curve over the columns with `least` films or more of either class, no label unknown."""
    positives = targets.sum(axis=0)
    both = [c for c, count in enumerate(positives) if least <= count <= len(targets) - least]
    return float(np.mean([roc_auc_score(targets[:, c], scores[:, c]) for c in both])) if both else float("nan")


def mean_auc_within(targets: np.ndarray, scores: np.ndarray, groups: np.ndarray, least: int = 5) -> float:
    """Mean over groups of `mean_auc` within each: what a network knows beyond what the group itself gives away.

    AP films are of sicker patients, so that a network that only tells AP from PA is above chance in `mean_auc`
    and at chance here. Columns with fewer than `least` positives in a group are left out there.
    """
    means = [mean_auc(targets[groups == group], scores[groups == group], least) for group in np.unique(groups)]
    return float(np.nanmean(means)) if np.isfinite(means).any() else float("nan")
