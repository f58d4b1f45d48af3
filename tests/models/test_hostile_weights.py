"""Files of weights that were made to harm: none makes the program follow them, fill the memory, or wait."""

from __future__ import annotations

import json
import os
import pickle
import struct
import subprocess
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py
import numpy as np
import pytest
from safetensors.numpy import save_file

from cxr_core.errors import WeightsRefused
from cxr_core.models.importing.files import read_file


def external(file: h5py.File) -> None:
    file["conv1"] = h5py.ExternalLink("/etc/hostname", "/")


def soft(file: h5py.File) -> None:
    file["conv1"] = h5py.SoftLink("/elsewhere")


def elsewhere(file: h5py.File) -> None:
    file.create_dataset("kernel", (4,), "f4", external=[("/etc/hostname", 0, 16)])


def absurd(file: h5py.File) -> None:
    file.create_dataset("kernel", (10**6, 10**6), "f4", chunks=(64, 64))


def never_written(file: h5py.File) -> None:
    file.create_dataset("kernel", (10**5, 10**4), "f8")


def many_large_ones(file: h5py.File) -> None:
    for place in range(5):
        file.create_dataset(f"kernel{place}", (3000, 3000), "f4")


def zeros_by_the_gigabyte(file: h5py.File) -> None:
    file.create_dataset("kernel", (6000, 6000), "f4", chunks=(2000, 2000), compression="gzip")


def a_piece_larger_than_its_array(file: h5py.File) -> None:
    """Four numbers, whose packed piece unpacks to 48 MB: the library would make room for them."""
    held = file.create_dataset("kernel", (4,), "f4", chunks=(4,), compression="gzip")
    held.id.write_direct_chunk((0,), zlib.compress(bytes(48 * 1024**2), 9))


def wide_numbers(file: h5py.File) -> None:
    file.create_dataset("kernel", (4,), np.longdouble)


def loop(file: h5py.File) -> None:
    group = file.create_group("a")
    group["b"] = group


def doubled(file: h5py.File) -> None:
    """Each group leads to the next twice: 2 to the 16th ways to the last one."""
    group = file
    for _ in range(16):
        below = group.create_group("a")
        group["b"] = below
        group = below
    group.create_dataset("kernel", data=np.zeros(4, np.float32))


def deep(file: h5py.File) -> None:
    file.create_dataset("/".join("a" * 40) + "/kernel", data=np.zeros(4, np.float32))


def keras_2(file: h5py.File, layers: list[str], arrays: list[str]) -> None:
    file.attrs["layer_names"] = [name.encode() for name in layers]
    group = file.create_group("conv1")
    group.attrs["weight_names"] = [name.encode() for name in arrays]
    group.create_dataset("kernel:0", data=np.zeros((3, 3), np.float32))


def one_layer_often(file: h5py.File) -> None:
    keras_2(file, ["conv1"] * 500, ["kernel:0"])


def one_array_often(file: h5py.File) -> None:
    keras_2(file, ["conv1"], ["kernel:0"] * 500)


def a_layer_that_is_not_there(file: h5py.File) -> None:
    keras_2(file, ["conv1", "../conv1"], ["kernel:0"])


def names_of_another_kind(file: h5py.File) -> None:
    keras_2(file, ["conv1"], ["kernel:0"])
    file.attrs["layer_names"] = np.zeros(7)


def a_name_that_writes_on_the_screen(file: h5py.File) -> None:
    file.create_dataset("layers/x/vars/0", data=np.zeros(3, np.float32))
    file["layers/x/vars"].attrs["name"] = "conv1\x1b[2J"


def a_name_without_end(file: h5py.File) -> None:
    file.create_dataset("layers/x/vars/0", data=np.zeros(3, np.float32))
    file["layers/x/vars"].attrs["name"] = "x" * 30_000


def a_lambda(file: h5py.File) -> None:
    file.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": {"layers": [
        {"class_name": "Lambda", "config": {"function": ["4wEAAAA=", None, None]}}]}})


def a_custom_layer(file: h5py.File) -> None:
    file.attrs["model_config"] = json.dumps({"class_name": "Functional", "config": {"layers": [
        {"module": "attacker", "class_name": "Patient", "config": {}, "registered_name": "Mine>Patient"}]}})


@pytest.mark.parametrize(
    ("hostile", "said"),
    [(external, "link"), (soft, "link"), (elsewhere, "another file"), (absurd, "declared as"),
     (never_written, "declared as"), (many_large_ones, "limit"), (zeros_by_the_gigabyte, "compressed"),
     (a_piece_larger_than_its_array, "compressed"), (wide_numbers, "declared as"), (loop, "two names"),
     (doubled, "two names"), (deep, "too deep"), (one_layer_often, "twice"), (one_array_often, "twice"),
     (a_layer_that_is_not_there, "not among its weights"), (names_of_another_kind, "no list of names"),
     (a_name_that_writes_on_the_screen, "printed"), (a_name_without_end, "no text, or longer"), (a_lambda, "Lambda"),
     (a_custom_layer, "own making")],
)
def test_a_hostile_hdf5_is_refused_in_words(hostile: Callable[[h5py.File], None], said: str, tmp_path: Path) -> None:
    path = tmp_path / "weights.h5"
    with h5py.File(path, "w") as file:
        hostile(file)
    with pytest.raises(WeightsRefused, match=said):
        read_file(path)


@contextmanager
def unopened(path: Path) -> Iterator[None]:
    """A pipe in the place of a file, that nobody may have opened in the end; who does finds nothing in it.

    Its other end is another process's: HDF5 opens a file with the interpreter held, no thread of ours would go on.
    """
    os.mkfifo(path)
    waiting = subprocess.Popen(["sh", "-c", ': > "$0"', str(path)])  # ends once the pipe is opened to read
    try:
        yield
        with pytest.raises(subprocess.TimeoutExpired):
            waiting.wait(0.3)
    finally:
        waiting.kill()
        waiting.wait()


def by_a_link(file: h5py.File, other: str) -> None:
    file["conv1"] = h5py.ExternalLink(other, "/")


def by_a_name_into_what_is_not_walked(file: h5py.File, other: str) -> None:
    file.attrs["layer_names"] = [b"optimizer_weights/conv1"]
    file.create_group("optimizer_weights")["conv1"] = h5py.ExternalLink(other, "/")


def by_a_name_of_an_array(file: h5py.File, other: str) -> None:
    keras_2(file, ["conv1"], ["../optimizer_weights/kernel"])
    file.create_group("optimizer_weights")["kernel"] = h5py.ExternalLink(other, "/kernel")


def by_a_whole_model_elsewhere(file: h5py.File, other: str) -> None:
    file["model_weights"] = h5py.ExternalLink(other, "/")


def by_storage(file: h5py.File, other: str) -> None:
    file.create_dataset("kernel", (4,), "f4", external=[(other, 0, 16)])


def by_a_view(file: h5py.File, other: str) -> None:
    layout = h5py.VirtualLayout((4,), "f4")
    layout[:] = h5py.VirtualSource(other, "kernel", (4,))
    file.create_virtual_dataset("kernel", layout)


def by_a_view_without_end(file: h5py.File, other: str) -> None:
    """How long it is, only the other file knows: even to ask for its shape opens that."""
    layout = h5py.VirtualLayout((4,), "f4", maxshape=(None,))
    layout[:h5py.h5s.UNLIMITED] = h5py.VirtualSource(other, "kernel", (4,), maxshape=(None,))[:h5py.h5s.UNLIMITED]
    file.create_virtual_dataset("kernel", layout)


@pytest.mark.parametrize(
    "points",
    [by_a_link, by_a_name_into_what_is_not_walked, by_a_name_of_an_array, by_a_whole_model_elsewhere, by_storage,
     by_a_view, by_a_view_without_end],
)
def test_no_other_file_is_opened_whatever_points_there(
    points: Callable[[h5py.File, str], None], tmp_path: Path
) -> None:
    path, other = tmp_path / "weights.h5", tmp_path / "other.h5"
    with h5py.File(path, "w") as file:
        points(file, str(other))
    with unopened(other), pytest.raises(WeightsRefused):
        read_file(path)


def archive_of(path: Path, config: str = "{}", weights: bytes = b"", packed: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", packed) as archive:
        archive.writestr("config.json", config)
        archive.writestr("model.weights.h5", weights)
    return path


@pytest.mark.parametrize(
    ("packed", "said"),
    [(zipfile.ZIP_DEFLATED, "unpacks to over"), (zipfile.ZIP_BZIP2, "not use"), (zipfile.ZIP_LZMA, "not use")],
)
def test_an_archive_is_not_unpacked_beyond_a_network(packed: int, said: str, tmp_path: Path) -> None:
    path = archive_of(tmp_path / "model.keras", weights=bytes(32 * 1024**2), packed=packed)
    assert path.stat().st_size < 100_000
    with pytest.raises(WeightsRefused, match=said):
        read_file(path)


def test_an_archive_of_countless_members_is_refused_before_they_are_listed(tmp_path: Path) -> None:
    content = archive_of(tmp_path / "model.keras").read_bytes()
    start, end = content.index(b"PK\x01\x02"), content.index(b"PK\x05\x06")
    listed = content[start:end] * 40_000
    tail = bytearray(content[end:])
    struct.pack_into("<L", tail, 12, len(listed))
    (tmp_path / "model.keras").write_bytes(content[:start] + listed + tail)
    with pytest.raises(WeightsRefused, match="table of contents"):
        read_file(tmp_path / "model.keras")


def test_nothing_of_an_archive_is_written_whatever_its_members_are_called(tmp_path: Path) -> None:
    folder = tmp_path / "of" / "mine"
    folder.mkdir(parents=True)
    with h5py.File(tmp_path / "weights.h5", "w") as file:
        file.create_dataset("layers/dense/vars/0", data=np.ones(3, np.float32))
    path = archive_of(folder / "model.keras", weights=(tmp_path / "weights.h5").read_bytes())
    with zipfile.ZipFile(path, "a") as archive:
        for name in ("../escaped", "../../escaped", str(tmp_path / "escaped"), "..\\escaped"):
            archive.writestr(name, "out")
    before = sorted(tmp_path.rglob("*"))
    (layer,) = read_file(path).layers
    assert layer.arrays[0].tolist() == [1, 1, 1]
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("config", ["[" * 100_000, '{"a": ' * 100_000, "no JSON", "[" + "9" * 10_000 + "]"])
def test_a_broken_description_is_an_error_in_words(config: str, tmp_path: Path) -> None:
    with pytest.raises(WeightsRefused, match="description"):
        read_file(archive_of(tmp_path / "model.keras", config))


def test_a_description_larger_than_any_networks_is_not_read(tmp_path: Path) -> None:
    path = archive_of(tmp_path / "model.keras", " " * 9_000_000, packed=zipfile.ZIP_DEFLATED)
    with pytest.raises(WeightsRefused, match="unpacks to over"):
        read_file(path)


def test_a_lambda_that_keras_itself_saved_is_not_run(tmp_path: Path) -> None:
    import keras

    mark = tmp_path / "ran"

    def touch(x, mark=str(mark)):
        open(mark, "w").close()
        return x

    film = keras.Input((4,))
    model = keras.Model(film, keras.layers.Dense(2)(keras.layers.Lambda(touch)(film)))
    for name in ("model.keras", "model.h5"):
        model.save(tmp_path / name)
    mark.unlink()
    for name in ("model.keras", "model.h5"):
        with pytest.raises(WeightsRefused, match="Lambda"):
            read_file(tmp_path / name)
    assert not mark.exists()


class Bomb:
    """What a hostile pickle holds: a call."""

    def __reduce__(self):
        return (Path("/").joinpath, ("opened",))


def test_a_pickle_is_named_and_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def opened(*_) -> None:
        raise AssertionError("unpickled")

    for name in ("load", "loads", "Unpickler"):
        monkeypatch.setattr(pickle, name, opened)
    plain, torch = tmp_path / "weights.h5", tmp_path / "model.pt"
    plain.write_bytes(pickle.dumps(Bomb()))
    with zipfile.ZipFile(torch, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(Bomb()))
    for path in (plain, torch):
        with pytest.raises(WeightsRefused, match="pickle"):
            read_file(path)


def safetensors_of(header: dict, data: bytes = b"") -> bytes:
    told = json.dumps(header).encode()
    return struct.pack("<Q", len(told)) + told + data


def an_array(shape: list[int], begin: int = 0, end: int = 0) -> dict:
    return {"dtype": "F32", "shape": shape, "data_offsets": [begin, end]}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (safetensors_of({f"a{place}/kernel": an_array([0]) for place in range(25_000)}), "as many"),
        (safetensors_of({"a/kernel": an_array([2**40, 2**40])}), "no whole safetensors"),
        (safetensors_of({"a/kernel": an_array([0] * 100)}), "no whole safetensors"),
        (safetensors_of({"a/kernel": an_array([4], 0, 16)}, bytes(8)), "no whole safetensors"),
        (safetensors_of({"a/kernel": an_array([2], 0, 8), "b/kernel": an_array([2], 0, 8)}, bytes(8)), "no whole"),
        (safetensors_of({".".join("a" * 100_000): an_array([1], 0, 4)}, bytes(4)), "parts"),
        (safetensors_of({"conv\x1b[2J/kernel": an_array([1], 0, 4)}, bytes(4)), "printed"),
        (struct.pack("<Q", 2**40) + b'{"a": 1}', "no file of weights"),
        (struct.pack("<Q", 9_000_000) + b"{" + b" " * 9_000_000, "no file of weights"),
        (struct.pack("<Q", 8) + b'{"a": 1', "no whole"),
    ],
    ids=["countless", "overflow", "axes", "short", "overlapping", "deep", "screen", "endless", "long", "torn"],
)
def test_a_hostile_safetensors_file_is_refused_in_words(content: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(content)
    with pytest.raises(WeightsRefused, match=said):
        read_file(tmp_path / "model.safetensors")


def test_only_a_file_is_a_file(tmp_path: Path) -> None:
    pipe, link = tmp_path / "pipe.h5", tmp_path / "link.safetensors"
    os.mkfifo(pipe)
    held = os.open(pipe, os.O_RDWR)  # so that who opens it all the same does not wait for ever
    os.write(held, b"\x89HDF\r\n\x1a\n" * 2)
    with pytest.raises(WeightsRefused, match="a pipe"):
        read_file(pipe)
    os.close(held)
    with pytest.raises(WeightsRefused, match="is a folder"):
        read_file(tmp_path)
    with pytest.raises(WeightsRefused, match="could not be opened"):
        read_file(tmp_path / "gone.h5")
    with pytest.raises(WeightsRefused, match="could not be opened"):
        read_file(tmp_path / "zero\0byte.h5")
    save_file({"conv/kernel": np.ones(3, np.float32)}, tmp_path / "model.safetensors")
    link.symlink_to(tmp_path / "model.safetensors")
    assert read_file(link).layers[0].name == "conv"
