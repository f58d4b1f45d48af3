"""The papers' split by image, rebuilt to show what it alone gives: it leaks, and whatever comes of it is marked so."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from cxr_core.datasets.index import Index
from cxr_core.datasets.splits import Split, shared_patients, split_by_image
from cxr_core.errors import DataError, TrainingError
from cxr_core.models.spec import ModelSpec
from cxr_core.training.recipe import Recipe

TEST = "leaky test"  # what its test films are called everywhere, so that they stand in no column with others
_LEFT_OUT = ("test", "test_wide")  # no model here learns from films that others are tested on
_NAME = "75:25 by image, a tenth of train as val"
_LIMIT = (
    "LEAKY on purpose, as its paper's split: {shared:,} of {patients:,} patients stand in more than one part. Its figures "
    "show what such a split gives, not what it makes of a patient it has not seen; they stand beside no others."
)


def split_as_published(index: Index, recipe: Recipe) -> Split:
    """The recipe's films by image, 75:25, a tenth of train's as val: those of natural prevalence, none of NIH's test list.

    Films whose source is smaller than every stage of the recipe admits have no part in it.

    Raises
    ------
    DataError
        When no film is left.
    """
    table = index.table
    rows = ~table["split"].fillna("").isin(_LEFT_OUT)
    if "slice" in table:
        rows &= table["slice"] == "natural"
    if "source_width" in table:
        rows &= table["source_width"] >= recipe.min_source
    if rows.sum() < 40:
        raise DataError(f"{int(rows.sum())} films are too few to be split by image in train, val and test.")
    return split_by_image(index.where(rows), val=0.1, seed=recipe.seed, test=TEST)


def told(index: Index) -> Split:
    """What there is to say of an index that was split by image."""
    patients, shared = index.table["patient"].nunique(), len(shared_patients(index.table))
    return Split(_NAME, index, patients, shared, drawn_by_image=True)


def limit(index: Index) -> str:
    """What to beware of, for the card."""
    split = told(index)
    return _LIMIT.format(shared=split.shared_patients, patients=split.patients)


def seen(index: Index, part: Index) -> pd.Series:
    """Whether each film of a part is of a patient whom train has too."""
    table = index.table
    return part.table["patient"].isin(set(table["patient"][table["split"] == "train"]))


def check_marked(spec: ModelSpec, recipe: Recipe) -> None:
    """Refuse to ship a run that was split by image as a model like any other, or the reverse.

    Raises
    ------
    TrainingError
    """
    if (recipe.split == "image") != spec.leaky:
        by = "by image, so that its figures leak" if recipe.split == "image" else "by patient"
        raise TrainingError(
            f"This run was split {by}: it cannot ship as {spec.id}. Train the recipe as it stands, without --set split=..."
        )


def as_patients_told(index: Index, part: Index) -> Index:
    """The part with its `slice` saying of each film whether its patient is one of train's, for the stored results."""
    words = seen(index, part).map({True: "patients of train", False: "other patients"})
    return replace(part, table=part.table.assign(slice=words))
