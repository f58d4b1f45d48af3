"""What the statistics of the Performance page cost, at the size of NIH's official test list.

    python -m cxr_core bench trust

Seconds of the processor beside those of the clock: on a machine that others use, the first are ours.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from cxr_core.evaluation.bootstrap import bootstrap_auc
from cxr_core.evaluation.calibration import Calibration, reliability
from cxr_core.evaluation.curves import RocCurve, precision_recall, roc_band
from cxr_core.evaluation.delong import delong
from cxr_core.findings import NIH14

FILMS, PATIENTS, REPLICATES, MANY = 25_596, 2_797, 1_000, 1_000_000  # of the official list (Wang et al. 2017); rows


def main() -> None:
    """Print what each takes on drawn scores."""
    rng = np.random.default_rng(0)
    patients = rng.integers(0, PATIENTS, FILMS)
    positive = rng.random((FILMS, len(NIH14))) < 0.08
    scores = 1 / (1 + np.exp(-rng.normal(size=positive.shape) - positive))
    size = f"{len(NIH14)} findings, {FILMS:,} films"
    _time(f"DeLong, {size}", lambda: [delong(*column) for column in zip(positive.T, scores.T, strict=True)])
    _time(f"paired DeLong, {size}", lambda: [
        delong(one, np.stack([score, score[::-1]], axis=1)) for one, score in zip(positive.T, scores.T, strict=True)
    ])
    _time(f"bootstrap by patient, {REPLICATES:,} draws, {size}",
          lambda: bootstrap_auc(positive, scores, patients, replicates=REPLICATES))
    _time(f"band of one ROC curve, 200 draws, {FILMS:,} films",
          lambda: roc_band(positive[:, 0], scores[:, 0], patients))
    ill = rng.random(MANY) < 0.1
    score = 1 / (1 + np.exp(-rng.normal(size=MANY) - ill))
    _time(f"ROC, precision and recall, {MANY:,} rows",
          lambda: (RocCurve.from_predictions(ill, score), precision_recall(ill, score)))
    _time(f"DeLong, {MANY:,} rows", lambda: delong(ill, score))
    _time(f"calibration, {MANY:,} rows", lambda: (Calibration.of(ill, score), reliability(ill, score)))


def _time(what: str, run: Callable[[], object]) -> None:
    clock, ours = time.perf_counter(), time.process_time()
    run()
    clock, ours = time.perf_counter() - clock, time.process_time() - ours
    print(f"{what:64}{ours:7.2f} s of the processor{clock:7.2f} s", flush=True)
