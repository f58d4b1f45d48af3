"""The papers' split by image, rebuilt to show what it alone gives: it leaks, and whatever comes of it is marked so."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from cxr_core.datasets.index import Index
from cxr_core.datasets.sampling import draw_by_findings
from cxr_core.datasets.splits import Split, known_patients, shared_patients, split_by_image
from cxr_core.errors import DataError, TrainingError
from cxr_core.models.registry import find_spec
from cxr_core.models.spec import ModelSpec
from cxr_core.training.recipe import Recipe

TEST = "leaky test"  # what its test films are called everywhere, so that they stand in no column with others
_LEFT_OUT = ("test", "test_wide")  # no model here learns from films that others are tested on
_VAL = 0.1  # of train's films
_LIMIT = (
    "LEAKY on purpose, as its paper's split: {shared:,} of {patients:,} patients stand in more than one part. Its "
    "figures show what such a split gives, not what it makes of a patient it has not seen; they stand beside no others."
)


def split_as_published(index: Index, recipe: Recipe) -> Split:
    """The recipe's films by image, a tenth of train's as val: those of natural prevalence, none of NIH's test list.

    `recipe.image_share` of them are train's (75:25 in Mondal 2019, 80:20 in Khan 2018). Films whose source is smaller
    than every stage of the recipe admits have no part in it. Of those that are left `recipe.drawn_films` are drawn by
    weight first, where the recipe says so (Khan 2018: 40,000).

    Raises
    ------
    DataError
        When too few films are left, or fewer than are to be drawn.
    """
    table = index.table
    rows = ~table["split"].fillna("").isin(_LEFT_OUT)
    if "slice" in table:
        rows &= table["slice"] == "natural"
    if "source_width" in table:
        rows &= table["source_width"] >= recipe.min_source
    if rows.sum() < 40:
        raise DataError(f"{int(rows.sum())} films are too few to be split by image in train, val and test.")
    index = index.where(rows)
    if recipe.drawn_films is not None:
        findings = find_spec(recipe.model_id).findings
        index = draw_by_findings(index, recipe.drawn_films, seed=recipe.seed, findings=findings)
    return split_by_image(index, recipe.image_share, val=_VAL, seed=recipe.seed, test=TEST)


def told(index: Index) -> Split:
    """What there is to say of an index that was split by image."""
    table = index.table
    tested = round(100 * float((table["split"] == TEST).mean()))
    name = f"{100 - tested}:{tested} by image, a tenth of train as val"
    return Split(name, index, known_patients(table), len(shared_patients(table)), heeds_patients=False)


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
            f"This run was split {by}: it cannot ship as {spec.id}. Train the recipe as it stands, without "
            "--set split=..."
        )


def as_patients_told(index: Index, part: Index) -> Index:
    """The part with its `slice` saying of each film whether its patient is one of train's, for the stored results."""
    words = seen(index, part).map({True: "patients of train", False: "other patients"})
    return replace(part, table=part.table.assign(slice=words))
