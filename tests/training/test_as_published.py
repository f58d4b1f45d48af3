"""`train RECIPE --as-published`: all films at full size, and what systems.md says of each paper, where it says it."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

import pytest
import tiny_training as tiny

from cxr_core.cli import main
from cxr_core.errors import TrainingError
from cxr_core.models.registry import find_spec
from cxr_core.training import as_published as module
from cxr_core.training.as_published import PAPER_RECIPES, as_published
from cxr_core.training.card_words import command
from cxr_core.training.overrides import check_suits, override
from cxr_core.training.recipe import Stage
from cxr_core.training.recipes import RECIPES, find_recipe
from cxr_core.training.record import read_recipe

COVID = {
    "size": 224, "loss": "categorical_crossentropy", "optimizer": "adam_l2", "learning_rate": 1e-4, "epochs": 8,
    "augmentation": "flip", "draw": "upsampled", "activation": "softmax",
}
XCEPTION = {
    "size": 128, "loss": "binary_crossentropy", "optimizer": "adam", "learning_rate": 1e-3, "epochs": 28,
    "augmentation": "published_xception", "weights": None, "activation": "softmax", "epoch_films": 5606 * 3 // 4,
}
# All of these are published, typed in from systems.md; what it does not say is not here.
STATED = {
    "xception-128-nih14": XCEPTION,
    "xception-128-nih14-leaky": XCEPTION | {"split": "image", "image_share": 0.75},
    "mobilenet-128-nih6": {"size": 128, "epochs": 5, "epoch_films": 100 * 32},  # 100 steps; the batch is ours
    "inceptionv3-299-nih15": {"size": 299, "activation": "sigmoid"},
    "densenet121-224-nih14-clinical": {
        "size": 224, "weights": "imagenet", "loss": "weighted_binary_crossentropy", "activation": "sigmoid",
    },
    "resnet18-224-covid3": COVID | {"weights": "imagenet", "weight_decay": 1e-3},
    "customcnn-224-covid3": COVID | {"weights": None, "weight_decay": 1e-4},
}


@pytest.mark.parametrize("name", STATED)
def test_what_systems_md_states_is_trained(name: str) -> None:
    recipe, spec = as_published(name).recipe, find_spec(name)
    (stage,) = recipe.stages
    beside = {"size": stage.size or spec.size, "activation": spec.activation}
    for key, value in STATED[name].items():
        assert (beside[key] if key in beside else getattr(stage if hasattr(stage, key) else recipe, key)) == value, key


@pytest.mark.parametrize("name", PAPER_RECIPES)
def test_all_films_are_shown_but_for_a_papers_own_number(name: str) -> None:
    recipe = as_published(name).recipe
    (stage,) = recipe.stages
    assert recipe.drawn_films is None and stage.size is None
    assert stage.epoch_films == STATED[name].get("epoch_films")
    assert stage.min_source == 0 or stage.epoch_films  # those two show films of 128 px and more: all of NIH's are
    assert recipe.schedule == "constant" and recipe.ema is None and not recipe.side_tasks and not recipe.hide_clinical
    check_suits(recipe, find_spec(name))


@pytest.mark.parametrize("name", PAPER_RECIPES)
def test_what_no_paper_says_is_said_to_be_ours(name: str) -> None:
    told, (stage,) = as_published(name), as_published(name).recipe.stages
    ours = told.in_words.partition("Not known, so ours: ")[2]
    assert f"batches of {told.recipe.batch}" in ours
    if "learning_rate" not in STATED[name]:
        assert f"Adam at {stage.learning_rate:.4f}".rstrip("0") in ours and told.recipe.optimizer == "adam"
    if "epochs" not in STATED[name]:
        assert f"{stage.epochs} epochs" in ours


def test_recipes_of_no_paper_are_refused() -> None:
    assert set(PAPER_RECIPES) == set(STATED)
    for name in set(RECIPES) - set(PAPER_RECIPES):
        with pytest.raises(TrainingError, match="no paper's. As published there are: xception-128"):
            as_published(name)


@pytest.mark.parametrize("name", PAPER_RECIPES)
@pytest.mark.parametrize("settings", [[], ["batch=8", "stages.0.epochs=3"]])
def test_the_cards_command_trains_the_same_again(name: str, settings: list[str]) -> None:
    """And that of a shipped recipe stays as it was."""
    recipe = override(as_published(name).recipe, settings)
    words = shlex.split(command(recipe))
    begun = as_published(name).recipe if "--as-published" in words else find_recipe(name)
    assert override(begun, [after for word, after in zip(words, words[1:]) if word == "--set"]) == recipe
    assert ("--as-published" in words) == (as_published(name).recipe != find_recipe(name))
    assert command(find_recipe(name)) == f"python -m cxr_core train {name}"


def test_the_command_trains_it_and_says_what_is_not_known(
    tmp_path: Path, tiny_models: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    tiny.write_set(tiny.draw_films(tmp_path))
    paper = module.PaperRecipe("a paper", replace(tiny.RECIPE, stages=(Stage(1, 0.01),)), "everything")
    monkeypatch.setitem(PAPER_RECIPES, tiny.SPEC.id, paper)
    asked = ["train", tiny.SPEC.id, "--data", str(tmp_path), "--run", str(tmp_path / "run"), "--set", "batch=8"]
    assert main([*asked, "--as-published"]) == 0
    assert read_recipe(tmp_path / "run") == replace(paper.recipe, batch=8)
    assert "As published by a paper. Not known, so ours: everything." in capsys.readouterr().err
