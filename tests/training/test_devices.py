"""Several devices, and several machines, learn what one device learns."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tiny_training as tiny

from cxr_core.errors import TrainingError
from cxr_core.training.devices import Machines, Share, check_batch, slow_here, use_devices
from cxr_core.training.fit import BEST, train


def start(folder: Path, *options: str, model: str, **environment: str) -> subprocess.Popen:
    command = [sys.executable, tiny.__file__, str(folder), "train", model, "--no-tensorboard", *options]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=os.environ | environment)


def finish(run: subprocess.Popen) -> str:
    told = run.communicate(timeout=900)[1]
    assert run.returncode == 0, told[-3000:]
    return told


def weights(build, spec, run: Path) -> list[np.ndarray]:
    model = build(spec)
    model.load_weights(run / BEST)
    return [np.asarray(weight) for weight in model.weights]


def assert_same_run(one: Path, other: Path, build, spec) -> None:
    for here, there in zip(weights(build, spec, one), weights(build, spec, other), strict=True):
        np.testing.assert_allclose(here, there, atol=1e-4)
    told, expected = (pd.read_csv(run / "history.csv") for run in (one, other))
    columns = ["epoch", "stage", "loss", "val_loss"]
    pd.testing.assert_frame_equal(told[columns], expected[columns], atol=1e-3)
    # of 40 films of val two with scores a hair apart may change places by rounding, which is worth .0014 of an AUC
    np.testing.assert_allclose(told["val_auc"], expected["val_auc"], atol=0.005)


def test_two_devices_learn_under_tensorflow_what_one_learns(tiny_models: None, tmp_path: Path) -> None:
    options = ("--run", str(tmp_path / "two"), "--devices", "all")
    two = start(tmp_path / "films", *options, model=tiny.PLAIN_SPEC.id, TINY_DEVICES="2")
    (tmp_path / "same").mkdir()
    train(tiny.PLAIN, tiny.draw_films(tmp_path / "same"), tmp_path / "one")
    assert "2 devices share each batch" in finish(two)
    assert_same_run(tmp_path / "one", tmp_path / "two", tiny.build_plain, tiny.PLAIN_SPEC)


def test_two_devices_and_two_machines_learn_under_jax_what_one_device_learns(tmp_path: Path) -> None:
    pytest.importorskip("jax")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    together = ("--coordinator", address, "--machines", "2", "--run", str(tmp_path / "machines"))
    machines = [
        start(tmp_path / f"films{place}", *together, "--machine", str(place), model=tiny.SPEC.id, KERAS_BACKEND="jax")
        for place in (0, 1)
    ]
    for run in machines:
        assert "2 devices share each batch" in finish(run)
    one = start(tmp_path / "films2", "--run", str(tmp_path / "one"), model=tiny.SPEC.id, KERAS_BACKEND="jax")
    two = start(
        tmp_path / "films3", "--run", str(tmp_path / "two"), "--devices", "all", model=tiny.SPEC.id,
        KERAS_BACKEND="jax", XLA_FLAGS="--xla_force_host_platform_device_count=2",
    )
    finish(one)
    assert "2 devices share each batch" in finish(two)
    history = pd.read_csv(tmp_path / "one" / "history.csv")
    assert list(history["stage"]) == [1, 1, 2, 2, 2] and history["loss"].iloc[-1] < history["loss"].iloc[0]
    for other in ("two", "machines"):
        assert_same_run(tmp_path / "one", tmp_path / other, tiny.build, tiny.SPEC)


def test_processes_share_a_batch_without_gap_or_overlap() -> None:
    films = np.arange(12)
    parts = [films[Share(6, 3, place).of(len(films))] for place in range(3)]
    assert [part.tolist() for part in parts] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]
    assert films[Share().of(len(films))].tolist() == films.tolist()


def test_a_batch_that_cannot_be_shared_evenly_is_refused() -> None:
    check_batch(32, 4)
    with pytest.raises(TrainingError, match="33 films cannot be shared evenly among 8 devices. Give --set batch=32"):
        check_batch(33, 8)


def test_machines_are_joined_under_jax_alone() -> None:
    import keras

    assert keras.backend.backend() == "tensorflow"
    with pytest.raises(TrainingError, match="KERAS_BACKEND=jax"), use_devices("one", Machines("127.0.0.1:1", 2, 0)):
        pass


@pytest.mark.parametrize("found, precision, said", [
    (["X86_V3"], "mixed_bfloat16", True), (["X86_V3"], "float32", False),
    (["X86_V3", "X86_V4"], "mixed_bfloat16", False),
])
def test_a_processor_that_imitates_bfloat16_is_told_of(
    found: list[str], precision: str, said: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    monkeypatch.setattr("numpy.show_config", lambda mode: {"SIMD Extensions": {"baseline": ["X86_V2"], "found": found}})
    monkeypatch.setattr("tensorflow.config.list_physical_devices", lambda kind: [])
    told = slow_here(precision)
    assert ("--precision float32" in told) if said else told is None


def test_numpy_names_what_this_processor_has() -> None:
    """`imitates_bfloat16` reads these words; one that changed would silence it. The kernel's list is the witness."""
    cpuinfo = Path("/proc/cpuinfo")
    if not cpuinfo.is_file() or "avx2" not in (flags := cpuinfo.read_text()):
        pytest.skip("no x86 processor, or none that the kernel tells of")
    known = np.show_config(mode="dicts")["SIMD Extensions"]
    levels = [*known["baseline"], *known["found"]]
    assert "X86_V3" in levels and ("X86_V4" in levels) == ("avx512bw" in flags)
