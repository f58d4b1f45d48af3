"""Integrated Gradients against the plain way and against captum: seconds, memory, ratios.

The networks have random weights: what a gradient costs does not depend on them, so that a model can be timed
before it is trained.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

import numpy as np

from cxr_core.errors import CxrError
from cxr_core.explain.baselines import make_baselines
from cxr_core.explain.integrated_gradients import integrated_gradients, refine
from cxr_core.imaging.phantom import make_phantom
from cxr_core.imaging.prepare import ends, prepare
from cxr_core.imaging.read import read_radiograph
from cxr_core.models.registry import find_spec

STEPS, INNER_BATCH = 50, 10  # the reading room itself takes up to 64 steps, 8 at a time, which divide as evenly
_ROUNDS = 5


def main(model_id: str, captum: Path | None) -> None:
    """Print what a map costs, the first map, one step at a time, the peak of memory; and captum's cost beside ours.

    `captum` is the Python of an environment with torch, torchvision and captum (see `captum_side.py`).
    """
    from cxr_core.models.classifier import untrained_gradients
    from cxr_core.models.gradients import device_name

    spec = find_spec(model_id)
    film = prepare(read_radiograph(make_phantom()), spec)[0]
    baselines = make_baselines(film, ends(spec))
    slopes = untrained_gradients(spec)

    def gradients(batch: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return slopes(batch, (0,))

    def whole(inner_batch: int = INNER_BATCH) -> object:
        return integrated_gradients(
            gradients, film, baselines, steps=STEPS, first=10, inner_batch=inner_batch, tolerance=0
        )

    runs: dict[str, Callable[[], object]] = {
        "whole map": whole,
        "first map": lambda: next(refine(gradients, film, baselines, steps=STEPS, first=8, inner_batch=8)),
        "one step at a time": lambda: whole(1),
    }
    gradients(np.repeat(film[None], INNER_BATCH, axis=0))  # traced, so that memory below is that of a map alone
    with peak_memory() as peak:
        whole()
    print(f"{model_id}, Integrated Gradients, {STEPS} steps, one finding, on {device_name()}, "
          f"medians of {_ROUNDS} rounds")
    theirs = _Captum(captum, spec.size) if captum else None
    seconds = time_in_turns(runs | ({"captum": theirs.run} if theirs else {}))
    ours = seconds["whole map"]
    for name, value in seconds.items():
        print(f"{name:20}{value:7.2f} s  {value / ours:5.2f} of the whole map")
    if theirs:
        print(f"captum's best inner batch was {theirs.inner_batch}; ours is {INNER_BATCH}")
        theirs.close()
    print(f"{'peak memory':20}{peak[0] / 2**20:7.0f} MB above the loaded model")


def time_in_turns(runs: dict[str, Callable[[], object]], rounds: int = _ROUNDS) -> dict[str, float]:
    """Median seconds of each run; all are run in turn, so that a machine's moods touch them alike.

    A run may return its own seconds as a float (one that happens in another process).
    """
    for run in runs.values():
        run()
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            began = time.perf_counter()
            own = run()
            seconds[name].append(own if isinstance(own, float) else time.perf_counter() - began)
    return {name: statistics.median(values) for name, values in seconds.items()}


def resident_memory() -> int:
    """Bytes of this process that are in memory (Linux; 0 elsewhere)."""
    statm = Path("/proc/self/statm")
    return int(statm.read_text().split()[1]) * 4096 if statm.exists() else 0


@contextmanager
def peak_memory(above: int | None = None) -> Iterator[list[float]]:
    """The most resident bytes within the block above so many, or above those at its start."""
    start, most, over = resident_memory() if above is None else above, [0.0], threading.Event()

    def watch() -> None:
        while not over.wait(0.002):
            most[0] = max(most[0], resident_memory() - start)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield most
    finally:
        over.set()
        watcher.join()


class _Captum:
    """captum's IntegratedGradients in a process of its own environment, one map per `run`."""

    def __init__(self, python: Path, size: int) -> None:
        script = Path(__file__).with_name("captum_side.py")
        self._process = subprocess.Popen(
            [str(python), str(script), str(size), str(STEPS)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.inner_batch = self._ask()["inner_batch"]

    def run(self) -> float:
        return float(self._ask("map\n")["seconds"])

    def close(self) -> None:
        self._process.communicate()

    def _ask(self, line: str = "") -> dict[str, float]:
        self._process.stdin.write(line)
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise CxrError("captum's side stopped: its Python needs torch, torchvision and captum.")
        return json.loads(answer)
