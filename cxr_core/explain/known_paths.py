"""What was taken on a path before, so that no gradient is taken twice, for whichever method, baseline or steps."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable
from dataclasses import dataclass, field

import numpy as np

from cxr_core.explain.baselines import each_of

MOST = 128 * 2**20  # bytes: five paths of 64 nodes at 299 px, where a map has 0.36 MB, or 30 of them at 128 px


@dataclass
class KnownPath:
    """The maps of one path, shape (findings, H, W), float32: at its nodes, by their place on it (0 to 1), and of the
    whole path, by how many steps it was summed in."""

    nodes: dict[float, np.ndarray] = field(default_factory=dict)
    wholes: dict[int, np.ndarray] = field(default_factory=dict)

    @property
    def nbytes(self) -> int:
        """The memory that the maps hold, in bytes."""
        return sum(one.nbytes for maps in (self.nodes, self.wholes) for one in maps.values())


class KnownPaths:
    """Paths that are known, and how many gradients were `taken` while they were; those not asked for longest
    go as soon as all of them hold more than `most` bytes.

    For one thread. A path that is being walked is held by whoever walks it, kept here or not.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most, self._kept, self.taken = most, {}, 0

    def find(self, network: Hashable, film: np.ndarray, baseline: str) -> tuple[KnownPath, ...]:
        """The path from each baseline of a name ("all" has four) to a film; what its caller adds to it stays known.

        Parameters
        ----------
        network : hashable
            What gradients are taken of: the network, what it is told beside the film, and the outputs.
        film : ndarray of shape (H, W, C), float32
            The network's input.
        baseline : str
            See `explain.baselines`.
        """
        digest = hashlib.sha256(film.tobytes()).digest()
        return tuple(self._find((network, digest, one)) for one in each_of(baseline))

    @property
    def nbytes(self) -> int:
        """The memory that all of it holds, in bytes."""
        return sum(path.nbytes for path in self._kept.values())

    def _find(self, key: Hashable) -> KnownPath:
        found = self._kept.pop(key, None) or KnownPath()
        while self._kept and self.nbytes + found.nbytes > self._most:
            del self._kept[next(iter(self._kept))]
        self._kept[key] = found
        return found
