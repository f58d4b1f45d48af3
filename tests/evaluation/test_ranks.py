"""Steps, placements and areas in NumPy alone are SciPy's and scikit-learn's."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from scipy.stats import rankdata
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_curve

from cxr_core.evaluation.curves import RocCurve, average_precision, precision_recall
from cxr_core.evaluation.operating import youden_point
from cxr_core.evaluation.ranks import called_at, placed

RNG = np.random.default_rng(9)
CASES = [(RNG.random(count) < 0.3, np.round(RNG.random(count), digits)) for count in (12, 300) for digits in (1, 3)]


@pytest.mark.parametrize(("positive", "scores"), CASES)
def test_the_curves_are_scikit_learns_point_by_point(positive: np.ndarray, scores: np.ndarray) -> None:
    curve = RocCurve.from_predictions(positive, scores)
    false, true, thresholds = roc_curve(positive, scores)
    for ours, theirs in zip((curve.false, curve.true, curve.thresholds), (false, true, thresholds), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-12)
    precision, recall, _ = precision_recall_curve(positive, scores)
    np.testing.assert_allclose(precision_recall(positive, scores)[:2], (recall[::-1], precision[::-1]), atol=1e-12)
    assert average_precision(positive, scores) == pytest.approx(average_precision_score(positive, scores))
    weights = RNG.integers(0, 3, len(scores)).astype(float)
    false, true, thresholds = roc_curve(positive, scores, sample_weight=weights)
    assert youden_point(positive, scores, weights) == min(thresholds[np.argmax(true - false)], 1)


def test_what_is_called_of_a_counted_example() -> None:
    false, true, thresholds = called_at(np.array([1, 0, 1, 0]), np.array([0.9, 0.7, 0.7, 0.1]))
    assert (false.tolist(), true.tolist()) == ([0, 0, 1, 2], [0, 1, 2, 2])
    assert thresholds.tolist() == [np.inf, 0.9, 0.7, 0.1]


def test_placements_among_themselves_are_mid_ranks() -> None:
    values = RNG.integers(0, 30, 200)
    np.testing.assert_array_equal(placed(values, values) + 0.5, rankdata(values))


def test_what_the_performance_page_measures_with_imports_neither() -> None:
    """They take a second to import, before the first page is there."""
    modules = ("averages", "calibration", "comparison", "curves", "drawn", "operating", "subgroups", "summary")
    program = "".join(f"import cxr_core.evaluation.{name}\n" for name in modules)
    program += "import sys; print(sorted({'scipy', 'sklearn'} & {name.partition('.')[0] for name in sys.modules}))"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
