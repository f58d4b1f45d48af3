"""Integrated Gradients, refined while the reader looks (Sundararajan, Taly, Yan 2017, arXiv:1703.01365)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from cxr_core.errors import ExplanationError

GradientFunction = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class Receipt:
    """What a map cost and how far it can be trusted.

    `gap` is, per finding, the part of the output's change that the map does not account for, 0 to 1 and
    over: |sum of map - (f(film) - f(baseline))| / |f(film) - f(baseline)|.
    """

    method: str
    steps: int
    baselines: int
    gap: tuple[float, ...]
    seconds: float


@dataclass(frozen=True)
class Attribution:
    """Maps of shape (findings, H, W), float32, summed over channels, in units of the output."""

    values: np.ndarray
    outputs_film: np.ndarray
    outputs_baseline: np.ndarray
    receipt: Receipt


def van_der_corput(count: int) -> np.ndarray:
    """The first `count` points of the base-2 sequence in 0 to 1: every prefix is spread evenly."""
    points = np.zeros(count)
    for index in range(count):
        weight, rest = 0.5, index
        while rest:
            points[index] += weight * (rest & 1)
            rest >>= 1
            weight /= 2
    return points


def refine(
    gradients: GradientFunction,
    film: np.ndarray,
    baselines: np.ndarray,
    *,
    steps: int = 50,
    first: int = 8,
    inner_batch: int = 8,
    tolerance: float = 0.02,
    on_step: Callable[[int, int], None] | None = None,
    outputs: Callable[[np.ndarray], np.ndarray] | None = None,
) -> Iterator[Attribution]:
    """Yield better and better attributions: after `first` steps, then each time the steps double.

    Parameters
    ----------
    gradients : callable
        Batch (N, H, W, C) -> (outputs (N, F), gradients (F, N, H, W, C)).
    film : ndarray of shape (H, W, C), float32
    baselines : ndarray of shape (B, H, W, C), float32
        The map is the mean over them.
    steps : int
        The most gradient evaluations per baseline.
    inner_batch : int
        Films in one call of `gradients`; bounds the memory.
    tolerance : float
        Stop once every finding's completeness gap is under it.
    on_step : callable, optional
        Called with (evaluations done, evaluations at most) after each inner batch.
    outputs : callable, optional
        Batch (N, H, W, C) -> outputs (N, F), for the ends of the path; cheaper than `gradients`, which serves as well.

    Raises
    ------
    ExplanationError
        When a gradient is not a number, or `steps` is under 1.
    """
    if steps < 1:
        raise ExplanationError(f"Integrated Gradients needs at least 1 step; found {steps}.")
    began, spent = time.perf_counter(), 0.0
    outputs_film, outputs_baseline = _ends(outputs or (lambda batch: gradients(batch)[0]), film, baselines)
    change = outputs_film - outputs_baseline
    total, done = 0.0, 0
    for target in _stages(min(first, steps), steps):
        nodes = _stage_nodes(done, target, steps)
        for start in range(0, len(nodes), inner_batch):
            part = nodes[start:start + inner_batch]
            for baseline in baselines:
                total = total + _sum_along_path(gradients, film, baseline, part, inner_batch)
            if on_step:
                on_step((done + start + len(part)) * len(baselines), steps * len(baselines))
        done = target
        values = np.asarray(total, np.float32) / (done * len(baselines))
        gap = tuple(completeness_gap(values, change))
        spent += time.perf_counter() - began
        yield Attribution(
            values, outputs_film, outputs_baseline, Receipt("Integrated Gradients", done, len(baselines), gap, spent)
        )
        began = time.perf_counter()  # what the caller does between two maps is not ours
        if max(gap) < tolerance:
            return


def integrated_gradients(
    gradients: GradientFunction, film: np.ndarray, baselines: np.ndarray, **options
) -> Attribution:
    """The last and best attribution of `refine`, with the same options."""
    last = None
    for last in refine(gradients, film, baselines, **options):
        pass
    assert last is not None, "refine yields at least once"
    return last


def completeness_gap(values: np.ndarray, change: np.ndarray) -> np.ndarray:
    """|sum of map - change of output| / |change of output| per finding, shape (F,)."""
    sums = values.sum(axis=(1, 2), dtype=np.float64)
    return np.abs(sums - change) / np.maximum(np.abs(change), 1e-6)


def _stages(first: int, steps: int) -> list[int]:
    stages, count = [], first
    while count < steps:
        stages.append(count)
        count *= 2
    return [*stages, steps]


def _stage_nodes(done: int, target: int, steps: int) -> np.ndarray:
    """The new nodes of a stage. All nodes are shifted by half the finest cell, as the midpoint rule does."""
    finest = 2 ** int(np.ceil(np.log2(max(steps, 2))))
    return (van_der_corput(target) + 0.5 / finest)[done:]


def _ends(
    outputs: Callable[[np.ndarray], np.ndarray], film: np.ndarray, baselines: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    values = outputs(np.concatenate([film[None], baselines]).astype(np.float32))
    if not np.isfinite(values).all():
        raise ExplanationError("The network's output for this film is not a number; no map can be drawn.")
    return values[0].astype(np.float64), values[1:].mean(axis=0, dtype=np.float64)


def _sum_along_path(
    gradients: GradientFunction, film: np.ndarray, baseline: np.ndarray, nodes: np.ndarray, size: int
) -> np.ndarray:
    """Sum over nodes of gradient times (film - baseline), over channels too: shape (F, H, W), float64.

    The batch is padded to `size`, so that a compiled callable sees one shape.
    """
    padded = np.resize(nodes, size).astype(np.float32)[:, None, None, None]
    _, slopes = gradients((baseline + padded * (film - baseline)).astype(np.float32))
    slopes = slopes[:, :len(nodes)]
    if not np.isfinite(slopes).all():
        raise ExplanationError("The network's gradient for this film is not a number; no map can be drawn.")
    return (slopes.sum(axis=1, dtype=np.float64) * (film - baseline)).sum(axis=-1)
