"""What two ways of computing the same network may differ by."""

from __future__ import annotations

import numpy as np


def assert_same_answer(answer: np.ndarray, expected: np.ndarray, share: float = 1e-5) -> None:
    """float32 rounds by the size of what was added up, not of the sum: of the largest value, `share` is allowed.

    Another processor adds in another order, and a feature of .02 beside others of 30 then differs by the error of 30.
    """
    np.testing.assert_allclose(answer, expected, rtol=0, atol=share * float(np.abs(expected).max()))
