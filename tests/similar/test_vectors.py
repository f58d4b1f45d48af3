"""Neighbours are the nearest by definition; an index is used with its own weights and films alone, or not at all."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tiny_training
from sklearn.neighbors import NearestNeighbors

from cxr_core.datasets.index import Index
from cxr_core.errors import DataError
from cxr_core.similar import tensors
from cxr_core.similar.tensors import Origin, digest_pictures, in_own_order, read_tensors, write_tensors
from cxr_core.similar.vectors import FILE, FilmVectors, load_vectors, to_unit

ORIGIN = Origin("resnet18-128-nih14", "a" * 64, "b" * 64, "d" * 64)


def drawn(films: int = 500, width: int = 24, seed: int = 0) -> FilmVectors:
    """Vectors of films drawn by chance, in the order of an index that is mixed up."""
    rng = np.random.default_rng(seed)
    features = rng.gamma(1.0, size=(films, width)).astype(np.float32)
    mean = features.mean(axis=0)
    return FilmVectors(ORIGIN, rng.permutation(films), to_unit(features, mean, None), mean)


def test_neighbours_are_those_of_a_search_through_all() -> None:
    told = drawn()
    truth = NearestNeighbors(n_neighbors=12, metric="cosine", algorithm="brute").fit(told.vectors)
    for row in (0, 7, 499):
        distance, rows = truth.kneighbors(told.vectors[[row]])
        found = told.nearest(told.vectors[row], 12)
        np.testing.assert_array_equal(found.places, told.places[rows[0]])
        np.testing.assert_allclose(found.similarity, 1 - distance[0], atol=1e-5)


def test_films_left_out_are_not_found_and_the_others_move_up() -> None:
    told = drawn()
    vector = told.of(42)
    found = told.nearest(vector, 8)
    assert found.places[0] == 42 and found.similarity[0] == pytest.approx(1, abs=1e-5)
    np.testing.assert_array_equal(told.nearest(vector, 5, found.places[:3]).places, found.places[3:8])
    assert len(told.nearest(vector, 1000)) == 500 and len(told.nearest(vector, 3, np.arange(500))) == 0


def test_features_of_another_network_are_refused_in_words() -> None:
    told = drawn()
    assert told.project(np.ones((2, 24))).shape == (2, 24)
    with pytest.raises(DataError, match="24 features, these have 30"):
        told.project(np.ones((1, 30)))


def test_a_film_that_cannot_be_read_has_no_vector() -> None:
    whole = drawn(6)
    told = FilmVectors(ORIGIN, np.array([4, 0, 2]), whole.vectors[:3], whole.mean, unread=3)
    assert told.of(1) is None and told.of(5) is None and told.of(6) is None and told.of(-1) is None
    np.testing.assert_array_equal(told.of(0), whole.vectors[1])


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Index, Origin]:
    """An index on disk of 120 films."""
    monkeypatch.setenv("CXR_HOME", str(tmp_path / "home"))
    films = tiny_training.draw_films(tmp_path)
    origin = replace(ORIGIN, films=films.digest())
    vectors = drawn(120).vectors
    write_tensors(origin.folder / FILE, {
        "rows": np.arange(120, dtype=np.int32), "vectors": vectors.astype(np.float16), "mean": np.zeros(24, np.float32),
    }, origin)
    return films, origin


def test_the_same_films_in_another_order_have_the_same_vectors(kept: tuple[Index, Origin]) -> None:
    films, origin = kept
    mixed = films.take(np.random.default_rng(1).permutation(120))
    one, other = load_vectors(films, origin), load_vectors(mixed, origin)
    for place in (0, 60, 119):
        there = int(np.flatnonzero(mixed.table["image"] == films.table["image"].iloc[place])[0])
        np.testing.assert_array_equal(one.of(place), other.of(there))
    np.testing.assert_allclose(np.linalg.norm(one.vectors, axis=1), 1, atol=1e-6)
    assert films.table["image"].iloc[in_own_order(films)].is_monotonic_increasing


@pytest.mark.parametrize(("name", "words"), [("weights", "other weights of resnet18"), ("films", "other films"),
                                             ("pictures", "other pictures of these films")])
def test_vectors_of_other_weights_or_films_are_refused_in_words(
    kept: tuple[Index, Origin], name: str, words: str
) -> None:
    films, origin = kept
    other = replace(origin, **{name: "c" * 64})
    other.folder.mkdir(parents=True)
    (origin.folder / FILE).rename(other.folder / FILE)  # what a copied folder looks like
    with pytest.raises(DataError, match=words) as told:
        load_vectors(films, other)
    assert "data embed resnet18-128-nih14" in str(told.value)


def test_two_threads_may_write_one_file_at_once(
    kept: tuple[Index, Origin], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that was stopped is at its last part still when the next makes the same."""
    _, origin = kept
    file, both, save = origin.folder / "part.safetensors", threading.Barrier(2), tensors.save_file

    def save_together(*told: object) -> None:
        save(*told)
        both.wait(30)

    monkeypatch.setattr(tensors, "save_file", save_together)
    with ThreadPoolExecutor(2) as pool:
        for written in [pool.submit(write_tensors, file, {"rows": np.arange(3)}, origin) for _ in range(2)]:
            written.result()
    assert read_tensors(file, origin)[0]["rows"].tolist() == [0, 1, 2]
    assert {one.name for one in origin.folder.iterdir()} == {FILE, file.name}


def test_what_is_missing_or_damaged_is_said_in_words(kept: tuple[Index, Origin]) -> None:
    films, origin = kept
    file = origin.folder / FILE
    content = file.read_bytes()
    file.write_bytes(content[:-100])
    with pytest.raises(DataError, match="damaged"):
        load_vectors(films, origin)
    held, _ = (file.write_bytes(content), read_tensors(file, origin))[1]
    write_tensors(file, held | {"rows": held["rows"] + 1}, origin)
    with pytest.raises(DataError, match="does not hold what an index does"):
        load_vectors(films, origin)
    file.unlink()
    with pytest.raises(DataError, match="no vectors of these 120 films"):
        load_vectors(films, origin)


def test_other_pictures_of_the_same_names_have_no_vectors_yet_and_that_is_said(kept: tuple[Index, Origin]) -> None:
    films, origin = kept
    content = [bytes([number]) * 9 for number in range(120)]
    told = digest_pictures(films, content.__getitem__)
    mixed = np.random.default_rng(1).permutation(120)
    assert digest_pictures(films.take(mixed), lambda place: content[mixed[place]]) == told
    other = replace(origin, pictures=digest_pictures(films, lambda place: content[place][:8]))
    assert other.pictures != told and not origin.has_namesakes and other.has_namesakes
    with pytest.raises(DataError, match="same names, but of other pictures"):
        load_vectors(films, other)

    def gone(place: int) -> bytes:
        raise DataError("It is gone.")

    assert digest_pictures(films, gone) not in ("", told)
