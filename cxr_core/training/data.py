"""The films a recipe is trained on: those of its own data set, or of a folder that is named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from cxr_core.datasets.all_films import read_all_films
from cxr_core.datasets.covid3 import read_covid3
from cxr_core.datasets.index import Index
from cxr_core.datasets.nih_small import read_nih_small
from cxr_core.datasets.sources import read_folder
from cxr_core.datasets.splits import split_by_patient, split_official
from cxr_core.errors import DataError
from cxr_core.training import leaky
from cxr_core.training.recipe import Recipe
from cxr_core.training.tfrecords import is_tfrecords, read_tfrecords

READERS: dict[str, Callable[[], Index]] = {
    "nih_small": read_nih_small,
    "covid3": lambda: read_covid3()[0],
    "all_films": read_all_films,
}


def read_data(recipe: Recipe) -> Index:
    """All films of the data set that `recipe.data` names, with the recipe's split; DataError when they are not there."""
    index = READERS[recipe.data]()
    return leaky.split_as_published(index, recipe).index if recipe.split == "image" else index


def read_split(recipe: Recipe, folder: Path | None, say: Callable[[str], None] = lambda _: None) -> Index:
    """The films of `folder` with train and val told apart; of the recipe's own data set when none is named.

    NIH as downloaded is split by its lists, a set without any split by patient; `say` is told which, and what did not
    fit. A film whose source is not known to be smaller counts as 1024 px, as NIH published them.

    Raises
    ------
    DataError
        When the folder is no data set that is known, or has no film for train or for val.
    """
    if folder is None:
        index = read_data(recipe)
        if recipe.split == "image":
            say(leaky.told(index).in_words)
        return index
    if recipe.data == "all_films":
        return read_all_films(folder)
    if recipe.data == "covid3" and not is_tfrecords(folder):
        index, report = read_covid3(folder)
    elif is_tfrecords(folder):
        index, report = read_tfrecords(folder)
    else:
        source = read_folder(folder)
        index, report = source.index, source.report
    if report.in_words:
        say(report.in_words)
    parts = set(index.table["split"].fillna("")) - {""}
    if recipe.split == "image":
        index = leaky.split_as_published(index, recipe).index
        say(leaky.told(index).in_words)
    elif not parts or "train_val" in parts:
        split = split_official(index) if parts else split_by_patient(index)
        say(split.in_words)
        index = split.index
    if "source_width" not in index.table:
        index = Index(index.root, index.table.assign(source_width=1024), index.label_version)
    sizes = {part: int((index.table["split"] == part).sum()) for part in ("train", "val")}
    if not all(sizes.values()):
        raise DataError(
            f"{folder} has {sizes['train']} films to train on and {sizes['val']} to validate: both are needed. "
            "Run the data check on it."
        )
    return index
