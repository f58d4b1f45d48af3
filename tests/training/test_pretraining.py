"""Shared pretraining: films of several sets, labels that are not known, and recipes that begin from it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tiny_training as tiny
from rounding import assert_same_answer

from cxr_core.errors import TrainingError
from cxr_core.evaluation.training import log_loss
from cxr_core.findings import CHILD_PNEUMONIA, NIH14, PRETRAINING
from cxr_core.models.registry import BEGINNINGS, all_models
from cxr_core.training.losses import known_binary_crossentropy
from cxr_core.training.record import BEST, write_recipe
from cxr_core.training.recipes import find_recipe

TARGETS = np.array([[1, 0, np.nan], [np.nan, np.nan, np.nan]], np.float32)
SCORES = np.array([[0.8, 0.4, 0.99], [0.3, 0.3, 0.3]], np.float32)


def test_the_loss_is_the_mean_over_what_is_known() -> None:
    told = np.asarray(known_binary_crossentropy(TARGETS, SCORES))
    assert told == pytest.approx([-(np.log(0.8) + np.log(0.6)) / 2, 0.0], abs=1e-6)
    assert log_loss(TARGETS, SCORES) == pytest.approx(told[0], abs=1e-6)


def test_what_is_not_known_has_no_slope() -> None:
    import tensorflow as tf

    scores = tf.Variable(SCORES)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(known_binary_crossentropy(tf.constant(TARGETS), scores))
    slope = tape.gradient(loss, scores).numpy()
    assert slope[np.isnan(TARGETS)] == pytest.approx(0) and np.abs(slope[~np.isnan(TARGETS)]).min() > 0.5


def test_a_label_that_is_not_known_changes_nothing(tmp_path: Path, tiny_models: None) -> None:
    from cxr_core.training.fit import train

    recipe = replace(
        tiny.RECIPE, stages=(replace(tiny.RECIPE.stages[1], epochs=1),), draw="in_turn", loss="known_binary_crossentropy",
    )
    drawn, weights = tiny.draw_films(tmp_path), []
    for name, label in (("without", ""), ("with", "Mass")):
        table = drawn.table.copy()
        foreign = (np.arange(len(table)) % 2 == 0) & (table["split"] == "train")
        table["unknown"] = np.where(foreign, "Mass", "")
        table["labels"] = np.where(foreign, label, table["labels"])
        table.loc[foreign, ["sex", "view", "age"]] = ["", "", np.nan]
        model = train(recipe, type(drawn)(tmp_path, table), tmp_path / name)
        weights.append([np.asarray(one) for one in model.weights])
    assert all(np.isfinite(one).all() for one in weights[0])
    assert all(np.array_equal(*pair) for pair in zip(*weights, strict=True))


def run_of(folder: Path, spec, recipe) -> Path:
    """A run folder that holds a network of random weights."""
    import keras

    folder.mkdir()
    keras.utils.set_random_seed(3)
    tiny.build(spec).save_weights(folder / BEST)
    write_recipe(folder, recipe)
    return folder


def test_a_recipe_begins_from_the_run_of_another(tmp_path: Path, tiny_models: None) -> None:
    import keras

    from cxr_core.training.initial import begin_from

    run = run_of(tmp_path / "run", tiny.SPEC, tiny.RECIPE)
    begun = tiny.build(tiny.SPEC)
    begun.load_weights(run / BEST)
    keras.utils.set_random_seed(4)
    coloured = replace(tiny.SPEC, channels=3, findings=("Nodule",))
    model = tiny.build(coloured)
    taken = begin_from(model, coloured, str(run))
    assert taken == len(model.weights) - 2  # all but the logits, of which there is another number
    film = np.random.default_rng(0).uniform(-1, 1, (2, *tiny.SPEC.input_shape)).astype(np.float32)
    features = [keras.Model(one.input, one.get_layer("pool").output) for one in (begun, model)]
    assert_same_answer(features[1](np.repeat(film, 3, axis=-1)), np.asarray(features[0](film)))


def test_a_run_of_another_backbone_or_none_is_refused(tmp_path: Path, tiny_models: None) -> None:
    from cxr_core.models.networks import build
    from cxr_core.models.registry import find_spec
    from cxr_core.training.initial import begin_from

    spec = find_spec("customcnn-224-covid3")
    for run, said in (
        (run_of(tmp_path / "run", tiny.SPEC, tiny.RECIPE), "shares 0 of the"), (tmp_path, "holds no finished run"),
    ):
        with pytest.raises(TrainingError, match=said):
            begin_from(build(spec), spec, str(run))


def test_pretraining_gives_no_model_and_does_not_ship(tmp_path: Path) -> None:
    from cxr_core.training.assess import assess

    assert not set(BEGINNINGS) & set(all_models())
    (tmp_path / BEST).touch()
    (tmp_path / "history.csv").touch()
    for name in BEGINNINGS:
        with pytest.raises(TrainingError, match="does not ship"):
            assess(find_recipe(name), tiny.draw_films(tmp_path), tmp_path, hardware="none", out=tmp_path)


@pytest.mark.realdata
def test_all_films_have_the_labels_of_their_own_set_and_none_is_a_test_film(data_folder: Path) -> None:
    from cxr_core.datasets.all_films import read_all_films
    from cxr_core.datasets.covid3 import read_covid3
    from cxr_core.datasets.nih_small import read_nih_small

    index = read_all_films(data_folder)
    nih, (others, _) = read_nih_small(data_folder / "nih"), read_covid3(data_folder)
    table, known = index.table, ~np.isnan(index.targets(PRETRAINING))
    parts = nih.table["split"].value_counts() + others.table["split"].value_counts().reindex(["train"])
    assert (table["split"] == "train").sum() == parts["train"]
    assert (table["split"] == "val").sum() == (nih.table["split"] == "val").sum()
    of_nih = table["path"].str.startswith("nih/").to_numpy()
    child = ~of_nih & (table["labels"] != "COVID-19").to_numpy()
    assert (known[of_nih] == [*[True] * len(NIH14), False, True]).all()
    assert (known[child] == [*[False] * len(NIH14), True, True]).all()
    assert set(table["labels"][child]) == {"Normal", CHILD_PNEUMONIA}
    tested = {f"nih:{one}" for one in nih.table["patient"][nih.table["split"].isin(["test", "test_wide"])]}
    tested |= set(others.table["patient"][others.table["split"] != "train"])
    assert not tested & set(table["patient"].str.lstrip(":"))
    assert all((index.root / path).is_file() for path in table["path"].sample(20, random_state=0))
