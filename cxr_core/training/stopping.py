"""Stopping in the middle of an epoch, and going on from the very batch."""

from __future__ import annotations

import json
import shutil
import signal
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, TracebackType

import keras
import numpy as np

from cxr_core.errors import TrainingError, TrainingStopped
from cxr_core.training.record import written_whole

FILE = "stopped.npz"


class Stop:
    """Within it, Ctrl-C (SIGINT) and SIGTERM ask a run to stop after its batch; a second one ends the process at once.

    `asked` is the number of the signal that came, None before.
    """

    def __init__(self, say: Callable[[str], None] = lambda text: print(text, file=sys.stderr)) -> None:
        self.asked: int | None = None
        self._say, self._before = say, {}

    def __enter__(self) -> Stop:
        self._before = {number: signal.signal(number, self._ask) for number in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self.asked = number
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
        self._say("Stopping after this batch. Once more to stop at once, which loses what came after the last epoch.")


@dataclass(frozen=True)
class Stopped:
    """Where a run was stopped: stage and epoch, counted from 0, batches of it done, and every variable as it stood."""

    stage: int
    epoch: int
    step: int
    values: tuple[np.ndarray, ...]

    def write(self, run: Path) -> None:
        """Write `stopped.npz`, whole or not at all."""
        with written_whole(run / FILE) as draft, draft.open("wb") as file:
            np.savez(file, place=np.array([self.stage, self.epoch, self.step]), *self.values)

    @classmethod
    def read(cls, run: Path, stage: int, epoch: int) -> Stopped | None:
        """Where the run was stopped within this epoch; None when it was not.

        Raises
        ------
        TrainingError
            When the file is broken.
        """
        path = run / FILE
        if not path.is_file():
            return None
        try:
            with np.load(path) as arrays:
                place = [int(value) for value in arrays["place"]]
                if place[:2] != [stage, epoch]:
                    return None
                return cls(*place, tuple(arrays[f"arr_{number}"] for number in range(len(arrays.files) - 1)))
        except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile, EOFError):
            raise TrainingError(
                f"{FILE} in {run.name!r} is broken. Delete it and resume: the run goes on from its last whole epoch."
            ) from None


def variables(model: keras.Model) -> list[keras.Variable]:
    """All that a step changes: weights, batch norms, dropout seeds, optimizer with its averages, running loss."""
    return [*model.variables, *model.optimizer.variables, *model.metrics_variables]


class StopCleanly(keras.callbacks.Callback):
    """Ends the run after a batch or an epoch when `stop` was asked to, with all variables saved.

    `steps` is the number of batches of an epoch, `first` how many of the first one were done before, `writes` whether
    this process writes the run folder.
    """

    def __init__(self, stop: Stop, stage: int, run: Path, steps: int, first: int = 0, writes: bool = True) -> None:
        super().__init__()
        self._stop, self._stage, self._run, self._steps, self._first = stop, stage, run, steps, first
        self._writes, self._epoch = writes, 0

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        step = self._first + batch + 1
        if self._stop.asked and step < self._steps:
            values = tuple(keras.ops.convert_to_numpy(variable) for variable in variables(self.model))
            if self._writes:
                Stopped(self._stage, self._epoch, step, values).write(self._run)
            raise TrainingStopped(f"Stopped after batch {step} of epoch {self._epoch + 1} of stage {self._stage + 1}.")

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        self._first = 0
        if self._stop.asked:
            raise TrainingStopped(f"Stopped after epoch {epoch + 1} of stage {self._stage + 1}.")


class GoOn(keras.callbacks.Callback):
    """Puts every variable back as it stood when the run was stopped, once the epoch has begun."""

    def __init__(self, stopped: Stopped) -> None:
        super().__init__()
        self._stopped = stopped

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        places = variables(self.model)
        if [tuple(one.shape) for one in places] != [one.shape for one in self._stopped.values]:
            raise TrainingError(
                f"{FILE} is of another network than the recipe's. Delete it to go on from the run's last whole epoch."
            )
        for variable, value in zip(places, self._stopped.values, strict=True):
            variable.assign(value)


def holds_run(run: Path) -> bool:
    """Whether something was trained in this folder: an epoch, or batches of the first."""
    return any((run / name).exists() for name in ("history.csv", FILE))


def step_back(backup: Path, done: int) -> None:
    """Bring Keras's backup to the `done` epochs of the history, for a run that was killed between the two."""
    told, before = backup / "training_metadata.json", backup / "training_metadata.json.bkp"
    if not told.is_file() or json.loads(told.read_text())["epoch"] <= done:
        return
    if done and before.is_file() and json.loads(before.read_text())["epoch"] == done:
        before.replace(told)
        (backup / "latest.weights.h5.bkp").replace(backup / "latest.weights.h5")
    elif not done:
        shutil.rmtree(backup)
