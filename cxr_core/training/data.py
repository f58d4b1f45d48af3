"""The films a recipe is trained on, found in the data folder."""

from __future__ import annotations

from collections.abc import Callable

from cxr_core.datasets.covid3 import read_covid3
from cxr_core.datasets.index import Index
from cxr_core.datasets.nih_small import read_nih_small
from cxr_core.training.recipe import Recipe

READERS: dict[str, Callable[[], Index]] = {
    "nih_small": read_nih_small,
    "covid3": lambda: read_covid3()[0],
}


def read_data(recipe: Recipe) -> Index:
    """All films of the data set that `recipe.data` names, with their split; DataError when they are not there."""
    return READERS[recipe.data]()
