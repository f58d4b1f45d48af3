"""Films for folders of any size: held in memory where they fit, else read as they are drawn, some batches ahead.

The draw and the augmentations are those of `films.TrainingFilms` in every case, so that a run gives the same result
wherever its films come from.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import keras
import numpy as np

from cxr_core.datasets.index import Index
from cxr_core.errors import DataError, TrainingError
from cxr_core.imaging.records import file_of
from cxr_core.training.films import TrainingFilms, load_film, load_films

Hold = Literal["auto", "memory", "disk"]
MEMORY_SHARE = 0.5  # of the free memory, that films may take
_BLOCK = 512  # films a time, while a cache is written


@dataclass(frozen=True)
class Storage:
    """Where films are kept while a network trains: in memory or not, by default as they fit; a folder to cache in."""

    hold: Hold = "auto"
    cache: Path | None = None


class FilmsOnDisk:
    """The films of an index as an array of uint8 (films, size, size) that are read when they are asked for."""

    def __init__(self, index: Index, size: int) -> None:
        self._root, self._paths, self._size = index.root, index.table["path"].tolist(), size

    def __len__(self) -> int:
        return len(self._paths)

    def __getitem__(self, rows: int | slice | np.ndarray) -> np.ndarray:
        if isinstance(rows, int | np.integer):
            return load_film(self._root, self._paths[rows], self._size)
        places = np.arange(len(self))[rows]
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            films = list(pool.map(lambda row: load_film(self._root, self._paths[row], self._size), places))
        return np.stack(films) if films else np.empty((0, self._size, self._size), np.uint8)


Films = np.ndarray | FilmsOnDisk


def open_films(
    index: Index, size: int, storage: Storage = Storage(), say: Callable[[str], None] = lambda _: None,
) -> Films:
    """The films of an index at `size` px: in memory if they fit (or `storage` says so), else from a cache or from disk.

    The cache is a file of decoded films, uint8, that is written once and then read in place.

    Raises
    ------
    DataError
        When a film cannot be read, or the cache cannot be written.
    """
    needed, free = len(index) * size * size, free_memory()
    fits = needed <= MEMORY_SHARE * free
    films = f"{len(index):,} films at {size} px, {needed / 2**30:.2f} GiB of {free / 2**30:.1f} free"
    if storage.hold == "memory" or (storage.hold == "auto" and fits):
        say(f"{films}: held in memory.")
        return load_films(index, size)
    if storage.cache:
        say(f"{films}: read from a cache of decoded films.")
        return open_cache(index, size, storage.cache)
    say(f"{films}: read from disk as they are drawn. --cache FOLDER keeps them decoded, which is faster.")
    return FilmsOnDisk(index, size)


def open_cache(index: Index, size: int, folder: Path) -> np.ndarray:
    """The decoded films of an index, mapped from a file in `folder` that is written when it is not there.

    The file is named by a digest over the films' paths, sizes and times of change, so that it is never that of others.
    """
    digest = hashlib.sha256(f"{size}".encode())
    for path in index.table["path"]:
        try:
            state = file_of(index.root / path).stat()
        except OSError:
            raise DataError(f"The film {path} is not there. Run the data check, or leave its row out.") from None
        digest.update(f"{path}\0{state.st_size}\0{state.st_mtime_ns}\n".encode())
    file = folder / f"films-{digest.hexdigest()[:16]}-{size}.npy"
    if not file.is_file():
        _write_cache(index, size, file)
    return np.load(file, mmap_mode="r")


def _write_cache(index: Index, size: int, file: Path) -> None:
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        films = np.lib.format.open_memmap(draft, "w+", np.uint8, (len(index), size, size))
        for start in range(0, len(index), _BLOCK):
            places = np.arange(start, min(start + _BLOCK, len(index)))
            films[places] = load_films(index.take(places), size)
        films.flush()
        del films
        draft.replace(file)
    except OSError as problem:
        raise DataError(
            f"The cache cannot be written to {file.parent}: {problem.strerror or type(problem).__name__}. It takes "
            f"{len(index) * size * size / 2**30:.1f} GiB; name another folder, or leave --cache out."
        ) from None
    finally:
        if file.parent.is_dir():
            draft.unlink(missing_ok=True)


def free_memory() -> int:
    """Bytes that may be taken without swapping; half of the machine's where the system does not say."""
    try:
        with open("/proc/meminfo", encoding="ascii") as lines:
            return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration):
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2


def is_quick(films: Films) -> bool:
    """Whether one thread draws these films fast enough: they lie in memory, and no GPU waits for them."""
    on_cpu = all(device.lower().startswith("cpu") for device in keras.distribution.list_devices())
    return type(films) is np.ndarray and on_cpu


@contextmanager
def broken_film_told(batches: TrainingFilms) -> Iterator[None]:
    """Within it, a film that `feed` cannot read stops the work in words.

    Raises
    ------
    TrainingError
    """
    try:
        yield
    except Exception as raised:
        if batches.broken is None or str(batches.broken) not in str(raised):
            raise
        raise TrainingError(
            f"{batches.broken} Nothing is lost: with the film fetched again, --resume goes on after the last whole "
            "epoch. Without its row these are other films, for another run."
        ) from None


def feed(batches: TrainingFilms, ahead: int = 8) -> Any:
    """The batches as a tf.data pipeline that makes several at once, in order, and holds some ready for the device.

    Parameters
    ----------
    batches : TrainingFilms
    ahead : int
        Batches held ready, at most.

    Returns
    -------
    tf.data.Dataset
        The same batches, in the same order, with the same structure.
    """
    import tensorflow as tf

    if keras.backend.backend() != "tensorflow":
        tf.config.set_visible_devices([], "GPU")  # else it would take the memory that the other backend needs
    example = batches[0]
    flat = tf.nest.flatten(example)

    def make(place: int) -> list[np.ndarray]:
        try:
            return tf.nest.flatten(batches[int(place)])
        except DataError as problem:
            batches.broken = problem  # TensorFlow raises an error of its own, with this one's traceback as its text
            raise

    def shaped(*arrays: Any) -> Any:
        for array, known in zip(arrays, flat, strict=True):
            array.set_shape((None, *known.shape[1:]))
        return tf.nest.pack_sequence_as(example, arrays)

    kinds = [tf.as_dtype(array.dtype) for array in flat]
    places = tf.data.Dataset.range(len(batches))
    made = places.map(
        lambda place: tf.numpy_function(make, [place], kinds), num_parallel_calls=max(2, os.cpu_count() or 2),
        deterministic=True,
    )
    return made.map(shaped).prefetch(ahead)
