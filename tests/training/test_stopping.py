"""A run that is stopped in the middle of an epoch, by whatever means, ends as if it had not been."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tiny_training as tiny

from cxr_core.datasets.index import Index
from cxr_core.errors import TrainingError, TrainingStopped
from cxr_core.training import callbacks
from cxr_core.training.fit import BEST, train
from cxr_core.training.stopping import FILE, Stop, Stopped

STEPS = 5  # batches of an epoch: 80 films, 16 a batch


@pytest.fixture(scope="module")
def index(tiny_models: None, tmp_path_factory: pytest.TempPathFactory) -> Index:
    return tiny.draw_films(tmp_path_factory.mktemp("films"))


@pytest.fixture(scope="module")
def whole(index: Index, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that was never stopped."""
    run = tmp_path_factory.mktemp("runs") / "whole"
    train(tiny.RECIPE, index, run, tensorboard=True)
    return run


class StopAfter(Stop):
    """Asked to stop once it has been looked at so often: after each batch, and after each epoch."""

    def __init__(self, looks: int) -> None:
        self._left = looks
        super().__init__()

    @property
    def asked(self) -> int | None:
        self._left -= 1
        return signal.SIGINT if self._left < 0 else None

    @asked.setter
    def asked(self, value: int | None) -> None:
        pass


def assert_same_run(run: Path, whole: Path) -> None:
    one, other = tiny.build(tiny.SPEC), tiny.build(tiny.SPEC)
    one.load_weights(run / BEST)
    other.load_weights(whole / BEST)
    for here, there in zip(one.weights, other.weights, strict=True):
        np.testing.assert_allclose(np.asarray(here), np.asarray(there), atol=1e-5, err_msg=here.path)
    columns = ["epoch", "stage", "loss", "val_loss", "val_auc"]
    pd.testing.assert_frame_equal(
        pd.read_csv(run / "history.csv")[columns], pd.read_csv(whole / "history.csv")[columns], atol=1e-4
    )


@pytest.mark.parametrize(("looks", "said", "saved"), [
    (2, "after batch 3 of epoch 1 of stage 1", (0, 0, 3)),
    (STEPS, "after epoch 1 of stage 1", None),  # the last batch of an epoch ends it
    (3 * (STEPS + 1), "after batch 1 of epoch 2 of stage 2", (1, 1, 1)),
])
def test_a_stopped_run_resumes_to_the_same_weights(
    index: Index, whole: Path, tmp_path: Path, looks: int, said: str, saved: tuple[int, int, int] | None,
) -> None:
    run, done = tmp_path / "run", []
    with pytest.raises(TrainingStopped, match=said):
        train(tiny.RECIPE, index, run, stop=StopAfter(looks), on_batch=lambda epochs, loss: done.append(epochs))
    assert (run / FILE).exists() == (saved is not None)
    if saved:
        found = Stopped.read(run, *saved[:2])
        assert found and (found.stage, found.epoch, found.step) == saved
        assert Stopped.read(run, saved[0], saved[1] + 1) is None
    with pytest.raises(TrainingError, match="Resume it"):
        train(tiny.RECIPE, index, run)
    train(tiny.RECIPE, index, run, resume=True, on_batch=lambda epochs, loss: done.append(epochs))
    assert_same_run(run, whole)
    np.testing.assert_allclose(done, np.arange(1, tiny.RECIPE.epochs * STEPS + 1) / STEPS)  # every batch, told once


def test_a_run_stopped_twice_in_one_epoch_resumes_to_the_same_weights(
    index: Index, whole: Path, tmp_path: Path,
) -> None:
    for looks, step in ((1, 2), (1, 4)):
        with pytest.raises(TrainingStopped, match=f"after batch {step} of epoch 1"):
            train(tiny.RECIPE, index, tmp_path / "run", resume=True, stop=StopAfter(looks))
    train(tiny.RECIPE, index, tmp_path / "run", resume=True)
    assert_same_run(tmp_path / "run", whole)


@pytest.mark.parametrize("epoch", [1, 2, 5])
def test_a_run_killed_between_backup_and_history_resumes_to_the_same_weights(
    index: Index, whole: Path, tmp_path: Path, epoch: int,
) -> None:
    class Killed(Exception):
        pass

    def kill(row: dict) -> None:
        if row["epoch"] == epoch:
            raise Killed

    run = tmp_path / "run"
    with pytest.raises(Killed):
        train(tiny.RECIPE, index, run, on_epoch=kill)
    history = pd.read_csv(run / "history.csv")
    history.iloc[:-1].to_csv(run / "history.csv", index=False)  # as if it had been killed while it looked at val
    train(tiny.RECIPE, index, run, resume=True)
    assert_same_run(run, whole)


def cut_short(write: Callable, name: str, times: int) -> Callable:
    """`write(what, path)`, killed half way through the file of this name, or its draft, when it comes that often."""
    left = [times]

    def killed(what: object, *paths: Path, **options: object) -> None:
        write(what, *paths, **options)
        if paths and Path(paths[0]).name.endswith(name):
            left[0] -= 1
            if not left[0]:
                os.truncate(paths[0], os.path.getsize(paths[0]) // 2)
                raise KeyboardInterrupt

    return killed


def test_a_run_killed_while_it_writes_its_history_resumes_to_the_same_weights(
    index: Index, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pd.DataFrame, "to_csv", cut_short(pd.DataFrame.to_csv, "history.csv", 4))
    with pytest.raises(KeyboardInterrupt):
        train(tiny.RECIPE, index, tmp_path / "run")
    monkeypatch.undo()
    train(tiny.RECIPE, index, tmp_path / "run", resume=True)
    assert_same_run(tmp_path / "run", whole)


def test_a_run_killed_while_it_writes_its_best_weights_has_the_ones_before(
    index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import keras

    monkeypatch.setattr(callbacks, "is_best", lambda *_: True)  # so that each epoch writes over the last
    monkeypatch.setattr(keras.Model, "save_weights", cut_short(keras.Model.save_weights, BEST, 2))
    with pytest.raises(KeyboardInterrupt):
        train(tiny.RECIPE, index, tmp_path / "run")
    tiny.build(tiny.SPEC).load_weights(tmp_path / "run" / BEST)


def test_a_broken_stop_is_told_of(index: Index, tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"no arrays")
    with pytest.raises(TrainingError, match="Delete it and resume"):
        Stopped.read(tmp_path, 0, 0)


def test_tensorboard_is_told_every_epoch_of_every_stage(whole: Path) -> None:
    import tensorflow as tf
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    history = pd.read_csv(whole / "history.csv")
    for stage in (1, 2):
        logs = EventAccumulator(str(whole / "tensorboard" / f"stage{stage}" / "validation")).Reload()
        told = [float(tf.make_ndarray(event.tensor_proto)) for event in logs.Tensors("epoch_auc")]
        np.testing.assert_allclose(told, history["val_auc"][history["stage"] == stage], rtol=1e-5)


def test_ctrl_c_stops_after_the_batch_and_says_how_to_go_on(whole: Path, tmp_path: Path) -> None:
    command = [
        sys.executable, tiny.__file__, str(tmp_path / "films"), "train", tiny.SPEC.id, "--run", str(tmp_path / "run"),
    ]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as run:
        told = []
        for line in run.stderr:
            told.append(line)
            if line.startswith("epoch 1 of "):
                run.send_signal(signal.SIGINT)
    text = "".join(told)
    assert run.returncode == 130, text
    assert "Stopping after this batch" in text and "Go on with the same command and --resume" in text
    assert re.search(r"Stopped after (batch \d of )?epoch \d of stage \d", text)
    assert len(pd.read_csv(tmp_path / "run" / "history.csv")) < 5
    done = subprocess.run([*command, "--resume"], capture_output=True, text=True, timeout=600, env=os.environ)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(tmp_path / "run" / BEST)
    assert_same_run(tmp_path / "run", whole)
