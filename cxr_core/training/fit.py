"""Train a recipe: resumable, seeded, with history and checkpoints in a run folder."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from cxr_core.datasets.index import Index
from cxr_core.errors import TrainingError
from cxr_core.models.networks import build
from cxr_core.models.registry import find_spec
from cxr_core.training.films import TrainingFilms, load_films, to_input
from cxr_core.training.recipe import Recipe


def train(
    recipe: Recipe, index: Index, run: Path, *, resume: bool = False,
    on_epoch: Callable[[dict[str, float]], None] | None = None,
) -> keras.Model:
    """Train `recipe` on the train split of `index`, and look at val after each epoch.

    Writes `history.csv` (epoch, loss, val_loss, val_auc, seconds), Keras's own backup for resuming, and
    `best.weights.h5`, the averaged weights of the epoch with the best mean val AUC.

    Raises
    ------
    TrainingError
        When `run` already holds a run and `resume` is not set.
    """
    history_path = run / "history.csv"
    if history_path.exists() and not resume:
        raise TrainingError(f"The run folder {run.name!r} already holds a run. Resume it, or name another.")
    run.mkdir(parents=True, exist_ok=True)
    spec = find_spec(recipe.model_id)
    kept = index.where(index.table["source_width"] >= recipe.min_source)
    part = {name: kept.where(kept.table["split"] == name) for name in ("train", "val")}
    part["val"] = part["val"].where(part["val"].table["source_width"] >= 128)
    films = {name: load_films(rows, spec.size) for name, rows in part.items()}
    targets = {name: rows.targets(spec.findings) for name, rows in part.items()}

    keras.utils.set_random_seed(recipe.seed)
    keras.config.set_dtype_policy(recipe.precision)
    model = build(spec)
    keras.config.set_dtype_policy("float32")
    done = len(pd.read_csv(history_path)) if history_path.exists() else 0
    batches = TrainingFilms(films["train"], targets["train"], spec, recipe, epoch=done)
    model.compile(_optimizer(recipe, len(batches)), loss="binary_crossentropy", jit_compile=False)
    model.fit(
        batches, epochs=recipe.epochs, verbose=0,
        callbacks=[
            keras.callbacks.BackupAndRestore(str(run / "backup")),
            *([keras.callbacks.SwapEMAWeights(swap_on_epoch=True)] if recipe.ema else []),
            Validation(films["val"], targets["val"], recipe.model_id, run, on_epoch),
        ],
    )
    model.load_weights(run / "best.weights.h5")
    return model


def _optimizer(recipe: Recipe, steps: int) -> keras.optimizers.Optimizer:
    rate = recipe.learning_rate
    if recipe.schedule == "cosine":
        total = steps * recipe.epochs
        rate = keras.optimizers.schedules.CosineDecay(
            rate / 20, total - 300, alpha=0.01, warmup_target=rate, warmup_steps=300
        ) if total > 600 else rate
    averaging = {"use_ema": True, "ema_momentum": recipe.ema} if recipe.ema else {}
    if recipe.optimizer == "adamw":
        return keras.optimizers.AdamW(rate, weight_decay=recipe.weight_decay, **averaging)
    return keras.optimizers.Adam(rate, **averaging)


def log_loss(targets: np.ndarray, scores: np.ndarray) -> float:
    """Mean binary cross-entropy over all cells, in nats."""
    scores = np.clip(scores, 1e-7, 1 - 1e-7)
    return float(-np.mean(targets * np.log(scores) + (1 - targets) * np.log(1 - scores)))


def mean_auc(targets: np.ndarray, scores: np.ndarray) -> float:
    """Mean area under the ROC curve over the columns that have both classes."""
    both = [c for c in range(targets.shape[1]) if 0 < targets[:, c].sum() < len(targets)]
    return float(np.mean([roc_auc_score(targets[:, c], scores[:, c]) for c in both]))


class Validation(keras.callbacks.Callback):
    """Scores val after each epoch, appends to history.csv, and keeps the best weights."""

    def __init__(
        self, films: np.ndarray, targets: np.ndarray, model_id: str, run: Path,
        on_epoch: Callable[[dict[str, float]], None] | None = None,
    ) -> None:
        super().__init__()
        self._inputs = to_input(films.astype(np.float32) / 255, find_spec(model_id))
        self._targets, self._run, self._on_epoch = targets, run, on_epoch
        self._began = time.monotonic()

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self._began = time.monotonic()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        seconds = time.monotonic() - self._began
        scores = self.model.predict(self._inputs, batch_size=64, verbose=0)
        loss = log_loss(self._targets, scores)
        auc = mean_auc(self._targets, scores)
        path = self._run / "history.csv"
        history = pd.read_csv(path).to_dict("records") if path.exists() else []
        if auc >= max((row["val_auc"] for row in history), default=0.0):
            self.model.save_weights(self._run / "best.weights.h5")
        row = {"epoch": epoch + 1, "loss": logs["loss"], "val_loss": loss, "val_auc": auc, "seconds": seconds}
        pd.DataFrame([*history, row]).to_csv(path, index=False)
        if self._on_epoch:
            self._on_epoch(row)
