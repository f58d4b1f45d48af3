"""Integrated Gradients against its peers at equal error, on the same trained network, film and machine.

    python -m cxr_core bench ig --captum captum/bin/python --saliency python

PAIR's saliency is compared twice: as its guide calls it, and with a compiled gradient, as its user can make it. Each
peer draws its map at its own default number of steps and with its best inner batch. Its error against 300 steps of the
midpoint rule is what ours has to reach: with how few evaluations, and in how many seconds. Then what bfloat16 does:
on the way back through convolutions, as ours are drawn where the processor multiplies it, and on both ways, as none is.
Reference and both errors are of float32. Seconds are medians of runs in turn; read the ratios.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cxr_core.bench.attribution import peak_memory, resident_memory, time_in_turns
from cxr_core.bench.peers import SETUP, STEPS, Peer
from cxr_core.errors import CxrError
from cxr_core.explain.agreement import rank_correlation
from cxr_core.explain.baselines import make_baselines
from cxr_core.explain.integrated_gradients import integrated_gradients
from cxr_core.findings import title_of
from cxr_core.imaging.phantom import make_phantom
from cxr_core.imaging.prepare import ends
from cxr_core.imaging.read import load_bytes
from cxr_core.reading import INNER_BATCH, Reading, first_finding, read_film

if TYPE_CHECKING:
    from cxr_core.models.classifier import Classifier

REFERENCE, RUNG = 300, 4
LADDER = range(8, 81, RUNG)
ALL_STEPS = 50  # of all findings at once
_NETWORK = "network.keras"


def main(model_id: str, pythons: Mapping[str, Path | None], film: Path | None = None, rounds: int = 3) -> None:
    """Print error and seconds of ours and of every peer whose Python is given; how to set up the others.

    Raises
    ------
    ModelError
        When a peer is given that cannot take this model: an ensemble, or one with clinical inputs.
    """
    from cxr_core.models.classifier import load_classifier
    from cxr_core.models.measuring import in_float32, save_network

    classifier = load_classifier(model_id)
    reading = read_film(load_bytes(film) if film else make_phantom(), model_id, classifier=classifier)
    loaded = resident_memory()  # what maps add is kept for the next ones: above the first map's they would add nothing
    ours, whole = _Ours(classifier, reading), _Ours(in_float32(classifier), reading)
    with tempfile.TemporaryDirectory() as folder:
        if any(pythons.values()):  # at once: not every model can be handed out
            save_network(model_id, Path(folder, _NETWORK))
        print(f"{model_id}, {title_of(ours.finding)} of {'a film' if film else 'the phantom'}, on {classifier.device}, "
              f"{os.cpu_count()} cores; errors against {REFERENCE} midpoint steps (relative L2 / rank correlation)")
        reference = whole.draw(REFERENCE, first=REFERENCE)
        maps = {steps: ours.draw(steps) for steps in LADDER}
        for steps, values in maps.items():
            even = ours.draw(steps, first=steps)
            print(f"{'ours':17}{steps:4} steps   error {_said(values, reference)}   "
                  f"even nodes {_said(even, reference)}", flush=True)
        _against_all(pythons, ours, maps, reference, rounds, Path(folder))
    _against_float32(ours, whole, rounds)
    _against_the_machine(ours, rounds, loaded)


def _against_all(
    pythons: Mapping[str, Path | None], ours: _Ours, maps: Mapping[int, np.ndarray], reference: np.ndarray, rounds: int,
    folder: Path,
) -> None:
    np.save(folder / "path.npy", ours.path_ends)
    for name, python in pythons.items():
        if python is None:
            print(f"{name:17} not compared: give its Python by --{name.split('_')[0]}. Set it up: {SETUP[name]}")
            continue
        try:
            peer = Peer(name, python, folder / _NETWORK, folder / "path.npy", ours.column, folder / "map.npy")
            with closing(peer):
                _against(peer, ours, maps, reference, rounds)
        except CxrError as problem:
            print(f"{name:17} not compared: {problem}")


def _against_float32(ours: _Ours, whole: _Ours, rounds: int) -> None:
    """The same nodes with bfloat16 on the way back, and on both ways: how far the map moves, and what time it takes."""
    from cxr_core.models.bfloat16 import multiplies_bfloat16
    from cxr_core.models.measuring import in_bfloat16

    if not multiplies_bfloat16():
        return print("bfloat16   not measured: this processor cannot multiply it, and would imitate it for minutes")
    told = {"on the way back": ours}
    if not ours.classifier.spec.members:  # an ensemble's are measured each by itself
        told["on both ways"] = _Ours(in_bfloat16(ours.classifier), ours.reading)
    exact = whole.draw(ALL_STEPS, first=ALL_STEPS)
    for way, half in told.items():
        error = _said(half.draw(ALL_STEPS, first=ALL_STEPS), exact)
        runs = {"whole": partial(whole.draw, ALL_STEPS), "half": partial(half.draw, ALL_STEPS)}
        seconds = time_in_turns(runs, rounds)
        print(f"bfloat16 {way}, {ALL_STEPS} steps: the map moves by {error} from float32 at the same nodes (on below "
              f".05), {seconds['whole'] / seconds['half']:.2f} times faster", flush=True)


def _against_the_machine(ours: _Ours, rounds: int, loaded: int) -> None:
    """A map of one finding and of all at once beside the limit of a matrix product, and their memory above that of the
    loaded model, in which all that was run before them has its part.
    """
    from cxr_core.models.measuring import device_memory, matrix_limit, operations

    limit, forward = matrix_limit(), operations(ours.classifier)
    columns = tuple(range(min(14, len(ours.classifier.spec.findings))))
    runs = {1: partial(ours.draw, ALL_STEPS), len(columns): partial(ours.draw, ALL_STEPS, columns=columns)}
    seconds = {}
    for count, run in runs.items():
        with peak_memory(above=loaded) as peak:
            seconds[count] = time_in_turns({"map": run}, rounds)["map"]
        share = (1 + count) * forward * ALL_STEPS / seconds[count] / limit
        print(f"{count:2} finding{'s at once' if count > 1 else ''}, {ALL_STEPS} steps: {seconds[count]:.2f} s, "
              f"{share:.0%} of the {limit / 1e9:,.0f} GFLOP/s of a matrix product; with all before it at most "
              f"{peak[0] / 2**20:,.0f} MB above the loaded model", flush=True)
    if on_device := device_memory():
        print(f"peak of the device's memory: {on_device / 2**20:,.0f} MB")


class _Ours:
    """Our maps of a reading's first finding."""

    def __init__(self, classifier: Classifier, reading: Reading) -> None:
        self.classifier, self.reading, self._film = classifier, reading, reading.batch[0]
        self.finding = first_finding(reading)
        self.column = reading.spec.findings.index(self.finding)
        self._baselines = make_baselines(self._film, ends(reading.spec))

    @property
    def path_ends(self) -> np.ndarray:
        """Film and baseline, (2, H, W, C)."""
        return np.concatenate([self._film[None], self._baselines])

    def draw(self, steps: int, first: int = INNER_BATCH, columns: tuple[int, ...] | None = None) -> np.ndarray:
        """The map (H, W) of the finding, or of the first of several columns."""
        columns = columns or (self.column,)
        return integrated_gradients(
            lambda batch: self.classifier.gradients(batch, columns), self._film, self._baselines, steps=steps,
            first=first, inner_batch=INNER_BATCH, tolerance=0,
            outputs=lambda batch: self.classifier.outputs(batch, columns),
        ).values[0]


def _against(peer: Peer, ours: _Ours, maps: Mapping[int, np.ndarray], reference: np.ndarray, rounds: int) -> None:
    theirs = STEPS[peer.name]
    values, _ = peer.draw(theirs)
    error = _error(values, reference)
    enough = next((steps for steps, one in maps.items() if _error(one, reference) <= error), None)
    if enough is not None:  # the fewest steps, which may lie between two rungs
        between = range(max(2, enough - RUNG + 1), enough)
        enough = next((steps for steps in between if _error(ours.draw(steps), reference) <= error), enough)
    runs = {"peer": lambda: peer.draw(theirs)[1], "alike": partial(ours.draw, theirs)}
    seconds = time_in_turns(runs if enough is None else runs | {"ours": partial(ours.draw, enough)}, rounds)
    told = f"ours does not reach that error within {max(maps)} steps"
    if enough is not None:
        told = (f"ours at that error: {enough} steps, {seconds['ours']:.2f} s, "
                f"{seconds['peer'] / seconds['ours']:.1f} times faster")
    print(f"{peer.name:17}{theirs:4} steps   error {_said(values, reference)}   {seconds['peer']:.2f} s ({peer.axes}, "
          f"inner batch {peer.inner_batch}); {told}; at {theirs} steps {seconds['peer'] / seconds['alike']:.1f} times",
          flush=True)


def _error(values: np.ndarray, reference: np.ndarray) -> float:
    return float(np.linalg.norm(values - reference) / np.linalg.norm(reference))


def _said(values: np.ndarray, reference: np.ndarray) -> str:
    return f"{_error(values, reference):.3f} / {rank_correlation(values, reference):.3f}"
