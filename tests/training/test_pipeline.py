"""Films from memory, from disk, from TFRecords and from a cache are the same, and so are their batches."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tiny_training as tiny

from cxr_core.datasets.index import Index
from cxr_core.errors import DataError, TrainingError
from cxr_core.training.films import TrainingFilms, load_films
from cxr_core.training.pipeline import FilmsOnDisk, Storage, broken_film_told, feed, free_memory, is_quick, open_films

SIZE = 24


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    return tiny.draw_films(tmp_path_factory.mktemp("films"))


def test_films_are_the_same_wherever_they_are_kept(index: Index, tmp_path: Path) -> None:
    held = open_films(index, SIZE, Storage("memory"))
    for other in (open_films(index, SIZE, Storage("disk")), open_films(index, SIZE, Storage("disk", tmp_path))):
        assert len(other) == len(held)
        for rows in (3, np.int64(5), slice(4, 9), np.array([7, 1, 1]), np.array([], int)):
            np.testing.assert_array_equal(other[rows], held[rows])


def test_films_that_fit_are_held_and_others_are_not(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    assert is_quick(open_films(index, SIZE, say=said.append)) and "held in memory" in said[-1]
    assert 2**20 < free_memory() < 2**50
    needed = len(index) * SIZE * SIZE
    monkeypatch.setattr("cxr_core.training.pipeline.free_memory", lambda: 2 * needed - 1)
    films = open_films(index, SIZE, say=said.append)
    assert isinstance(films, FilmsOnDisk) and not is_quick(films) and "read from disk" in said[-1]
    monkeypatch.setattr("cxr_core.training.pipeline.free_memory", lambda: 2 * needed)
    assert isinstance(open_films(index, SIZE), np.ndarray)


def test_a_cache_is_written_once_and_never_taken_for_that_of_other_films(index: Index, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    open_films(index, SIZE, Storage("disk", cache))
    [file] = cache.iterdir()
    written = file.stat().st_mtime_ns
    open_films(index, SIZE, Storage("disk", cache))
    assert [file.stat().st_mtime_ns] == [path.stat().st_mtime_ns for path in cache.iterdir()] == [written]
    fewer = index.take(np.arange(5, 20))
    np.testing.assert_array_equal(open_films(fewer, SIZE, Storage("disk", cache)), load_films(fewer, SIZE))
    open_films(index, 8, Storage("disk", cache))
    assert len(list(cache.iterdir())) == 3
    assert not any(name in file.read_bytes()[:128].decode("latin1") for name in index.table["image"])


def test_a_cache_that_cannot_be_written_is_told_of(index: Index, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(DataError, match="cannot be written"):
        open_films(index, SIZE, Storage("disk", tmp_path / "file" / "below"))


def test_the_pipeline_gives_the_same_batches_in_the_same_order(index: Index) -> None:
    recipe = tiny.RECIPE
    targets = (index.targets(tiny.SPEC.findings), np.zeros((len(index), 3), np.float32))
    spec, stage = tiny.SPEC, recipe.stages[0]
    batches = TrainingFilms(load_films(index, SIZE), targets, spec, recipe, stage, first=2, epochs=2, skip=3)
    streamed = TrainingFilms(FilmsOnDisk(index, SIZE), targets, spec, recipe, stage, first=2, epochs=2, skip=3)
    fed = list(feed(streamed).as_numpy_iterator())
    assert len(fed) == len(batches) == 2 * 8 - 3
    for place, (films, labels) in enumerate(fed):
        np.testing.assert_array_equal(films, batches[place][0])
        for ours, theirs in zip(labels, batches[place][1], strict=True):
            np.testing.assert_array_equal(ours, theirs)


def test_a_film_that_breaks_while_it_is_read_from_disk_stops_the_run_in_words(
    tiny_models: None, index: Index, tmp_path: Path
) -> None:
    """The first batch is read before TensorFlow's pipeline, so the broken film is one of train's that it has not."""
    from cxr_core.training.fit import train

    seen: list[int] = []

    class Watched(FilmsOnDisk):
        def __getitem__(self, row):
            seen.append(int(row))
            return super().__getitem__(row)

    films = tiny.draw_films(tmp_path)
    part = films.where(films.table["split"] == "train")
    recipe = replace(tiny.PLAIN, draw="in_turn", mixup=0.0)
    stage, spec = recipe.stages[0], tiny.PLAIN_SPEC
    TrainingFilms(Watched(part, SIZE), (part.targets(spec.findings),), spec, recipe, stage)[0]
    broken = part.table["path"].drop(seen).iloc[0]
    (tmp_path / broken).write_bytes(b"no film")
    with pytest.raises(TrainingError) as told:
        train(recipe, films, tmp_path / "run", storage=Storage("disk"))
    assert f"The film {broken} cannot be read" in str(told.value) and "data check" in str(told.value)
    assert "Traceback" not in str(told.value) and "--resume" in str(told.value)


def test_another_problem_is_not_taken_for_a_broken_film(index: Index) -> None:
    batches = TrainingFilms(
        load_films(index, SIZE), (index.targets(tiny.SPEC.findings),), tiny.SPEC, tiny.RECIPE, tiny.RECIPE.stages[0]
    )
    batches.broken = DataError("The film a.png cannot be read.")
    with pytest.raises(KeyError), broken_film_told(batches):
        raise KeyError("another")


def test_a_run_from_disk_ends_as_one_from_memory(tiny_models: None, index: Index, tmp_path: Path) -> None:
    import pandas as pd

    from cxr_core.training.fit import train

    for where in ("memory", "disk"):
        train(tiny.PLAIN, index, tmp_path / where, storage=Storage(where))
    one, other = (pd.read_csv(tmp_path / where / "history.csv") for where in ("memory", "disk"))
    columns = ["loss", "val_loss", "val_auc"]
    pd.testing.assert_frame_equal(one[columns], other[columns], atol=1e-5)
