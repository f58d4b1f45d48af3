"""Numbers that are none, in JSON: it has no NaN, and what has it is read by few."""

from __future__ import annotations

import math
from typing import Any


def without_nan(value: Any) -> Any:
    """A value as JSON can hold it: a number that is none (NaN, infinite) is None, a tuple a list."""
    if isinstance(value, dict):
        return {key: without_nan(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def with_nan(value: Any) -> Any:
    """And back, of values none of which was None before: each None is NaN."""
    if isinstance(value, dict):
        return {key: with_nan(one) for key, one in value.items()}
    if isinstance(value, list):
        return [with_nan(one) for one in value]
    return math.nan if value is None else value
