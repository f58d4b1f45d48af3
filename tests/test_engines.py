"""Folders of films: this process and Ray give the same file, whatever happens to a worker."""

from __future__ import annotations

import gc
import os
import signal
import socket
import tracemalloc
import weakref
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rounding import assert_same_answer

from cxr_core.cli import main
from cxr_core.datasets.index import Index
from cxr_core.datasets.tfrecords import TABLE
from cxr_core.engines.films import ReadFilms, films_in
from cxr_core.engines.job import cut, run_here
from cxr_core.errors import EngineError
from cxr_core.findings import NIH14
from cxr_core.imaging.phantom import make_phantom
from cxr_core.imaging.read import load_bytes
from cxr_core.models.card import load_card
from cxr_core.training.tfrecord_writer import write_tfrecords

MODEL = "resnet18-128-nih14"
FILMS = 150
FEW = 6


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Films that differ, and among them one that is none and one that the gate refuses."""
    where = tmp_path_factory.mktemp("films")
    film = cv2.imdecode(np.frombuffer(make_phantom(160), np.uint8), cv2.IMREAD_GRAYSCALE)
    rng = np.random.default_rng(0)
    for number in range(FILMS):
        noisy = np.clip(film + rng.normal(0, 8, film.shape), 0, 255).astype(np.uint8)
        (where / f"{number:03}.png").write_bytes(cv2.imencode(".png", noisy)[1].tobytes())
    (where / "070.png").write_bytes(b"no film")
    noise = rng.integers(0, 256, (200, 200, 3), dtype=np.uint8)
    (where / "071.png").write_bytes(cv2.imencode(".png", noise)[1].tobytes())
    return where


def predict(folder: Path, out: Path, *options: str) -> int:
    return main(["predict", str(folder), "--model", MODEL, "--parquet", str(out), *options])


def assert_same_file(one: pa.Table, other: pa.Table, scores: Sequence[str]) -> None:
    """A worker that has fewer cores adds in another order: its scores are the same to float32's rounding."""
    assert one.schema.equals(other.schema, check_metadata=True)
    assert one.drop_columns(scores).equals(other.drop_columns(scores))
    for name in scores:
        assert one[name].is_null().equals(other[name].is_null())
        assert_same_answer(*(table[name].drop_null().to_numpy() for table in (one, other)))


def workers_of_ours() -> list[int]:
    """Ray's workers among the processes below this one that have loaded the model and work."""
    parents, names = {}, {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            stat, title = (entry / "stat").read_text(), (entry / "cmdline").read_text()
        except OSError:
            continue  # gone meanwhile
        pid = int(entry.name)
        parents[pid], names[pid] = int(stat.rpartition(")")[2].split()[1]), title

    def is_ours(pid: int) -> bool:
        while pid in parents:
            pid = parents[pid]
            if pid == os.getpid():
                return True
        return False

    return [pid for pid, title in names.items()
            if title.startswith("ray::MapWorker") and "__init__" not in title and is_ours(pid)]


def test_ray_gives_the_same_file_though_a_worker_is_killed(
    folder: Path, tiny_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    pytest.importorskip("ray", reason="Ray is an extra: pip install -r requirements-ray.txt")
    from cxr_core.cli.rows import ParquetRows

    killed: list[int] = []
    write = ParquetRows.write

    def write_and_kill(self: ParquetRows, rows) -> None:
        """With the first rows there, and most of them not: one of the two workers is killed."""
        write(self, rows)
        if not killed:
            killed.append(workers_of_ours()[0])
            os.kill(killed[0], signal.SIGKILL)

    assert predict(folder, tmp_path / "here.parquet") == 1  # one file is no film
    monkeypatch.setattr(ParquetRows, "write", write_and_kill)
    assert predict(folder, tmp_path / "ray.parquet", "--engine", "ray", "--workers", "2") == 1
    assert killed and not Path(f"/proc/{killed[0]}").exists()
    here, ray = (pq.read_table(tmp_path / name) for name in ("here.parquet", "ray.parquet"))
    assert here["file"].to_pylist() == [str(folder / f"{number:03}.png") for number in range(FILMS)]
    assert [here["status"][place].as_py() for place in (70, 71)] == ["error", "refused"]
    assert len(set(here["Effusion"].to_pylist())) > FILMS - 10
    assert_same_file(ray, here, NIH14)
    assert capfd.readouterr().out == ""  # Ray says on stdout that a worker died: it must not get there


def test_evaluate_on_ray_stores_what_evaluate_stores(folder: Path, tiny_weights: Path, tmp_path: Path) -> None:
    """Of shards, one of whose films is broken: a worker opens the shard itself."""
    pytest.importorskip("ray", reason="Ray is an extra: pip install -r requirements-ray.txt")
    names = [f"{number:03}.png" for number in range(40)]
    table = pd.DataFrame({
        "path": names, "image": names, "patient": range(40), "follow_up": 0, "age": 50, "sex": "M", "view": "PA",
        "labels": ["Mass", "No Finding"] * 20, "split": "test",
    })
    write_tfrecords(Index(folder, table), tmp_path / "shards", size=128, shards=3)
    shard = sorted((tmp_path / "shards").glob("*.tfrec"))[1]
    whole = bytearray(shard.read_bytes())
    picture = whole.index(b"\xff\xd8\xff")
    whole[picture:picture + 64] = bytes(64)
    shard.write_bytes(bytes(whole))
    command = ["evaluate", MODEL, "--data", str(tmp_path / "shards"), "--split", "test"]
    assert main([*command, "--out", str(tmp_path / "here.parquet")]) == 1
    assert main([*command, "--out", str(tmp_path / "ray.parquet"), "--engine", "ray", "--workers", "1"]) == 1
    here, ray = (pq.read_table(tmp_path / name) for name in ("here.parquet", "ray.parquet"))
    assert len(here) == 39
    assert_same_file(ray, here, [f"{what}_{key}" for what in ("score", "prob") for key in NIH14])


def test_memory_does_not_grow_with_the_folder(folder: Path, tiny_weights: Path) -> None:
    """Ten times the films, and no more at once: parts that are written are let go, and no film outlives its row."""
    digest = load_card(tiny_weights / MODEL).weights.sha256
    films = [str(file) for file in sorted(folder.iterdir())[:FEW]]
    work = ReadFilms(MODEL, digest, Path.cwd()).open()
    work(films[:2])  # what the first films cost once, the network's own memory above all

    class Opened:
        def open(self):
            return work

    def most(count: int) -> tuple[int, int]:
        """Bytes at the peak and rows alive at once, while so many films go by as `predict` has them."""
        rows, held = weakref.WeakSet(), 0
        gc.collect()
        tracemalloc.start()
        for part in run_here(Opened(), cut(films * (count // FEW), 2)):
            rows.update(part)
            held = max(held, len(rows))
            del part
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return peak, held

    (few, rows), (many, more_rows) = most(FEW), most(10 * FEW)
    assert rows <= 4 and more_rows <= rows  # the part at hand, and the one that is being made
    assert many < few + 160 * 160 * FEW  # not even the pixels of the first few, a byte each


def test_films_of_a_shard_are_read_as_films_of_their_own(
    folder: Path, tiny_weights: Path, tmp_path: Path
) -> None:
    """Rows of a TFRecord file are those of its films, unpacked; a shard of no whole record is one error row."""
    names = [f"{number:03}.png" for number in range(5)]
    table = pd.DataFrame({
        "path": names, "image": names, "patient": range(5), "follow_up": 0, "age": 50, "sex": "M", "view": "PA",
        "labels": "No Finding", "split": "test",
    })
    write_tfrecords(Index(folder, table), tmp_path, size=160, shards=2)
    (tmp_path / "002-9.tfrec").write_bytes(b"no record")
    shards = [str(tmp_path / name) for name in ("000-3.tfrec", "001-2.tfrec", "002-9.tfrec")]
    films = list(films_in([*shards, str(tmp_path / TABLE), names[0]]))
    assert len(films) == 7 and films[5:] == [shards[2], names[0]] and films[0] == f"{shards[0]}@0"
    for place, film in enumerate(films[:5]):
        (tmp_path / f"{place}.jpg").write_bytes(load_bytes(Path(film)))
    digest = load_card(tiny_weights / MODEL).weights.sha256
    work = ReadFilms(MODEL, digest, Path.cwd()).open()
    rows, unpacked = work(films[:6]), work([str(tmp_path / f"{place}.jpg") for place in range(5)])
    assert [row.scores for row in rows[:5]] == [row.scores for row in unpacked] and rows[0].scores
    assert [row.file for row in rows] == films[:6] and rows[5].status == "error"


def test_other_weights_of_the_same_name_are_refused(folder: Path, tiny_weights: Path) -> None:
    with pytest.raises(EngineError, match="CXR_WEIGHTS"):
        ReadFilms(MODEL, "f" * 64, Path.cwd()).open()


def test_ray_s_options_without_ray_are_refused(folder: Path, tiny_weights: Path, tmp_path: Path, capsys) -> None:
    assert predict(folder, tmp_path / "x.parquet", "--workers", "2") == 2
    assert "--engine ray" in capsys.readouterr().err


def test_a_cluster_that_is_not_there_is_said_at_once(folder: Path, tiny_weights: Path, tmp_path: Path, capsys) -> None:
    pytest.importorskip("ray", reason="Ray is an extra: pip install -r requirements-ray.txt")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))  # nobody listens: a free port
        address = f"127.0.0.1:{free.getsockname()[1]}"
        assert predict(folder, tmp_path / "x.parquet", "--engine", "ray", "--address", address) == 2
    assert address in capsys.readouterr().err and not (tmp_path / "x.parquet").exists()


def test_without_ray_it_is_said_how_to_get_it(
    folder: Path, tiny_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "ray", None)
    assert predict(folder, tmp_path / "x.parquet", "--engine", "ray") == 2
    assert "requirements-ray.txt" in capsys.readouterr().err and not (tmp_path / "x.parquet").exists()
