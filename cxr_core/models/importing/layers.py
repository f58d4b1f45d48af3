"""What a file of weights holds, whatever its format."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

MAX_FILE = 512 * 1024**2  # bytes; a network of ours with its optimizer takes 300 million
MAX_PARAMETERS = 40_000_000  # the largest network of ours has 24 million
MAX_ARRAYS = 20_000  # the largest has 700
MAX_DEPTH = 24  # models in models, and the parts of a name between slashes
MAX_NAME = 200  # characters


@dataclass(frozen=True)
class StoredLayer:
    """One layer's arrays, float32. `path` is its name with the models it stands in, outermost first.

    `variables` are the arrays' names ("kernel", "gamma"), or their numbers where the file numbers them.
    """

    path: tuple[str, ...]
    variables: tuple[str, ...]
    arrays: tuple[np.ndarray, ...]

    @property
    def name(self) -> str:
        return self.path[-1]


@dataclass(frozen=True)
class Declared:
    """What the file's description says, each None where it is silent: input (H, W, C), activation of the outputs."""

    input: tuple[int | None, ...] | None = None
    activation: str | None = None


@dataclass(frozen=True)
class Stored:
    """A file of weights: its layers in the file's order, and what it says of itself.

    `listed` says that layers without names of their own are numbered in the order of Keras's list of them (by depth),
    as our own files and Keras 3 before 3.9 number them, and not in the order in which they were made.
    """

    layers: tuple[StoredLayer, ...]
    declared: Declared = Declared()
    listed: bool = False
