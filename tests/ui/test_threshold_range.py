"""The range of the slider of thresholds: all scores, one step over them, and nothing that cannot be saved."""

from __future__ import annotations

import numpy as np
import pytest

from cxr_core.evaluation.saved_points import save_point
from cxr_core.ui.trust.threshold import range_of


@pytest.mark.parametrize("scores", [(0.0, 1.0), (0.2, 0.9999), (0.1, 0.3), (0.4, 0.4), (1.0, 1.0), (0.0, 0.0)])
def test_every_threshold_of_the_slider_can_be_saved_and_its_end_calls_as_few_as_can_be(
    scores: tuple[float, float], tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CXR_HOME", str(tmp_path))
    probability = np.array(scores)
    low, top, step = range_of(probability)
    assert 0 <= low < top and low <= probability.min() and step > 0
    assert save_point("ab" * 32, "Mass", top, rule="by hand", who="A").threshold == top
    assert top > probability.max() or top == probability.max() == 1
