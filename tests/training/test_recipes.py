"""Each recipe is the published one where its paper speaks, and its docstring says what it gave, as its card has it."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from importlib import import_module
from pathlib import Path

import pandas as pd
import pytest

from cxr_core.evaluation.published import accuracy_of
from cxr_core.models.card import CARD, load_card
from cxr_core.models.registry import BEGINNINGS, find_spec
from cxr_core.training.recipe import Recipe
from cxr_core.training.recipes import RECIPES, find_recipe

WEIGHTS = Path(__file__).parents[2] / "weights"
UNTRAINED = "Not trained yet: no figure is known."


@dataclass(frozen=True)
class Paper:
    """What a paper states of its training, typed in from systems.md; None where it is silent."""

    loss: str
    optimizer: str | None = None
    learning_rate: float | None = None
    epochs: int | None = None
    augmentation: str | None = None
    weight_decay: float | None = None
    draw: str | None = None
    activation: str | None = None
    films: int | None = None  # in an epoch


# All of these numbers are published.
PAPERS = {
    "xception-128-nih14": Paper(  # Mondal 2019: 75% of 5,606 films; turns by 90 degrees and flips
        "binary_crossentropy", "adam", 1e-3, 28, "published_xception", 0.0, activation="softmax", films=5606 * 3 // 4,
    ),
    "mobilenet-128-nih6": Paper(  # Khan 2018: 5 epochs of 100 steps; weight 0.1 + findings; the batch of 32 is ours
        "binary_crossentropy", epochs=5, draw="findings", films=100 * 32,
    ),
    "inceptionv3-299-nih15": Paper("binary_crossentropy", activation="sigmoid"),  # Srikar 2021, else silent
    "densenet121-224-nih14-clinical": Paper("weighted_binary_crossentropy", activation="sigmoid"),  # Crobu 2019
    "resnet18-224-covid3": Paper(  # Ibisoglu, Akcay 2021: an L2 penalty, flips, balanced by upsampling
        "categorical_crossentropy", "adam_l2", 1e-4, 8, "flip", 1e-3, "upsampled", "softmax",
    ),
    "customcnn-224-covid3": Paper("categorical_crossentropy", "adam_l2", 1e-4, 8, "flip", 1e-4, "upsampled", "softmax"),
    "xception-299-nih14": Paper("weighted_binary_crossentropy", activation="sigmoid"),  # ours, as systems.md has it
}


def docstring(name: str) -> str:
    """A recipe's docstring, on one line."""
    module = import_module(f"cxr_core.training.recipes.{RECIPES[name].partition(':')[0]}")
    return " ".join(module.__doc__.split())


@pytest.mark.parametrize("name", PAPERS)
def test_a_recipe_is_as_published(name: str) -> None:
    paper, recipe = PAPERS[name], find_recipe(name)
    ours = {
        "loss": recipe.loss, "optimizer": recipe.optimizer, "epochs": recipe.epochs, "draw": recipe.draw,
        "learning_rate": recipe.stages[0].learning_rate, "augmentation": recipe.augmentation,
        "weight_decay": recipe.weight_decay, "activation": find_spec(name).activation,
        "films": recipe.stages[0].epoch_films,
    }
    stated = {one.name: getattr(paper, one.name) for one in fields(Paper) if getattr(paper, one.name) is not None}
    assert {key: ours[key] for key in stated} == stated
    if paper.learning_rate is not None:  # one rate from the first step to the last, and one stage
        assert recipe.schedule == "constant" and len(recipe.stages) == 1
    assert recipe.data == ("covid3" if paper.draw == "upsampled" else "nih_small")
    assert recipe.split == "own"  # by patient, or as the data set says: the leaky one has a recipe of its own


def test_every_recipe_of_systems_md_is_held_against_its_paper() -> None:
    apart = {"resnet18-128-nih14", "xception-128-nih14-leaky", *BEGINNINGS}  # the house's own; one split; beginnings
    assert set(PAPERS) == set(RECIPES) - apart


@pytest.mark.parametrize("name", [name for name, paper in PAPERS.items() if paper.optimizer])
def test_the_optimiser_is_the_papers_and_nothing_beside(name: str) -> None:
    import keras

    from cxr_core.training.optimizers import AdamL2, make_optimizer

    recipe = find_recipe(name)
    made = make_optimizer(recipe, recipe.stages[0].learning_rate)
    assert type(made) is (AdamL2 if PAPERS[name].optimizer == "adam_l2" else keras.optimizers.Adam)
    assert float(made.learning_rate) == pytest.approx(PAPERS[name].learning_rate)
    assert (made.beta_1, made.beta_2, made.amsgrad) == (0.9, 0.999, False)  # published: Kingma and Ba 2014
    assert made.weight_decay is None and not made.use_ema and made.clipnorm is None


@pytest.mark.parametrize("loss", ["euclidean", "binary_crossentropy", "hinge"])
def test_khans_three_losses_are_one_word_away(loss: str) -> None:
    from cxr_core.training.losses import LOSSES
    from cxr_core.training.overrides import override

    assert override(find_recipe("mobilenet-128-nih6"), [f"loss={loss}"]).loss in LOSSES


def test_todays_xception_says_everything_that_it_changes() -> None:
    """What systems.md lists (sigmoid, 299 px, patients apart, a weighted loss), and how few films are trained on."""
    then, today = find_recipe("xception-128-nih14"), find_recipe("xception-299-nih14")
    changed = {one.name for one in fields(Recipe) if getattr(then, one.name) != getattr(today, one.name)}
    assert changed == {
        "model_id", "stages", "optimizer", "schedule", "augmentation", "weight_decay", "ema", "draw", "loss",
        "side_tasks", "weights", "choose", "batch", "batch_norm_films",
    }
    said = docstring("xception-299-nih14")
    for word in ("sigmoid", "weigh more in the loss", "nobody's in train", "299 px", "begins from that one's weights",
                 "AdamW", "cosine", "averaged weights", "drawn more often", "augmentation", "age, sex and view",
                 "Batches of 16", "half as many"):
        assert word in said


@pytest.mark.parametrize("name", RECIPES)
def test_a_docstring_has_its_command_and_what_it_gave(name: str) -> None:
    """The figures are the card's: after a model has shipped, the sentence asked for below belongs into its recipe."""
    said = docstring(name)
    assert f"python -m cxr_core train {name} " in f"{said} " or name in BEGINNINGS
    if not (WEIGHTS / name / CARD).is_file():
        assert (UNTRAINED in said or name in BEGINNINGS) and "Result:" not in said
        return
    from cxr_core.training.card_words import result

    expected = result(load_card(WEIGHTS / name))
    assert re.search(r"[0-9]", expected) and expected in said and UNTRAINED not in said, f"write into it: {expected}"


def test_the_epochs_of_a_docstring_are_those_of_the_history() -> None:
    """InceptionV3's stages: the epoch that each handed on, chosen on val."""
    name = "inceptionv3-299-nih15"
    history = pd.read_csv(WEIGHTS / name / "history.csv")
    best = history.loc[history.groupby("stage")[find_recipe(name).choose].idxmax()]
    for column, words in (("val_auc", "Mean AUC on val after each stage:"), ("val_auc_within_view", "within a view")):
        assert f"{words} {', '.join(f'{value:.3f}'.lstrip('0') for value in best[column])}" in docstring(name)


@pytest.mark.parametrize("name", ["resnet18-224-covid3", "customcnn-224-covid3"])
def test_the_published_accuracy_of_a_docstring_is_the_papers(name: str) -> None:
    paper = accuracy_of(name)
    assert f"Published: test accuracy {paper.test * 100:.3f}%, validation {paper.val:.1%}." in docstring(name)
