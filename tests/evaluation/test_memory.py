"""A million films, each of a patient of its own: what is held of them at once has a bound, whatever is drawn."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest

from cxr_core.evaluation.bootstrap import bootstrap_auc, draw_patients
from cxr_core.evaluation.curves import roc_band
from cxr_core.evaluation.operating import rates_by_patient

FILMS = 1_000_000
RNG = np.random.default_rng(0)
POSITIVE = RNG.random(FILMS) < 0.1
SCORES = RNG.random(FILMS)
PATIENTS = np.arange(FILMS)
MEGABYTE = 2**20


class Enough(Exception):
    """What was asked for was drawn."""


def highest(run: Callable[[], object]) -> float:
    """The most memory held at once, in megabytes."""
    tracemalloc.start()
    try:
        run()
    except Enough:
        pass
    finally:
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    return most / MEGABYTE


def after_the_first(done: int, most: int) -> None:
    raise Enough


def test_a_thousand_draws_of_a_million_patients_are_not_held_at_once() -> None:
    """Eight bytes each would be 8 GB."""
    assert highest(lambda: next(draw_patients(PATIENTS, 1000, at_once=1)[1])) < 100


@pytest.mark.parametrize("measure", [
    lambda: rates_by_patient(POSITIVE, SCORES, 0.5, PATIENTS),
    lambda: roc_band(POSITIVE, SCORES, PATIENTS, on_step=after_the_first),
    lambda: bootstrap_auc(POSITIVE[:, None], SCORES[:, None], PATIENTS, replicates=2),
], ids=["rates", "band", "bootstrap"])
def test_a_million_rows_are_measured_in_bounded_memory(measure: Callable[[], object]) -> None:
    assert highest(measure) < 300


def test_draws_are_the_same_whatever_the_blocks_and_whether_they_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    patients = np.arange(50).repeat(2)
    kept = np.concatenate(list(draw_patients(patients, 30, 3, at_once=7)[1]))
    monkeypatch.setattr("cxr_core.evaluation.bootstrap._KEPT", 0)
    for at_once in (1, 7, 100):
        drawn = list(draw_patients(patients, 30, 3, at_once=at_once)[1])
        assert max(map(len, drawn)) <= at_once
        np.testing.assert_array_equal(np.concatenate(drawn), kept)
    assert (kept.sum(axis=1) == 50).all()
