"""Training on exclusive classes: the loss, the balance, the history, the decay; and it resumes to the same weights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tiny_training as tiny

from cxr_core.datasets.index import Index
from cxr_core.evaluation.training import accuracy, categorical_log_loss
from cxr_core.findings import NO_FINDING
from cxr_core.models.registry import MODELS
from cxr_core.training.films import TrainingFilms
from cxr_core.training.fit import train
from cxr_core.training.recipe import Recipe, Stage

SPEC = replace(
    tiny.SPEC, id="tiny-16-class3", findings=("Mass", "Effusion", NO_FINDING), activation="softmax", exclusive=True,
)
RECIPE = Recipe(
    model_id=SPEC.id, stages=(Stage(epochs=4, learning_rate=0.01),), batch=16, optimizer="adam_l2", schedule="constant",
    augmentation="flip", weight_decay=1e-3, draw="upsampled", loss="categorical_crossentropy", precision="float32",
)


@pytest.fixture(scope="module")
def registered(tiny_models: None) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(MODELS, SPEC.id, SPEC)
        yield


@pytest.fixture(scope="module")
def index(registered: None, tmp_path_factory: pytest.TempPathFactory) -> Index:
    """The drawn films that show one thing at most."""
    films = tiny.draw_films(tmp_path_factory.mktemp("films"))
    return films.where(~films.table["labels"].str.contains("|", regex=False))


class Killed(Exception):
    pass


def test_a_killed_run_learns_and_resumes_to_the_same_weights(index: Index, tmp_path: Path) -> None:
    import keras

    def kill(row: dict) -> None:
        if row["epoch"] == 2:
            raise Killed

    whole = train(RECIPE, index, tmp_path / "whole")
    with pytest.raises(Killed):
        train(RECIPE, index, tmp_path / "broken", on_epoch=kill)
    resumed = train(RECIPE, index, tmp_path / "broken", resume=True)
    for one, other in zip(whole.trainable_weights, resumed.trainable_weights, strict=True):
        np.testing.assert_allclose(keras.ops.convert_to_numpy(one), keras.ops.convert_to_numpy(other), atol=1e-5)
    history = pd.read_csv(tmp_path / "whole" / "history.csv")
    assert {"loss", "val_loss", "accuracy", "val_accuracy", "val_auc"} < set(history)
    assert "val_auc_within_view" not in history  # a child's film has no view
    assert history["loss"].iloc[-1] < history["loss"].iloc[0] and history["val_auc"].max() > 0.6
    assert history[["accuracy", "val_accuracy"]].stack().between(0, 1).all()


def test_an_epoch_shows_each_class_as_often_and_every_film_at_least_once() -> None:
    classes = np.repeat([0, 1, 2], (30, 12, 3))
    marks = np.arange(45, dtype=np.uint8)[:, None, None] * np.ones((1, 4, 4), np.uint8)
    batches = TrainingFilms(marks, (np.eye(3, dtype=np.float32)[classes],), SPEC, RECIPE, RECIPE.stages[0], epochs=2)
    for epoch in range(2):
        places = range(epoch * batches.steps, (epoch + 1) * batches.steps)
        seen = np.concatenate([np.round((batches[place][0][:, 0, 0, 0] + 1) / 2 * 255) for place in places]).astype(int)
        assert list(np.bincount(classes[seen])) == [30, 30, 30]
        assert set(seen) == set(range(45))


def test_the_decay_is_an_l2_penalty_as_pytorchs_adam_has_it() -> None:
    import keras

    from cxr_core.training.optimizers import AdamL2

    decay, target = 0.1, np.array([2.0, -3.0, 0.5], np.float32)
    decayed, penalised = (keras.Variable(np.array([1.0, 1.0, -40.0], np.float32)) for _ in range(2))
    ours, plain = AdamL2(0.05, l2=decay), keras.optimizers.Adam(0.05)
    for _ in range(30):
        ours.apply([np.asarray(decayed) - target], [decayed])
        plain.apply([np.asarray(penalised) - target + decay * np.asarray(penalised)], [penalised])
    np.testing.assert_allclose(np.asarray(decayed), np.asarray(penalised), rtol=1e-5)
    decoupled = keras.Variable(np.array([1.0, 1.0, -40.0], np.float32))
    other = keras.optimizers.AdamW(0.05, weight_decay=decay)
    for _ in range(30):
        other.apply([np.asarray(decoupled) - target], [decoupled])
    assert np.abs(np.asarray(decoupled) - np.asarray(decayed)).max() > 0.1


def test_loss_and_accuracy_of_a_counted_example() -> None:
    targets = np.eye(3)[[0, 1, 2]]
    scores = np.array([[0.5, 0.3, 0.2], [0.5, 0.25, 0.25], [0.2, 0.2, 0.6]])
    assert categorical_log_loss(targets, scores) == pytest.approx(-(np.log(0.5) + np.log(0.25) + np.log(0.6)) / 3)
    assert accuracy(targets, scores) == pytest.approx(2 / 3)
