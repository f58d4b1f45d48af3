"""What happens around the batches of a run: dropout reseeded, batch norms measured, NaN rolled back, val looked at."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import keras
import numpy as np
import pandas as pd
from keras import layers

from cxr_core.datasets.index import Index
from cxr_core.errors import TrainingError
from cxr_core.evaluation.training import accuracy, categorical_log_loss, log_loss, mean_auc, mean_auc_within
from cxr_core.models.spec import ModelSpec
from cxr_core.training.clinical import ClinicalRows
from cxr_core.training.films import network_input
from cxr_core.training.recipe import Recipe
from cxr_core.training.record import written_whole

OnEpoch = Callable[[dict[str, float]], None]
OnBatch = Callable[[float, float], None]  # epochs of the whole run that are done, and the loss of the epoch so far


def read_history(run: Path) -> list[dict[str, float]]:
    """The rows of a run's history.csv so far, none when it has none."""
    path = run / "history.csv"
    return pd.read_csv(path).to_dict("records") if path.exists() else []


def is_best(value: float, before: Sequence[float]) -> bool:
    """Whether no epoch of the stage was better; one whose figure is no number is worse than any that has one."""
    if np.isnan(value):
        return not before  # so that there are weights to go on from
    return not any(past > value for past in before)


def check_val(index: Index, spec: ModelSpec, recipe: Recipe) -> None:
    """Refuse to train where val can choose no epoch: it needs a finding with films of either class.

    An AUC within each view needs five of either in one of the views.

    Raises
    ------
    TrainingError
    """
    val = index.where((index.table["split"] == "val") & (index.table["source_width"] >= 128))
    targets = val.targets(spec.findings)
    guessed, within = np.zeros(targets.shape), recipe.choose == "val_auc_within_view"
    figure = mean_auc_within(targets, guessed, val.table["view"].to_numpy()) if within else mean_auc(targets, guessed)
    if np.isnan(figure):
        some = ", ".join(spec.findings[:3]) + (" ..." if len(spec.findings) > 3 else "")
        few = ", five of either within a view; or choose by all at once: --set choose=val_auc" if within else ""
        raise TrainingError(
            f"Val can choose no epoch: its {len(val):,} films of 128 px and more hold no finding ({some}) that some of "
            f"them have and others have not. Give val films of both kinds{few}."
        )


class Reseed(keras.callbacks.Callback):
    """Seeds dropout from the epoch: its state is in no checkpoint, and a resumed run would draw anew."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._seed = seed

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        for place, layer in enumerate(self.model.layers):
            if hasattr(layer, "seed_generator"):
                layer.seed_generator.state.assign(np.array([self._seed * 1000 + epoch, place], "uint32"))


class TellBatches(keras.callbacks.Callback):
    """Tells how far a run is, within its epoch as well: one over all of NIH's films takes hours.

    `done` is the number of epochs before this fit, `steps` that of batches of an epoch, `first` how many of the first
    epoch were done before.
    """

    def __init__(self, on_batch: OnBatch, done: int, steps: int, first: int = 0) -> None:
        super().__init__()
        self._on_batch, self._done, self._steps, self._first = on_batch, done, steps, first

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        self._on_batch(self._done + (self._first + batch + 1) / self._steps, logs["loss"])

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        self._done, self._first = self._done + 1, 0


class MeasureBatchNorms(keras.callbacks.Callback):
    """Measures the mean and variance of every batch norm on train films, with the weights as they now stand.

    Their running values belong to weights of some hundred steps ago, and never to averaged weights: on InceptionV3
    this hid .02 of val AUC. Training is not touched, for it reads no running values.
    """

    def __init__(
        self, network: keras.Model, films: np.ndarray, spec: ModelSpec, recipe: Recipe,
        clinical: ClinicalRows | None = None,
    ) -> None:
        super().__init__()
        rows = np.random.default_rng(recipe.seed).permutation(len(films))[:recipe.batch_norm_films]
        self._network, self._spec = network, spec
        together = max(1, 128 * 128**2 // spec.size**2)  # every layer's output is held at once: 20 GB for 128 at 299 px
        self._batches = [
            (films[some], None if clinical is None else clinical.filled(some))
            for some in np.array_split(rows, -(-len(rows) // together))
        ]
        self._norms = [layer for layer in network.layers if isinstance(layer, layers.BatchNormalization)]

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        momenta = [norm.momentum for norm in self._norms]
        for seen, (films, clinical) in enumerate(self._batches):
            for norm in self._norms:
                norm.momentum = seen / (seen + 1)  # so that the running values become the mean over all batches
            self._network(network_input(films, self._spec, clinical), training=True)
        for norm, momentum in zip(self._norms, momenta, strict=True):
            norm.momentum = momentum


class Backup(keras.callbacks.BackupAndRestore):
    """Keras's backup of the last two epochs; of several processes one writes it, and all restore from it."""

    def __init__(self, folder: Path, keep: bool, writes: bool = True) -> None:
        super().__init__(str(folder), double_checkpoint=True, delete_checkpoint=writes and not keep)
        self._writes = writes

    def _save_model(self) -> None:
        if self._writes:
            return super()._save_model()
        with TemporaryDirectory() as scratch:  # Keras makes a variable when it first saves, and under JAX all must
            self.model.save_weights(Path(scratch) / "not_kept.weights.h5")


class Rollback(keras.callbacks.Callback):
    """Goes back to the last sound weights when any has become NaN.

    In bfloat16 on CPUs with AMX an update of InceptionV3 came out NaN once in some hundred steps, though the same
    step repeated was sound; activations hide it (the relu of NaN is 0), so the weights themselves are looked at.
    `times` is how often so far, `before` of them before this fit.

    Raises
    ------
    TrainingError
        When the weights are NaN from the start: there is nothing to go back to.
    """

    def __init__(self, every: int = 10, before: int = 0) -> None:
        super().__init__()
        self._every, self._sound, self.times = every, [], before

    def on_train_batch_begin(self, batch: int, logs: dict | None = None) -> None:
        if batch == 0:  # by now a resumed run stands where it stopped
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
        elif not self._sound:
            raise TrainingError(
                "The weights that the run begins from hold values that are no numbers. Begin from others: name another "
                "file or folder with --set weights=..., or begin at random with --set weights=none."
            )
        else:
            self.times += 1
            for variable, value in zip(variables, self._sound, strict=True):
                variable.assign(value)
            self.model.reset_metrics()


class Validation(keras.callbacks.Callback):
    """Scores val after each epoch, appends to history.csv, and keeps the stage's best weights."""

    def __init__(
        self, network: keras.Model, films: np.ndarray, index: Index, spec: ModelSpec, recipe: Recipe, number: int,
        run: Path, best: Path, rollback: Rollback, on_epoch: OnEpoch | None, clinical: ClinicalRows | None = None,
        writes: bool = True,
    ) -> None:
        super().__init__()
        self._rollback, self._clinical, self._writes = rollback, clinical, writes
        self._network, self._films, self._spec, self._recipe = network, films, spec, recipe
        self._targets, self._views = index.targets(spec.findings), index.table["view"].to_numpy()
        self._bare = keras.Model(network.inputs, network.outputs)  # saved without the optimizer, thrice its size
        self._stage, self._run, self._best, self._on_epoch = number + 1, run, best, on_epoch
        self._began = time.monotonic()

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self._began = time.monotonic()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        seconds = time.monotonic() - self._began
        scores = np.concatenate([  # of several TensorFlow devices each scores the whole batch: the first one's count
            np.asarray(self._network.predict_on_batch(network_input(
                self._films[some], self._spec, None if self._clinical is None else self._clinical.filled(some)
            )))[:len(some)]
            for some in np.array_split(np.arange(len(self._films)), max(1, len(self._films) // 64))
        ])
        if not self._writes:
            return
        history = read_history(self._run)
        row = {
            "epoch": len(history) + 1, "stage": self._stage, "loss": logs.get("probabilities_loss", logs["loss"]),
            **self._judge(scores, logs), "seconds": seconds, "rollbacks": self._rollback.times,
        }
        before = [past[self._recipe.choose] for past in history if past.get("stage", 1) == self._stage]
        if is_best(row[self._recipe.choose], before):
            with written_whole(self._best) as draft:
                self._bare.save_weights(draft)
        with written_whole(self._run / "history.csv") as draft:
            pd.DataFrame([*history, row]).to_csv(draft, index=False)
        logs.update({name: value for name, value in row.items() if name.startswith("val_")})  # for TensorBoard
        if self._on_epoch:
            self._on_epoch(row)

    def _judge(self, scores: np.ndarray, logs: dict) -> dict[str, float]:
        """The history's figures of val; of exclusive classes accuracy in place of the AUC within a view."""
        known = {"val_auc": mean_auc(self._targets, scores)}
        if self._spec.exclusive:
            return {
                "val_loss": categorical_log_loss(self._targets, scores), **known,
                "accuracy": logs["categorical_accuracy"], "val_accuracy": accuracy(self._targets, scores),
            }
        within = mean_auc_within(self._targets, scores, self._views)
        return {"val_loss": log_loss(self._targets, scores), **known, "val_auc_within_view": within}


class TensorBoard(keras.callbacks.TensorBoard):
    """Keras's logs of each epoch, a run a stage: `tensorboard --logdir RUN/tensorboard` shows them."""

    def __init__(self, run: Path, number: int) -> None:
        super().__init__(str(run / "tensorboard" / f"stage{number + 1}"), write_graph=False)
