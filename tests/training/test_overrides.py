"""Overrides of a recipe: what is set holds, what cannot be is refused, and a run keeps what it was begun with."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cxr_core.datasets.index import Index
from cxr_core.errors import TrainingError
from cxr_core.models.registry import find_spec
from cxr_core.training.overrides import changes, check_suits, override
from cxr_core.training.recipe import Recipe, Stage
from cxr_core.training.recipes import RECIPES, find_recipe
from cxr_core.training.record import FILE, check_same, read_recipe, write_recipe

RECIPE = Recipe(
    "a-model", (Stage(2, 0.1, size=64), Stage(3, 0.01)), batch=32, optimizer="adam", schedule="constant",
    augmentation="none", ema=0.9,
)


def films(**other: list[str]) -> Index:
    table = {"image": ["a.png", "b.png"], "split": ["train", "val"], "labels": ["Mass", "No Finding"]}
    return Index(Path("."), pd.DataFrame(table | other))


def test_what_is_set_holds_and_nothing_else_changes() -> None:
    given = ["batch=64", "stages.0.epochs=5", "stages.1.learning_rate=3e-4", "ema=none", "draw = findings", "seed=0"]
    assert override(RECIPE, given) == replace(
        RECIPE, batch=64, ema=None, draw="findings", seed=0, stages=(Stage(5, 0.1, size=64), Stage(3, 3e-4)),
    )
    assert override(RECIPE, ["stages.epochs=1"]).epochs == 2
    assert override(RECIPE, ["batch=8", "batch=16"]).batch == 16
    assert override(RECIPE, []) == RECIPE


@pytest.mark.parametrize(("setting", "said"), [
    ("batch", "NAME=VALUE"), ("=3", "NAME=VALUE"), ("batch=", "NAME=VALUE"),
    ("bach=3", "bach.*There are: batch, optimizer"), ("batch.size=3", "nothing to set"), ("model_id=x", "model_id"),
    ("batch=0", "1 or more"), ("batch=-1", "1 or more"), ("batch=3.5", "whole number"), ("batch=many", "whole number"),
    ("batch=none", "whole number"), ("weight_decay=nan", "0 or more"), ("weight_decay=inf", "0 or more"),
    ("stages.0.learning_rate=0", "above 0"), ("ema=1", "below 1"), ("optimizer=sgd", "one of: adam"),
    ("image_share=1", "below 1"), ("image_share=0", "above 0"), ("drawn_films=0", "1 or more"),
    ("precision=float8", "one of: float32, mixed_bfloat16, mixed_float16"),
    ("stages=3", "field of a stage"), ("stages.2.epochs=1", "no stage 2: the recipe has 2"), ("stages.0=1", "field"),
    ("stages.0.batch=1", "nothing to set called 'stages.0.batch'"), ("stages.0.epochs.1=1", "field of a stage"),
])
def test_a_setting_that_cannot_be_is_refused_in_words(setting: str, said: str) -> None:
    with pytest.raises(TrainingError, match=said):
        override(RECIPE, [setting])


@pytest.mark.parametrize(("name", "setting", "said"), [
    ("resnet18-128-nih14", "draw=upsampled", "may have several of its 14 findings, or none"),
    ("inceptionv3-299-nih15", "loss=categorical_crossentropy", "may have several of its 15 findings"),
    ("xception-128-nih14", "loss=categorical_crossentropy", "Choose binary_crossentropy"),
    ("pretrain-resnet18", "loss=binary_crossentropy", "known_binary_crossentropy"),
    ("pretrain-xception", "draw=rarest", "in_turn"),
])
def test_a_draw_or_loss_that_means_something_else_for_the_model_is_refused(name: str, setting: str, said: str) -> None:
    with pytest.raises(TrainingError, match=said):
        check_suits(override(find_recipe(name), [setting]), find_spec(name))


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_suits_its_model(name: str) -> None:
    check_suits(find_recipe(name), find_spec(name))


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_is_read_back_from_a_run_as_it_was(name: str, tmp_path: Path) -> None:
    write_recipe(tmp_path, find_recipe(name))
    assert read_recipe(tmp_path) == find_recipe(name)


def test_a_run_goes_on_with_the_recipe_it_was_begun_with_alone(tmp_path: Path) -> None:
    check_same(tmp_path, RECIPE)  # nothing is recorded, so nothing differs
    write_recipe(tmp_path, RECIPE)
    check_same(tmp_path, RECIPE, films())
    write_recipe(tmp_path, RECIPE, films())
    check_same(tmp_path, RECIPE, films().take(np.array([1, 0])))
    with pytest.raises(TrainingError, match="other films"):
        check_same(tmp_path, RECIPE, films(image=["a.png", "c.png"]))
    other = override(RECIPE, ["batch=64", "stages.1.epochs=9"])
    assert changes(RECIPE, other) == ["stages.1.epochs 3 -> 9", "batch 32 -> 64"]
    with pytest.raises(TrainingError, match="batch 32 -> 64"):
        check_same(tmp_path, other)


@pytest.mark.parametrize("other", [
    {"split": ["train", "train"]}, {"labels": ["Mass|Nodule", "No Finding"]}, {"unknown": ["Mass", ""]},
])
def test_a_run_does_not_go_on_with_another_split_or_other_labels_of_its_films(tmp_path: Path, other: dict) -> None:
    write_recipe(tmp_path, RECIPE, films())
    assert films(**other).digest() == films().digest()
    with pytest.raises(TrainingError, match="another split"):
        check_same(tmp_path, RECIPE, films(**other))
    file = tmp_path / FILE
    file.write_text("".join(line for line in file.read_text().splitlines(True) if not line.startswith("rows =")))
    check_same(tmp_path, RECIPE, films(**other))  # a run of before: its names alone were noted
    with pytest.raises(TrainingError, match="other films"):
        check_same(tmp_path, RECIPE, films(image=["a.png", "c.png"]))


def test_a_run_outlives_words_that_recipes_learn_later(tmp_path: Path) -> None:
    write_recipe(tmp_path, RECIPE)
    file = tmp_path / FILE
    file.write_text("unheard_of = 3\n" + file.read_text().replace('precision = "mixed_bfloat16"\n', ""))
    assert read_recipe(tmp_path) == RECIPE


@pytest.mark.parametrize("text", ["no = [toml", "stages = 3", "stages = []", ""])
def test_a_broken_record_is_told_of(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)
    with pytest.raises(TrainingError, match="is no recipe"):
        read_recipe(tmp_path)
