"""Train a recipe: resumable, seeded, with history and checkpoints in a run folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import keras
import numpy as np
from keras import layers

from cxr_core.datasets.index import Index
from cxr_core.errors import TrainingError
from cxr_core.folders import make_folder
from cxr_core.models.networks import build
from cxr_core.models.registry import find_spec
from cxr_core.models.spec import ModelSpec
from cxr_core.training.callbacks import (
    Backup, MeasureBatchNorms, OnBatch, OnEpoch, Reseed, Rollback, TellBatches, TensorBoard, Validation, check_val,
    read_history,
)
from cxr_core.training.clinical import ClinicalRows, clinical_rows, prepare_index
from cxr_core.training.devices import Share, check_batch
from cxr_core.training.films import TrainingFilms
from cxr_core.training.initial import begin_from
from cxr_core.training.losses import find_loss, known_binary_crossentropy
from cxr_core.training.optimizers import make_optimizer
from cxr_core.training.overrides import check_suits
from cxr_core.training.pipeline import Storage, broken_film_told, feed, is_quick, open_films
from cxr_core.training.recipe import Recipe, Stage
from cxr_core.training.record import BEST, check_same, write_recipe
from cxr_core.training.stopping import GoOn, Stop, StopCleanly, Stopped, holds_run, step_back


def train(
    recipe: Recipe, index: Index, run: Path, *, resume: bool = False, on_epoch: OnEpoch | None = None,
    on_batch: OnBatch | None = None, stop: Stop | None = None, tensorboard: bool = False, share: Share = Share(),
    storage: Storage = Storage(), say: Callable[[str], None] = lambda _: None,
) -> keras.Model:
    """Train `recipe` on the train split of `index`, and look at val after each epoch.

    Films are kept as `storage` says, and `say` is told where; the result is the same. It is told also of how many films
    a history that the model takes is not known.

    Writes `history.csv` (epoch, stage, loss, val_loss, val_auc, val_auc_within_view or, of exclusive classes, accuracy
    and val_accuracy, seconds, and rollbacks: how often weights had become NaN so far), Keras's own backup for resuming,
    and `best.weights.h5`, the averaged weights of the last stage's best epoch; `recipe.toml`, what it was begun with;
    with `tensorboard` also logs below `tensorboard/`, one run a stage.

    Raises
    ------
    TrainingError
        When `run` already holds a run and `resume` is not set, it was begun with another recipe or other films, the
        draw or the loss does not suit the model, val can choose no epoch, or a film that is read as it is drawn cannot
        be.
    TrainingStopped
        When `stop` was asked to. The run resumes to the same weights as if it had not been.
    """
    if holds_run(run):
        if not resume:
            raise TrainingError(f"The run folder {run.name!r} already holds a run. Resume it, or name another.")
        check_same(run, recipe, index)
    check_suits(recipe, find_spec(recipe.model_id))
    check_val(index, find_spec(recipe.model_id), recipe)
    check_batch(recipe.batch, share.devices)
    share.wait()
    if share.writes:
        make_folder(run)
        write_recipe(run, recipe, index)
    options = Options(on_epoch, on_batch, stop or Stop(), tensorboard and share.writes, share, storage, say)
    spec = find_spec(recipe.model_id)
    if recipe.network != "own":
        spec = replace(spec, network=recipe.network)
    index = prepare_index(spec, index, say)
    last = len(recipe.stages) - 1
    best = [run / (BEST if number == last else f"stage{number + 1}.weights.h5") for number in range(last + 1)]
    for number in range(len(recipe.stages)):
        if not (run / f"stage{number + 1}.done").exists():
            while _train_stage(recipe, number, spec, index, run, best, options):
                pass
            if share.writes:
                (run / f"stage{number + 1}.done").touch()
            share.wait()
    model = build(spec)
    model.load_weights(best[-1])
    return model


@dataclass(frozen=True)
class Options:
    """What a run is given beside its recipe, and does not depend on."""

    on_epoch: OnEpoch | None
    on_batch: OnBatch | None
    stop: Stop
    tensorboard: bool
    share: Share
    storage: Storage
    say: Callable[[str], None]


def _train_stage(
    recipe: Recipe, number: int, spec: ModelSpec, index: Index, run: Path, best: list[Path], options: Options,
) -> bool:
    """Train what is left of a stage; of a run that was stopped within an epoch only the rest of that one.

    Returns whether epochs may be left: they follow as after any resume.
    """
    stage, share = recipe.stages[number], options.share
    spec = replace(spec, size=stage.size or spec.size)
    history = read_history(run)
    done = sum(row.get("stage", 1) == number + 1 for row in history)
    if done >= stage.epochs:
        return False
    stopped = Stopped.read(run, number, done)
    skip = stopped.step if stopped else 0
    seen, val = _open_parts(recipe, stage, spec, index, options)
    targets = (seen.rows.targets(spec.findings), *([side_targets(seen.rows)] if recipe.side_tasks else []))
    model, trained = _networks(recipe, number, spec, best)
    batches = TrainingFilms(
        seen.films, targets, spec, recipe, stage, first=len(history), epochs=stage.epochs - done,
        clinical=seen.clinical, skip=skip, share=share,
    )
    _compile(trained, recipe, stage, spec, targets, batches.steps)
    rollback = Rollback(before=int(history[-1].get("rollbacks", 0)) if history else 0)
    backup = run / f"backup{number + 1}"
    if share.writes:
        step_back(backup, done)
    share.wait()
    with broken_film_told(batches):
        trained.fit(
            batches if is_quick(seen.films) else feed(batches), epochs=done + 1 if stopped else stage.epochs,
            steps_per_epoch=batches.steps - skip, shuffle=False, verbose=0,
            callbacks=[
                rollback,  # first, so that neither a backup nor an average is made of NaN
                Backup(backup, keep=bool(stopped), writes=share.writes),
                *([keras.callbacks.SwapEMAWeights(swap_on_epoch=True)] if recipe.ema else []),
                Reseed(recipe.seed + number),
                *([GoOn(stopped)] if stopped else []),
                *([MeasureBatchNorms(model, seen.films, spec, recipe, seen.clinical)]
                  if recipe.batch_norm_films else []),
                Validation(model, val.films, val.rows, spec, recipe, number, run, best[number], rollback,
                           options.on_epoch, val.clinical, share.writes),
                *([TensorBoard(run, number)] if options.tensorboard else []),
                *([TellBatches(options.on_batch, len(history), batches.steps, skip)] if options.on_batch else []),
                StopCleanly(options.stop, number, run, batches.steps, skip, share.writes),
            ],
        )
    share.wait()
    return stopped is not None


@dataclass(frozen=True)
class _Part:
    """Films of a part of the data set at a stage's size, (films, size, size) of uint8, and what is known of them."""

    rows: Index
    films: np.ndarray
    clinical: ClinicalRows | None


def _open_parts(
    recipe: Recipe, stage: Stage, spec: ModelSpec, index: Index, options: Options
) -> tuple[_Part, _Part]:
    """The films that a stage learns from, and val."""
    table = index.table
    learnt = index.where((table["split"] == "train") & (table["source_width"] >= stage.min_source))
    val = index.where((table["split"] == "val") & (table["source_width"] >= 128))
    return tuple(
        _Part(rows, open_films(rows, spec.size, options.storage, options.say), clinical_rows(spec, recipe, index, rows))
        for rows in (learnt, val)
    )


def _networks(recipe: Recipe, number: int, spec: ModelSpec, best: list[Path]) -> tuple[keras.Model, keras.Model]:
    """The network of a stage with the weights that it begins from, and the same with what it learns beside."""
    keras.utils.set_random_seed(recipe.seed + number)
    keras.config.set_dtype_policy(recipe.precision)
    model = build(spec)
    trained = with_side_tasks(model) if recipe.side_tasks else model
    keras.config.set_dtype_policy("float32")
    if number:
        model.load_weights(best[number - 1])
    elif recipe.weights:
        begin_from(model, spec, recipe.weights)
    return model, trained


def _compile(
    trained: keras.Model, recipe: Recipe, stage: Stage, spec: ModelSpec, targets: tuple[np.ndarray, ...], steps: int
) -> None:
    loss = find_loss(recipe.loss, targets[0], spec.findings)
    trained.compile(
        _optimizer(recipe, stage, steps), loss=[loss, known_binary_crossentropy][:len(targets)],
        loss_weights=[1.0, recipe.side_tasks][:len(targets)],
        metrics=["categorical_accuracy"] if spec.exclusive else None,
        jit_compile=keras.backend.backend() == "jax",  # XLA: slow for TensorFlow on CPUs, all there is for JAX
    )
    trained.optimizer.build(trained.trainable_variables)
    _make_metrics(trained, targets)


def _make_metrics(model: keras.Model, targets: tuple[np.ndarray, ...]) -> None:
    """Make the running loss of each output and the metrics, which Keras makes with the first batch.

    A stopped run needs them earlier, to put them back as they stood; and TensorFlow traces a step twice that makes
    variables. Nothing is added to them: within the scope no variable is assigned.
    """
    none = tuple(np.zeros((1, target.shape[1]), np.float32) for target in targets)
    outputs = list(none) if len(none) > 1 else none[0]
    with keras.StatelessScope():
        model.compute_loss(y=none, y_pred=outputs)
        model.compute_metrics(None, none, outputs)


def with_side_tasks(model: keras.Model) -> keras.Model:
    """The network with a second output (age in centuries, male, AP), shape (N, 3), from its pooled features."""
    pooled = next(layer for layer in model.layers if isinstance(layer, layers.GlobalAveragePooling2D))
    side = layers.Dense(3, activation="sigmoid", dtype="float32", name="side_tasks")(pooled.output)
    return keras.Model(model.input, [model.output, side])


def side_targets(index: Index) -> np.ndarray:
    """What a film is labelled with for free: age in centuries, male, AP; float32 (films, 3), 0 to 1 or NaN."""
    table = index.table
    sex, view = table["sex"].map({"M": 1.0, "F": 0.0}), table["view"].map({"AP": 1.0, "PA": 0.0})
    return np.stack([table["age"].clip(0, 100) / 100, sex, view], axis=1).astype(np.float32)


def _optimizer(recipe: Recipe, stage: Stage, steps: int) -> keras.optimizers.Optimizer:
    rate = stage.learning_rate
    if recipe.schedule == "cosine":
        total, warm = steps * stage.epochs, min(300, steps * stage.epochs // 4)
        rate = keras.optimizers.schedules.CosineDecay(
            rate / 20, total - warm, alpha=0.01, warmup_target=rate, warmup_steps=warm
        )
    return make_optimizer(recipe, rate)
