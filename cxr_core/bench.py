"""Times Integrated Gradients side by side with the plain way, on the shipped weights, in one process."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import numpy as np

from cxr_core.explain.baselines import make_baselines
from cxr_core.explain.integrated_gradients import integrated_gradients, refine
from cxr_core.imaging.phantom import make_phantom
from cxr_core.reading import read_film

_STEPS = 50


def main(model_id: str) -> None:
    """Print seconds and ratios: the plain eager way against ours, and the first map against the whole."""
    from cxr_core.models.classifier import load_classifier

    classifier = load_classifier(model_id)
    film = read_film(make_phantom(), model_id, classifier=classifier).batch[0]
    baselines = make_baselines(film, classifier.spec.scaling)

    def gradients(batch: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return classifier.gradients(batch, (0,))

    def ours() -> object:
        return integrated_gradients(gradients, film, baselines, steps=_STEPS, tolerance=0)

    def first() -> object:
        return next(refine(gradients, film, baselines, steps=_STEPS))

    def plain() -> object:  # one step at a time, as a first reading of the paper would have it
        return integrated_gradients(gradients, film, baselines, steps=_STEPS, inner_batch=1, tolerance=0)

    whole, start, single = (_median(run) for run in (ours, first, plain))
    print(f"{model_id}, {_STEPS} steps, one finding, on {classifier.device}, medians of 5 runs")
    print(f"whole map          {whole:.2f} s")
    print(f"first map          {start:.2f} s   {start / whole:.2f} of the whole")
    print(f"one step at a time {single:.2f} s   {single / whole:.2f} times ours")


def _median(run: Callable[[], object]) -> float:
    run()
    times = []
    for _ in range(5):
        began = time.perf_counter()
        run()
        times.append(time.perf_counter() - began)
    return statistics.median(times)
