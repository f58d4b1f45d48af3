"""Films that were picked one by one, or with a lasso: no filter says which they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Picked:
    """Places of films of one data set, rising, packed as int32: compared and hashed in a moment, however many."""

    packed: bytes

    @classmethod
    def of(cls, places: Sequence[int] | np.ndarray) -> Picked:
        return cls(np.unique(np.asarray(places, np.int32)).tobytes())

    @property
    def places(self) -> np.ndarray:
        """int32, shape (films,)."""
        return np.frombuffer(self.packed, np.int32)

    def __len__(self) -> int:
        return len(self.packed) // 4
