"""Training: it learns, and it resumes to the same weights. Under JAX: `test_devices`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tiny_training as tiny
from rounding import assert_same_answer

from cxr_core.datasets.index import Index
from cxr_core.errors import TrainingError
from cxr_core.findings import NO_FINDING
from cxr_core.training.films import TrainingFilms, draw_weights, load_films, to_input
from cxr_core.training.fit import train
from cxr_core.training.recipes import RECIPES, find_recipe


@pytest.fixture(scope="module")
def index(tiny_models: None, tmp_path_factory: pytest.TempPathFactory) -> Index:
    return tiny.draw_films(tmp_path_factory.mktemp("films"))


@pytest.fixture(scope="module")
def whole(index: Index, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An uninterrupted run."""
    run = tmp_path_factory.mktemp("runs") / "whole"
    train(tiny.RECIPE, index, run)
    return run


class Killed(Exception):
    pass


def test_a_run_learns_and_writes_a_row_per_epoch(whole: Path) -> None:
    history = pd.read_csv(whole / "history.csv")
    assert list(history["epoch"]) == [1, 2, 3, 4, 5] and list(history["stage"]) == [1, 1, 2, 2, 2]
    assert history["loss"].iloc[-1] < history["loss"].iloc[0]
    assert (whole / "best.weights.h5").is_file()


@pytest.mark.parametrize("epoch", [1, 2, 4])  # within a stage, at its end, within the next
def test_a_killed_run_resumes_to_the_same_weights(index: Index, whole: Path, tmp_path: Path, epoch: int) -> None:
    import keras

    def kill(row: dict) -> None:
        if row["epoch"] == epoch:
            raise Killed

    with pytest.raises(Killed):
        train(tiny.RECIPE, index, tmp_path / "run", on_epoch=kill)
    model = train(tiny.RECIPE, index, tmp_path / "run", resume=True)
    unbroken = tiny.build(tiny.SPEC)
    unbroken.load_weights(whole / "best.weights.h5")
    for one, other in zip(model.trainable_weights, unbroken.trainable_weights, strict=True):
        np.testing.assert_allclose(keras.ops.convert_to_numpy(one), keras.ops.convert_to_numpy(other), atol=1e-5)
    columns = ["epoch", "stage", "loss", "val_auc"]
    pd.testing.assert_frame_equal(
        pd.read_csv(tmp_path / "run" / "history.csv")[columns], pd.read_csv(whole / "history.csv")[columns], atol=1e-4
    )


def test_a_run_is_not_overwritten(index: Index, whole: Path) -> None:
    with pytest.raises(TrainingError, match="Resume it"):
        train(tiny.RECIPE, index, whole)


def test_a_draw_that_means_something_else_for_the_model_is_refused_before_anything_is_written(
    index: Index, tmp_path: Path
) -> None:
    with pytest.raises(TrainingError, match="Choose rarest"):
        train(replace(tiny.RECIPE, draw="upsampled"), index, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_weight_that_becomes_nan_is_rolled_back() -> None:
    import keras

    from cxr_core.training.callbacks import Rollback

    class Poison(keras.callbacks.Callback):
        def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
            if batch == 5:
                self.model.weights[0].assign(self.model.weights[0] * np.nan)

    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("adam", "mse")
    rollback = Rollback(every=4)
    films = np.ones((80, 2), np.float32)
    model.fit(films, films[:, :1], batch_size=10, verbose=0, callbacks=[Poison(), rollback])
    assert rollback.times == 1
    assert all(np.isfinite(keras.ops.convert_to_numpy(weight)).all() for weight in model.weights)


def test_rollbacks_are_counted_on_over_stages_and_resumes(index: Index, tmp_path: Path) -> None:
    def kill(row: dict) -> None:
        raise Killed

    run, recipe = tmp_path / "run", replace(tiny.RECIPE, stages=(tiny.Stage(2, 0.02, size=12), tiny.Stage(1, 0.01)))
    with pytest.raises(Killed):
        train(recipe, index, run, on_epoch=kill)
    history = pd.read_csv(run / "history.csv").assign(rollbacks=3)
    history.to_csv(run / "history.csv", index=False)
    train(recipe, index, run, resume=True)
    assert list(pd.read_csv(run / "history.csv")["rollbacks"]) == [3, 3, 3]


def test_weights_that_are_no_numbers_from_the_start_are_told_of() -> None:
    import keras

    from cxr_core.training.callbacks import Rollback

    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("adam", "mse")
    model.weights[0].assign(model.weights[0] * np.nan)
    films = np.ones((4, 2), np.float32)
    with pytest.raises(TrainingError, match="that are no numbers. Begin from others"):
        model.fit(films, films[:, :1], verbose=0, callbacks=[Rollback()])


def test_batch_norms_are_measured_with_the_weights_as_they_stand(index: Index) -> None:
    import keras

    from cxr_core.training.callbacks import MeasureBatchNorms

    keras.utils.set_random_seed(1)
    films, model = load_films(index, tiny.SPEC.size), tiny.build(tiny.SPEC)
    recipe = replace(tiny.RECIPE, batch_norm_films=len(films))
    MeasureBatchNorms(model, films, tiny.SPEC, recipe).on_epoch_end(0)
    into_norm = keras.Model(model.input, model.get_layer("norm").input)
    values = np.asarray(into_norm(to_input(films.astype(np.float32) / 255, tiny.SPEC)))
    norm = model.get_layer("norm")
    assert_same_answer(norm.moving_mean, values.mean(axis=(0, 1, 2)), 1e-4)
    assert_same_answer(norm.moving_variance, values.var(axis=(0, 1, 2)), 1e-3)
    assert norm.momentum == 0.99


def test_a_batch_depends_on_seed_and_epoch_alone(index: Index) -> None:
    films, targets = load_films(index, 16), (index.targets(tiny.SPEC.findings),)

    def batch(epoch: int, seed: int = 1) -> np.ndarray:
        recipe = replace(tiny.RECIPE, seed=seed)
        return TrainingFilms(films, targets, tiny.SPEC, recipe, recipe.stages[0], epoch)[0][0]

    np.testing.assert_array_equal(batch(2), batch(2))
    assert np.abs(batch(2) - batch(3)).max() > 0.1 and np.abs(batch(2) - batch(2, seed=2)).max() > 0.1
    assert batch(0).min() >= -1 and batch(0).max() <= 1


def test_unbalanced_epochs_show_every_film_in_turn(index: Index) -> None:
    marks = np.arange(120, dtype=np.uint8)[:, None, None] * np.ones((1, 4, 4), np.uint8)
    recipe = replace(tiny.RECIPE, draw="in_turn", mixup=0.0, augmentation="published_xception")
    stage = tiny.Stage(epochs=3, learning_rate=0.1, epoch_films=40)
    batches = TrainingFilms(marks, (np.zeros((120, 2), np.float32),), tiny.SPEC, recipe, stage, epochs=3)
    seen = [round((film.max() + 1) / 2 * 255) for place in range(len(batches)) for film in batches[place][0]]
    assert sorted(seen) == list(range(120))


def test_the_rarer_finding_is_drawn_more_often() -> None:
    targets = np.zeros((100, 2), np.float32)
    targets[:50, 0], targets[50, 1] = 1, 1
    weights = draw_weights(targets, "rarest", tiny.SPEC.findings)
    assert weights.sum() == pytest.approx(1) and weights[50] > weights[0] >= weights[99] > 0


def test_films_are_drawn_by_their_number_of_findings_as_khan_drew_them() -> None:
    targets = np.array([[0, 0], [1, 0], [1, 1]], np.float32)
    weights = draw_weights(targets, "findings", ("Mass", "Effusion"))
    np.testing.assert_allclose(weights, np.array([0.1, 1.1, 2.1]) / 3.3)
    with_none = np.column_stack([targets.sum(axis=1) == 0, targets])  # a column for No Finding is not a finding
    np.testing.assert_allclose(draw_weights(with_none, "findings", (NO_FINDING, "Mass", "Effusion")), weights)


def test_losses_of_counted_examples() -> None:
    from cxr_core.training.losses import euclidean, hinge

    targets, probabilities = np.array([[1.0, 0.0]], np.float32), np.array([[0.4, 0.8]], np.float32)
    assert float(euclidean(targets, probabilities)[0]) == pytest.approx(1.0, abs=1e-3)
    assert float(hinge(targets, probabilities)[0]) == pytest.approx(((1 + 0.2) + (1 + 0.6)) / 2)


@pytest.mark.parametrize("name", RECIPES)
def test_each_recipe_ends_at_the_size_that_is_shipped(name: str) -> None:
    from cxr_core.models.registry import find_spec

    recipe = find_recipe(name)
    assert recipe.model_id == name and recipe.stages[-1].size in (None, find_spec(name).size)


def test_an_epoch_without_a_figure_is_worse_than_any_that_has_one() -> None:
    from cxr_core.training.callbacks import is_best

    nan = float("nan")
    assert is_best(nan, []) and not is_best(nan, [0.4]) and not is_best(nan, [nan])
    assert is_best(0.3, [nan]) and is_best(0.5, [nan, 0.4]) and not is_best(0.3, [0.4, nan])


def test_val_that_can_choose_no_epoch_is_refused_before_anything_is_written(index: Index, tmp_path: Path) -> None:
    table = index.table
    well = replace(index, table=table.assign(labels=table["labels"].where(table["split"] == "train", "No Finding")))
    with pytest.raises(TrainingError, match="Val can choose no epoch: its 40 films"):
        train(tiny.RECIPE, well, tmp_path / "run")
    lateral = replace(index, table=table.assign(view=[f"view {n}" for n in range(len(table))]))
    within = replace(tiny.RECIPE, choose="val_auc_within_view")
    with pytest.raises(TrainingError, match="--set choose=val_auc"):
        train(within, lateral, tmp_path / "run")
    assert not (tmp_path / "run").exists()
