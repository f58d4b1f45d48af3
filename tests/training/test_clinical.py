"""Training with clinical inputs: they are learnt from, hidden now and then, and a resumed run ends at the same weights."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import small_set
import tiny_training as tiny
from rounding import assert_same_answer

from cxr_core.datasets.history import with_history
from cxr_core.datasets.index import Index
from cxr_core.datasets.nih import read_nih
from cxr_core.datasets.sampling import positive_weights
from cxr_core.errors import DataError, TrainingError
from cxr_core.models.clinical import COUNT
from cxr_core.training.clinical import ClinicalRows, neutral_of, prepare_index
from cxr_core.training.films import TrainingFilms
from cxr_core.training.fit import train

RECIPE = replace(
    tiny.RECIPE, model_id=tiny.CLINICAL.id, draw="in_turn", mixup=0.0, loss="weighted_binary_crossentropy",
    hide_clinical=0.2,
)


@pytest.fixture(scope="module")
def index(tiny_models: None, tmp_path_factory: pytest.TempPathFactory) -> Index:
    """Drawn films, three of each patient."""
    films = tiny.draw_films(tmp_path_factory.mktemp("films"))
    table = films.table.assign(patient=films.table.index // 3, follow_up=films.table.index % 3)
    return with_history(replace(films, table=table), table)


def test_a_killed_run_resumes_to_the_same_weights(index: Index, tmp_path: Path) -> None:
    import keras

    class Killed(Exception):
        pass

    def kill(row: dict) -> None:
        if row["epoch"] == 4:
            raise Killed

    whole = train(RECIPE, index, tmp_path / "whole")
    with pytest.raises(Killed):
        train(RECIPE, index, tmp_path / "run", on_epoch=kill)
    resumed = train(RECIPE, index, tmp_path / "run", resume=True)
    for one, other in zip(resumed.trainable_weights, whole.trainable_weights, strict=True):
        np.testing.assert_allclose(keras.ops.convert_to_numpy(one), keras.ops.convert_to_numpy(other), atol=1e-5)
    histories = [pd.read_csv(tmp_path / run / "history.csv")["val_auc"] for run in ("run", "whole")]
    np.testing.assert_allclose(*histories, atol=1e-4)


def test_a_network_learns_from_what_only_the_clinical_inputs_tell(index: Index, tmp_path: Path) -> None:
    told = replace(index, table=index.table.assign(
        sex=np.where(index.table["labels"].str.contains("Mass"), "M", "F"),
        view=np.where(index.table["labels"].str.contains("Effusion"), "AP", "PA"),
    ))
    blank = np.zeros((32, 32), np.uint8)
    import cv2

    for path in told.table["path"]:
        cv2.imwrite(str(tmp_path / path), blank)
    recipe = replace(RECIPE, stages=(tiny.Stage(epochs=8, learning_rate=0.05),), ema=None, hide_clinical=0.0)
    train(recipe, replace(told, root=tmp_path), tmp_path / "run")
    assert pd.read_csv(tmp_path / "run" / "history.csv")["val_auc"].max() > 0.95


def test_a_batch_holds_each_films_own_inputs_and_hides_them_as_often_as_asked(index: Index) -> None:
    values = np.arange(len(index), dtype=np.float32)[:, None] / len(index) * np.ones(COUNT, np.float32)
    neutral = np.full(COUNT, -1, np.float32)
    marks = np.arange(len(index), dtype=np.uint8)[:, None, None] * np.ones((1, 4, 4), np.uint8)
    stage = replace(RECIPE.stages[0], epochs=40)
    recipe = replace(RECIPE, augmentation="none")
    targets = (index.targets(tiny.CLINICAL.findings),)
    batches = TrainingFilms(marks, targets, tiny.CLINICAL, recipe, stage, epochs=40,
                            clinical=ClinicalRows(values, neutral))
    pairs = [batches[place][0] for place in range(len(batches))]
    films, clinical = (np.concatenate(part) for part in zip(*pairs))
    hidden = clinical == -1
    own = np.round((films[:, 0, 0, 0] + 1) / 2 * 255).astype(int)
    np.testing.assert_array_equal(np.where(hidden, values[own], clinical), values[own])
    assert hidden[:, [0, 1, 2, 3]].mean(axis=0) == pytest.approx(0.2, abs=0.03)
    assert (hidden[:, 3:].all(axis=1) == hidden[:, 3:].any(axis=1)).all()  # a history is known whole or not at all


def test_neutral_values_are_those_of_the_films_trained_on(index: Index) -> None:
    table = index.table.assign(age=np.where(index.table["split"] == "train", 30, 90))
    assert neutral_of(RECIPE, replace(index, table=table))[0] == pytest.approx(0.3)


def test_a_clinical_model_is_not_trained_without_its_history(index: Index, tmp_path: Path) -> None:
    bare = replace(index, table=index.table.drop(columns=["history", "earlier"]))
    with pytest.raises(DataError, match="label file"):
        train(RECIPE, bare, tmp_path / "run")


def test_it_is_said_of_how_many_films_the_history_is_unknown(tmp_path: Path) -> None:
    file = small_set.draw_set(tmp_path, patients=2, films=3) / small_set.NEWER
    rows, said = pd.read_csv(file), []
    for left, words in ((rows, []), (rows.drop(index=0), ["The history of 2 of 5 films is unknown"])):
        left.to_csv(file, index=False)
        told = prepare_index(tiny.CLINICAL, read_nih(tmp_path)[0], said.append)
        assert [one[:38] for one in said] == words and told.table["history"].isna().sum() == 2 * len(words)


def test_the_weighted_loss_of_a_counted_example() -> None:
    from cxr_core.training.losses import find_loss

    targets = np.array([[1, 1], [0, 1], [0, 1], [0, 1], [0, 0]], np.float32)  # 1 of 5, and 4 of 5
    loss = find_loss("weighted_binary_crossentropy", targets, ("Mass", "Effusion"))
    told = np.array([[0.5, 0.25]], np.float32)
    expected = (2 * np.log(2) + 2 * -np.log(0.75)) / 2  # a positive of the first and a negative of the second, each x 2
    assert float(loss(np.array([[1.0, 0.0]], np.float32), told)[0]) == pytest.approx(expected)
    weights = np.sqrt(positive_weights(targets, ("Mass", "Effusion")))
    assert (weights * targets).sum(axis=0) == pytest.approx(((1 - targets) / weights).sum(axis=0))


def test_a_backbone_begins_from_a_file_and_says_what_does_not_fit(tmp_path: Path) -> None:
    import keras

    from cxr_core.models.networks import build
    from cxr_core.models.registry import find_spec
    from cxr_core.training.initial import begin_from

    spec = replace(find_spec("densenet121-224-nih14-clinical"), size=32)
    given = keras.applications.DenseNet121(weights=None, include_top=False, input_shape=spec.input_shape, pooling="avg")
    given.save_weights(tmp_path / "own.weights.h5")
    model = build(spec)
    begin_from(model, spec, str(tmp_path / "own.weights.h5"))
    film = np.random.default_rng(0).uniform(-1, 1, (1, *spec.input_shape)).astype(np.float32)
    features = keras.Model(model.input, model.get_layer("avg_pool").output)
    assert_same_answer(features([film, np.zeros((1, COUNT), np.float32)]), np.asarray(given(film)))
    (tmp_path / "broken.weights.h5").write_bytes(b"no weights")
    for file, said in (("broken.weights.h5", "do not load"), ("gone.h5", "no file")):
        with pytest.raises(TrainingError, match=said):
            begin_from(model, spec, str(tmp_path / file))
