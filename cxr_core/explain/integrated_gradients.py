"""Integrated Gradients, refined while the reader looks (Sundararajan, Taly, Yan 2017, arXiv:1703.01365)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from cxr_core.errors import ExplanationError
from cxr_core.explain.path import even_nodes, more_nodes, squared_errors, weights_of

_LEAST = 1e-30  # of a map's squared length: one of nothing but zeros has no relative error
GradientFunction = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class Receipt:
    """What a map cost and how far it can be trusted.

    `gap` is, per finding, the part of the output's change that the map does not account for, 0 to 1 and
    over: |sum of map - (f(film) - f(baseline))| / |f(film) - f(baseline)|. `error` is, per finding, how far the map is
    from that of endless steps as the path itself tells (relative L2, 0 to 1 and over; see `explain.path`); empty after
    a single step.
    """

    method: str
    steps: int
    baselines: int
    gap: tuple[float, ...]
    seconds: float
    error: tuple[float, ...] = ()


@dataclass(frozen=True)
class Attribution:
    """Maps of shape (findings, H, W), float32, summed over channels, in units of the output."""

    values: np.ndarray
    outputs_film: np.ndarray
    outputs_baseline: np.ndarray
    receipt: Receipt


def refine(
    gradients: GradientFunction,
    film: np.ndarray,
    baselines: np.ndarray,
    *,
    steps: int = 50,
    first: int = 8,
    inner_batch: int = 8,
    tolerance: float = 0.02,
    precision: float = 0.05,
    on_step: Callable[[int, int], None] | None = None,
    outputs: Callable[[np.ndarray], np.ndarray] | None = None,
    known: Sequence[dict[float, np.ndarray]] | None = None,
) -> Iterator[Attribution]:
    """Yield better and better attributions: after `first` steps, then each time the steps double, and at the end.

    The first steps lie evenly on the path; each time as many more go where they take most off the map's error.

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
    tolerance, precision : float
        Stop once every finding's completeness gap is under `tolerance` and the error of its map under `precision`: a
        gap alone may close by chance.
    on_step : callable, optional
        Called with (evaluations done, evaluations at most) after each inner batch.
    outputs : callable, optional
        Batch (N, H, W, C) -> outputs (N, F), for the ends of the path; cheaper than `gradients`, which serves as well.
    known : sequence of B dicts, optional
        Maps (F, H, W) at nodes of each baseline's path that are known, by node; new ones are added. No gradient is
        taken at these.

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
    known = [{} for _ in baselines] if known is None else known
    paths = [_Path(film, baseline, maps) for baseline, maps in zip(baselines, known, strict=True)]
    first = max(first, 2)  # of a single node nothing can be told
    done, shown = 0, first
    while done < steps:
        target, taken = min(done + first, steps), 0
        for path in paths:
            for nodes in _in_batches(path.next_nodes(target - done), inner_batch):
                path.take(gradients, nodes)
                taken += len(nodes)
                if on_step:
                    on_step(done * len(paths) + taken, steps * len(paths))
        done = target
        values = np.mean([path.integral() for path in paths], axis=0).astype(np.float32)
        gap, error = tuple(completeness_gap(values, change)), _errors(paths, values)
        enough = bool(error) and max(gap) < tolerance and max(error) < precision
        if enough or done >= min(shown, steps):
            shown = 2 * done
            spent += time.perf_counter() - began
            made = Receipt("Integrated Gradients", done, len(baselines), gap, spent, error)
            yield Attribution(values, outputs_film, outputs_baseline, made)
            began = time.perf_counter()  # what the caller does between two maps is not ours
        if enough:
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


def _ends(
    outputs: Callable[[np.ndarray], np.ndarray], film: np.ndarray, baselines: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    values = outputs(np.concatenate([film[None], baselines]).astype(np.float32))
    if not np.isfinite(values).all():
        raise ExplanationError("The network's output for this film is not a number; no map can be drawn.")
    return values[0].astype(np.float64), values[1:].mean(axis=0, dtype=np.float64)


class _Path:
    """The way from a baseline to the film, and the maps at its nodes: shape (F, H, W) each, summed over channels.

    All are kept (at 299 px 0.4 MB for each node and finding), as a node stands for less when others come beside it.
    """

    def __init__(self, film: np.ndarray, baseline: np.ndarray, known: dict[float, np.ndarray]) -> None:
        self._baseline, self._way, self._known = baseline, film - baseline, known
        self._nodes: np.ndarray = np.empty(0)
        self._maps: list[np.ndarray] = []
        self._integral: np.ndarray | None = None
        self._changes: dict[tuple[float, float], np.ndarray] = {}

    def next_nodes(self, count: int) -> np.ndarray:
        if not len(self._nodes):
            return even_nodes(count)
        whole = np.maximum((self.integral() ** 2).sum(axis=(1, 2)), _LEAST)
        return more_nodes(self._nodes, (self.squared_errors() / whole[:, None]).sum(axis=0), count)

    def take(self, gradients: GradientFunction, nodes: np.ndarray) -> None:
        """Take the gradient at new nodes, in one batch."""
        unknown = [float(node) for node in nodes if node not in self._known]
        if unknown:
            along = np.float32(unknown)[:, None, None, None]
            _, slopes = gradients((self._baseline + along * self._way).astype(np.float32))
            if not np.isfinite(slopes).all():
                raise ExplanationError("The network's gradient for this film is not a number; no map can be drawn.")
            self._known.update(zip(unknown, np.moveaxis((slopes * self._way).sum(axis=-1), 0, 1), strict=True))
        maps = [*self._maps, *(self._known[node] for node in nodes)]
        together = np.concatenate([self._nodes, nodes])
        order = np.argsort(together)
        self._nodes, self._maps, self._integral = together[order], [maps[place] for place in order], None

    def integral(self) -> np.ndarray:
        """The map of this path, shape (F, H, W), float64."""
        if self._integral is None:
            self._integral = sum(weight * one.astype(np.float64)
                                 for weight, one in zip(weights_of(self._nodes), self._maps, strict=True))
        return self._integral

    def squared_errors(self) -> np.ndarray:
        """What each stretch of the path leaves out of each finding's map, shape (F, N + 1)."""
        pairs = list(pairwise(range(len(self._nodes))))
        for before, after in pairs:
            ends = self._nodes[before], self._nodes[after]
            if ends not in self._changes:
                self._changes[ends] = ((self._maps[after] - self._maps[before]) ** 2).sum(axis=(1, 2), dtype=np.float64)
        changes = np.stack([self._changes[self._nodes[before], self._nodes[after]] for before, after in pairs], axis=1)
        return np.stack([squared_errors(self._nodes, one) for one in changes])

    def __len__(self) -> int:
        return len(self._nodes)


def _errors(paths: list[_Path], values: np.ndarray) -> tuple[float, ...]:
    """The estimated relative error of each finding's map: of the mean over paths, whose errors do not hang together."""
    if len(paths[0]) < 2:
        return ()
    left_out = np.sum([path.squared_errors().sum(axis=1) for path in paths], axis=0)
    whole = np.maximum((values.astype(np.float64) ** 2).sum(axis=(1, 2)), _LEAST)
    return tuple(np.sqrt(left_out / whole) / len(paths))


def _in_batches(nodes: np.ndarray, size: int) -> list[np.ndarray]:
    return [nodes[start:start + size] for start in range(0, len(nodes), size)]
