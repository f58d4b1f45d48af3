"""Average ROC curves by their areas."""

from __future__ import annotations

import numpy as np
import pytest

from cxr_core.evaluation.averages import macro_average, micro_average
from cxr_core.evaluation.bootstrap import auc
from cxr_core.evaluation.curves import RocCurve

RNG = np.random.default_rng(3)
LABELS = (RNG.random((300, 4)) < (0.5, 0.2, 0.1, 0.05)).astype(float)
SCORES = np.round(np.clip(0.3 * LABELS + RNG.random((300, 4)) * (1, 0.8, 0.6, 0.4), 0, 1), 2)  # with ties


def test_the_area_under_the_macro_average_is_the_mean_of_the_areas() -> None:
    curves = [RocCurve.from_predictions(LABELS[:, c], SCORES[:, c]) for c in range(4)]
    false, true = macro_average(curves)
    assert np.trapezoid(true, false) == pytest.approx(np.mean([curve.auc for curve in curves]), abs=1e-9)
    assert (np.diff(false) >= 0).all() and (np.diff(true) >= -1e-12).all() and true[0] == 0 and true[-1] == 1


def test_the_macro_average_of_one_curve_is_that_curve() -> None:
    curve = RocCurve.from_predictions(LABELS[:, 0], SCORES[:, 0])
    false, true = macro_average([curve, curve])
    assert {(x, y) for x, y in zip(curve.false, curve.true)} >= {(x, y) for x, y in zip(false, true) if y in curve.true}
    assert np.trapezoid(true, false) == pytest.approx(curve.auc)


def test_the_micro_average_pools_the_cells() -> None:
    assert micro_average(LABELS, SCORES).auc == pytest.approx(auc(LABELS.ravel(), SCORES.ravel()))
    assert micro_average(np.zeros((5, 2)), np.full((5, 2), 0.5)) is None


def test_the_band_is_that_of_each_replicate_s_own_curve_and_wider_where_few_are_found_or_missed() -> None:
    from sklearn.metrics import roc_curve

    from cxr_core.evaluation.curves import FEWEST, roc_band

    positive, probability, patients = LABELS[:, 1], SCORES[:, 1], np.arange(300) // 3
    grid, low, high = roc_band(positive, probability, patients, replicates=40, seed=9)
    drawn = np.random.default_rng(9).multinomial(100, np.full(100, 0.01), size=40)
    lines = []
    for times in drawn:
        false, true, _ = roc_curve(positive, probability, sample_weight=times[patients].astype(float))
        lines.append(np.interp(grid, false, true))
    expected = np.percentile(lines, (2.5, 97.5), axis=0)
    whole = np.interp(grid, *roc_curve(positive, probability)[:2])
    many = np.minimum(whole, 1 - whole) * len(np.unique(patients[positive == 1])) >= FEWEST
    many[[0, -1]] = False  # where it begins and ends by what a curve is
    assert 10 < many.sum() < 45
    np.testing.assert_allclose([low[many], high[many]], expected[:, many], atol=1e-9)
    inner = slice(1, -1)
    assert (low <= expected[0] + 1e-9)[inner].all() and (high >= expected[1] - 1e-9)[inner].all()
    assert (low[inner][~many[inner]] < 1).all() and (low[0], low[-1], high[-1]) == (0, 1, 1)


def test_a_band_of_one_class_is_none() -> None:
    from cxr_core.evaluation.curves import roc_band

    _, low, high = roc_band(np.zeros(6), np.linspace(0, 1, 6), np.arange(6))
    assert np.isnan(low).all() and np.isnan(high).all()
