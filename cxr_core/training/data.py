"""The films a recipe is trained on: those of its own data set, or of a folder that is named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from cxr_core.datasets.all_films import read_all_films
from cxr_core.datasets.covid3 import read_covid3
from cxr_core.datasets.index import Index
from cxr_core.datasets.nih_small import read_nih_small
from cxr_core.datasets.sampling import draw_by_findings
from cxr_core.datasets.sources import Source, is_table, kind_of, open_source
from cxr_core.datasets.splits import Split, known_patients, split_by_file, split_by_patient, split_official
from cxr_core.datasets.tfrecords import file_names
from cxr_core.errors import DataError
from cxr_core.findings import COVID3, NO_FINDING
from cxr_core.models.registry import find_spec
from cxr_core.training import leaky
from cxr_core.training.recipe import Recipe

READERS: dict[str, Callable[[], Index]] = {
    "nih_small": read_nih_small,
    "covid3": lambda: read_covid3()[0],
    "all_films": read_all_films,
}


def read_data(recipe: Recipe) -> Index:
    """All films of the data set that `recipe.data` names, with the recipe's split; DataError where they are not."""
    index = READERS[recipe.data]()
    return leaky.split_as_published(index, recipe).index if recipe.split == "image" else _drawn(index, recipe)


def read_split(
    recipe: Recipe, folder: Path | None, say: Callable[[str], None] = lambda _: None, *, table: Path | None = None
) -> Index:
    """The films of `folder` with train and val told apart; of the recipe's own data set when none is named.

    `folder` and `table` are what `open_source` takes: `folder` may be a table of films as well. NIH as downloaded is
    split by its lists, a set without any split by patient, and TFRecords of nobody knows whom by file; `say` is told
    which, and what did not fit. A film whose source is not known to be smaller counts as 1024 px, as NIH published
    them.

    Raises
    ------
    DataError
        When the folder is no data set that is known, or has no film for train or for val, or none of a class that
        excludes the others; or a table is named for a recipe of several sets, without its films, or without a word of
        one of the recipe's findings.
    """
    if folder is None and table is not None:
        raise DataError(
            f"{table.name} says what films show, and not where they are: name their folder, or it, as data."
        )
    if folder is None:
        index = read_data(recipe)
        if recipe.split == "image":
            say(leaky.told(index).in_words)
        return index
    if not folder.exists():  # a recipe of several sets looks for folders of its own below it, and would name those
        raise DataError(f"There is no {'table' if is_table(folder) else 'folder'} {folder}.")
    by_table = table is not None or folder.is_file()
    if recipe.data == "all_films" and by_table:
        raise DataError(
            "This recipe learns from nih, coronahack and covid: name the folder that holds these, no table."
        )
    if recipe.data == "all_films":
        return read_all_films(folder)
    if recipe.data == "covid3" and not by_table and kind_of(folder) != "tfrecords":
        index, report = read_covid3(folder)
    else:
        source = open_source(folder, table=table)
        if source.kind == "table":
            _check_findings(recipe, source)
        index, report = source.index, source.report
    if report.in_words:
        say(report.in_words)
    widths = index.table["source_width"].fillna(1024) if "source_width" in index.table else 1024
    index = replace(index, table=index.table.assign(source_width=widths))
    parts = set(index.table["split"].fillna("")) - {""}
    if recipe.split == "image":
        index = leaky.split_as_published(index, recipe).index
        say(leaky.told(index).in_words)
    elif not parts or "train_val" in parts:
        split = split_official(index) if parts else _split(index)
        say(split.in_words)
        index = split.index
    index = _drawn(index, recipe)
    _check_parts(recipe, index, folder)
    return index


def _split(index: Index) -> Split:
    """By patient; films of TFRecords that nobody knows the patients of by file, as they were published."""
    if not known_patients(index.table) and (files := file_names(index)).all():
        return split_by_file(index, files)
    return split_by_patient(index)


def _drawn(index: Index, recipe: Recipe) -> Index:
    """Of train's films those that the recipe draws once for all epochs; val and test stay. (By image: `leaky`.)"""
    if recipe.drawn_films is None or recipe.split == "image":
        return index
    may_train = (index.table["split"] == "train") & (index.table["source_width"] >= recipe.min_source)
    findings = find_spec(recipe.model_id).findings
    drawn = draw_by_findings(index.where(may_train), recipe.drawn_films, seed=recipe.seed, findings=findings)
    return index.where((index.table["split"] != "train") | index.table["path"].isin(drawn.table["path"]))


def _check_findings(recipe: Recipe, source: Source) -> None:
    """Of a finding that somebody's table is silent on nobody knows who has it: all would be trained on as without."""
    silent = sorted(set(find_spec(recipe.model_id).findings) - set(source.labels.findings) - {NO_FINDING})
    if silent:
        raise DataError(
            f"{source.labels.version} says nothing of {', '.join(silent)}, which {recipe.model_id} learns: give a "
            "column of 0 and 1 for each, or a text of findings."
        )


def _check_parts(recipe: Recipe, index: Index, folder: Path) -> None:
    train = index.where(index.table["split"] == "train")
    val = int((index.table["split"] == "val").sum())
    if not len(train) or not val:
        raise DataError(
            f"{folder} has {len(train)} films to train on and {val} to validate: both are needed. "
            "Run the data check on it."
        )
    lacking = [name for name in COVID3 if not (train.table["labels"] == name).any()]
    if recipe.data == "covid3" and lacking:
        raise DataError(
            f"{folder} has no film to train on of {', '.join(lacking)}, which is to be told from the others. Give a "
            "folder that has films of each class."
        )
