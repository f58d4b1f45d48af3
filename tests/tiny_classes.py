"""A model with exclusive classes, trained and shipped within seconds on drawn films; their names are the real ones."""

from __future__ import annotations

import sys
import types
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tiny_training as tiny

from cxr_core.datasets.index import Index
from cxr_core.findings import COVID3
from cxr_core.models.registry import MODELS
from cxr_core.training.recipe import Recipe, Stage

SPEC = replace(
    tiny.SPEC, id="tiny-16-covid3", title="Tiny · three classes", findings=COVID3, activation="softmax", exclusive=True,
)
RECIPE = Recipe(
    model_id=SPEC.id, stages=(Stage(epochs=4, learning_rate=0.01),), batch=16, optimizer="adam_l2", schedule="constant",
    augmentation="flip", weight_decay=1e-3, draw="upsampled", loss="categorical_crossentropy", precision="float32",
)
_CLASSES = {"No Finding": "Normal", "Mass": "Pneumonia", "Effusion": "COVID-19"}


def register(patch: pytest.MonkeyPatch) -> None:
    """Make it one of the registry's, as long as `patch` holds."""
    module = types.ModuleType("cxr_core.models.networks.tiny")
    module.build = tiny.build
    patch.setitem(sys.modules, module.__name__, module)
    patch.setitem(MODELS, SPEC.id, SPEC)


def draw_classes(root: Path) -> Index:
    """Drawn films of one thing at most, in train, val and test."""
    films = tiny.draw_films(root)
    one = films.where(films.table["labels"].isin(list(_CLASSES)))
    parts = np.where(one.table["split"] == "val", "val", np.where(one.table["patient"] % 3 == 0, "test", "train"))
    return replace(one, table=one.table.assign(labels=one.table["labels"].map(_CLASSES), split=parts))


def draw_nih(folder: Path) -> None:
    """`nih/images.csv` below `folder`, and its films: of adults and children, well, ill, and with other findings."""
    root = folder / "nih"
    root.mkdir(parents=True)
    drawn = tiny.draw_films(root).table
    table = pd.DataFrame({
        "path": drawn["path"], "image_index": drawn["image"], "patient_id": drawn["patient"], "follow_up": 0,
        "age": np.where(drawn["patient"] % 5 == 0, 9, drawn["age"]), "sex": drawn["sex"], "view": drawn["view"],
        "finding_labels": drawn["labels"].replace("Mass", "Pneumonia"),
        "split": np.where(drawn["patient"] % 3 == 0, "train", np.where(drawn["patient"] % 3 == 1, "test", "test_wide")),
        "source_width": 1024, "slice": "natural", "has_box": False,
    })
    table.to_csv(root / "images.csv", index=False)


def ship(root: Path) -> None:
    """Train it in `root/run`, on `root/films`, and ship it to `root/weights/<id>`, audited on `root/data/nih`."""
    from cxr_core.training.assess import assess
    from cxr_core.training.fit import train

    draw_nih(root / "data")
    (root / "films").mkdir()
    index = draw_classes(root / "films")
    with pytest.MonkeyPatch.context() as patch:
        register(patch)
        patch.setenv("CXR_DATA", str(root / "data"))
        train(RECIPE, index, root / "run")
        assess(RECIPE, index, root / "run", hardware="a test", out=root / "weights" / SPEC.id)
