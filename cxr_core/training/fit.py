"""Train a recipe: resumable, seeded, with history and checkpoints in a run folder."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pandas as pd
from keras import layers

from cxr_core.datasets.index import Index
from cxr_core.errors import TrainingError
from cxr_core.evaluation.training import log_loss, mean_auc, mean_auc_within
from cxr_core.models.networks import build
from cxr_core.models.registry import find_spec
from cxr_core.models.spec import ModelSpec
from cxr_core.training.films import TrainingFilms, load_films, to_input
from cxr_core.training.losses import LOSSES
from cxr_core.training.recipe import Recipe, Stage

OnEpoch = Callable[[dict[str, float]], None]
BEST = "best.weights.h5"


def train(
    recipe: Recipe, index: Index, run: Path, *, resume: bool = False, on_epoch: OnEpoch | None = None,
) -> keras.Model:
    """Train `recipe` on the train split of `index`, and look at val after each epoch.

    Writes `history.csv` (epoch, stage, loss, val_loss, val_auc, val_auc_within_view, seconds, and rollbacks: how
    often weights had become NaN so far), Keras's own backup for resuming, and `best.weights.h5`, the averaged
    weights of the last stage's best epoch.

    Raises
    ------
    TrainingError
        When `run` already holds a run and `resume` is not set.
    """
    if (run / "history.csv").exists() and not resume:
        raise TrainingError(f"The run folder {run.name!r} already holds a run. Resume it, or name another.")
    run.mkdir(parents=True, exist_ok=True)
    spec = find_spec(recipe.model_id)
    last = len(recipe.stages) - 1
    best = [run / (BEST if number == last else f"stage{number + 1}.weights.h5") for number in range(last + 1)]
    for number, stage in enumerate(recipe.stages):
        if not (run / f"stage{number + 1}.done").exists():
            _train_stage(recipe, number, spec, index, run, best, on_epoch)
            (run / f"stage{number + 1}.done").touch()
    model = build(spec)
    model.load_weights(best[-1])
    return model


def _train_stage(
    recipe: Recipe, number: int, spec: ModelSpec, index: Index, run: Path, best: list[Path], on_epoch: OnEpoch | None,
) -> None:
    stage = recipe.stages[number]
    spec = replace(spec, size=stage.size or spec.size)
    table = index.table
    part = {
        "train": index.where((table["split"] == "train") & (table["source_width"] >= stage.min_source)),
        "val": index.where((table["split"] == "val") & (table["source_width"] >= 128)),
    }
    films = {name: load_films(rows, spec.size) for name, rows in part.items()}
    targets = [part["train"].targets(spec.findings)]
    if recipe.side_tasks:
        targets.append(side_targets(part["train"]))

    keras.utils.set_random_seed(recipe.seed + number)
    keras.config.set_dtype_policy(recipe.precision)
    model = build(spec)
    trained = with_side_tasks(model) if recipe.side_tasks else model
    keras.config.set_dtype_policy("float32")
    if number:
        model.load_weights(best[number - 1])
    history = _read_history(run)
    done = sum(row.get("stage", 1) == number + 1 for row in history)
    if done >= stage.epochs:
        return
    batches = TrainingFilms(
        films["train"], tuple(targets), spec, recipe, stage, first=len(history), epochs=stage.epochs - done
    )
    weights = [1.0, recipe.side_tasks][:len(targets)]
    trained.compile(
        _optimizer(recipe, stage, batches.steps), loss=[LOSSES[recipe.loss], "binary_crossentropy"][:len(targets)],
        loss_weights=weights,
        jit_compile=False,
    )
    rollback = Rollback()
    trained.fit(
        batches, epochs=stage.epochs, steps_per_epoch=batches.steps, shuffle=False, verbose=0,
        callbacks=[
            rollback,  # first, so that neither a backup nor an average is made of NaN
            keras.callbacks.BackupAndRestore(str(run / f"backup{number + 1}")),
            *([keras.callbacks.SwapEMAWeights(swap_on_epoch=True)] if recipe.ema else []),
            Reseed(recipe.seed + number),
            *([MeasureBatchNorms(model, films["train"], spec, recipe)] if recipe.batch_norm_films else []),
            Validation(model, films["val"], part["val"], spec, recipe, number, run, best[number], rollback, on_epoch),
        ],
    )


def with_side_tasks(model: keras.Model) -> keras.Model:
    """The network with a second output (age in centuries, male, AP), shape (N, 3), from its pooled features."""
    pooled = next(layer for layer in model.layers if isinstance(layer, layers.GlobalAveragePooling2D))
    side = layers.Dense(3, activation="sigmoid", dtype="float32", name="side_tasks")(pooled.output)
    return keras.Model(model.input, [model.output, side])


def side_targets(index: Index) -> np.ndarray:
    """What every film is labelled with for free: age in centuries, male, AP; float32 (films, 3), 0 to 1."""
    table = index.table
    return np.stack(
        [table["age"].clip(0, 100) / 100, table["sex"] == "M", table["view"] == "AP"], axis=1
    ).astype(np.float32)


def _optimizer(recipe: Recipe, stage: Stage, steps: int) -> keras.optimizers.Optimizer:
    rate = stage.learning_rate
    if recipe.schedule == "cosine":
        total, warm = steps * stage.epochs, min(300, steps * stage.epochs // 4)
        rate = keras.optimizers.schedules.CosineDecay(
            rate / 20, total - warm, alpha=0.01, warmup_target=rate, warmup_steps=warm
        )
    averaging = {"use_ema": True, "ema_momentum": recipe.ema} if recipe.ema else {}
    if recipe.optimizer == "adamw":
        return keras.optimizers.AdamW(rate, weight_decay=recipe.weight_decay, **averaging)
    return keras.optimizers.Adam(rate, **averaging)


def _read_history(run: Path) -> list[dict[str, float]]:
    path = run / "history.csv"
    return pd.read_csv(path).to_dict("records") if path.exists() else []


class Reseed(keras.callbacks.Callback):
    """Seeds dropout from the epoch: its state is in no checkpoint, and a resumed run would draw anew."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._seed = seed

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        for place, layer in enumerate(self.model.layers):
            if hasattr(layer, "seed_generator"):
                layer.seed_generator.state.assign(np.array([self._seed * 1000 + epoch, place], "uint32"))


class MeasureBatchNorms(keras.callbacks.Callback):
    """Measures the mean and variance of every batch norm on train films, with the weights as they now stand.

    Their running values belong to weights of some hundred steps ago, and never to averaged weights: on InceptionV3
    this hid .02 of val AUC. Training is not touched, for it reads no running values.
    """

    def __init__(self, network: keras.Model, films: np.ndarray, spec: ModelSpec, recipe: Recipe) -> None:
        super().__init__()
        rows = np.random.default_rng(recipe.seed).permutation(len(films))[:recipe.batch_norm_films]
        self._network, self._spec = network, spec
        self._batches = np.array_split(films[rows], max(1, len(rows) // 128))
        self._norms = [layer for layer in network.layers if isinstance(layer, layers.BatchNormalization)]

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        momenta = [norm.momentum for norm in self._norms]
        for seen, films in enumerate(self._batches):
            for norm in self._norms:
                norm.momentum = seen / (seen + 1)  # so that the running values become the mean over all batches
            self._network(to_input(films.astype(np.float32) / 255, self._spec), training=True)
        for norm, momentum in zip(self._norms, momenta, strict=True):
            norm.momentum = momentum


class Rollback(keras.callbacks.Callback):
    """Goes back to the last sound weights when any has become NaN.

    In bfloat16 on CPUs with AMX an update of InceptionV3 came out NaN once in some hundred steps, though the same
    step repeated was sound; activations hide it (the relu of NaN is 0), so the weights themselves are looked at.
    """

    def __init__(self, every: int = 10) -> None:
        super().__init__()
        self._every, self._sound, self.times = every, [], 0

    def on_train_begin(self, logs: dict | None = None) -> None:
        self._look()

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        if (batch + 1) % self._every == 0:
            self._look()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        self._look()

    def _look(self) -> None:
        variables = [*self.model.variables, *self.model.optimizer.variables]
        values = [keras.ops.convert_to_numpy(variable).copy() for variable in variables]
        if all(np.isfinite(value).all() for value in values if value.dtype.kind == "f"):
            self._sound = values
        else:
            self.times += 1
            for variable, value in zip(variables, self._sound, strict=True):
                variable.assign(value)
            self.model.reset_metrics()


class Validation(keras.callbacks.Callback):
    """Scores val after each epoch, appends to history.csv, and keeps the stage's best weights."""

    def __init__(
        self, network: keras.Model, films: np.ndarray, index: Index, spec: ModelSpec, recipe: Recipe, number: int,
        run: Path, best: Path, rollback: Rollback, on_epoch: OnEpoch | None,
    ) -> None:
        super().__init__()
        self._rollback = rollback
        self._network, self._films, self._spec, self._recipe = network, films, spec, recipe
        self._targets, self._views = index.targets(spec.findings), index.table["view"].to_numpy()
        self._stage, self._run, self._best, self._on_epoch = number + 1, run, best, on_epoch
        self._began = time.monotonic()

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self._began = time.monotonic()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        seconds = time.monotonic() - self._began
        scores = np.concatenate([
            np.asarray(self._network.predict_on_batch(to_input(films.astype(np.float32) / 255, self._spec)))
            for films in np.array_split(self._films, max(1, len(self._films) // 64))
        ])
        history = _read_history(self._run)
        row = {
            "epoch": len(history) + 1, "stage": self._stage, "loss": logs.get("probabilities_loss", logs["loss"]),
            "val_loss": log_loss(self._targets, scores), "val_auc": mean_auc(self._targets, scores),
            "val_auc_within_view": mean_auc_within(self._targets, scores, self._views), "seconds": seconds,
            "rollbacks": self._rollback.times,
        }
        before = [past[self._recipe.choose] for past in history if past.get("stage", 1) == self._stage]
        if not any(value > row[self._recipe.choose] for value in before):
            self._network.save_weights(self._best)
        pd.DataFrame([*history, row]).to_csv(self._run / "history.csv", index=False)
        if self._on_epoch:
            self._on_epoch(row)
