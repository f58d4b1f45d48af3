"""The clinical inputs of a run's films: read once, filled where unknown, and hidden now and then while training."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cxr_core.datasets.history import unknown_histories, with_history
from cxr_core.datasets.index import Index
from cxr_core.models.clinical import GROUPS, encode_index, fill, neutral_values
from cxr_core.models.spec import ModelSpec
from cxr_core.training.recipe import Recipe


@dataclass(frozen=True)
class ClinicalRows:
    """Clinical inputs of some films, (films, 17) with NaN where not known, and what stands for that, (17,)."""

    values: np.ndarray
    neutral: np.ndarray

    def filled(self, rows: np.ndarray | slice = slice(None)) -> np.ndarray:
        """What the network sees of these rows, float32 (rows, 17)."""
        return fill(self.values[rows], self.neutral)

    def drawn(self, rows: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
        """The same with age, sex, view and history each hidden in a share of the rows, so that "unknown" is learnt."""
        values = self.values[rows]
        for place in GROUPS.values():
            values[rng.random(len(values)) < share, place] = np.nan
        return fill(values, self.neutral)


def prepare_index(spec: ModelSpec, index: Index, say: Callable[[str], None] = lambda _: None) -> Index:
    """The index with each film's history, if the model takes one and the index has none yet.

    `say` is told of how many films it is not known.
    """
    if not spec.clinical or "history" in index.table:
        return index
    index = with_history(index)
    if words := unknown_histories(index):
        say(words)
    return index


def neutral_of(recipe: Recipe, index: Index) -> np.ndarray:
    """The neutral value of each clinical input: its mean over the films that the recipe trains on, float32 (17,)."""
    table = index.table
    return neutral_values(encode_index(
        index.where((table["split"] == "train") & (table["source_width"] >= recipe.min_source))
    ))


def clinical_rows(spec: ModelSpec, recipe: Recipe, index: Index, part: Index) -> ClinicalRows | None:
    """The clinical inputs of a part of `index`; None for a model that takes none."""
    return ClinicalRows(encode_index(part), neutral_of(recipe, index)) if spec.clinical else None
