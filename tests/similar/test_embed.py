"""Vectors of films: what was stopped ends the same, a broken film is left out, a copy is found first."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest
import small_set
import tiny_training

from cxr_core.cli import main
from cxr_core.datasets.collection import Collection, film_bytes, open_collection
from cxr_core.datasets.nih import read_nih
from cxr_core.imaging.prepare import prepare
from cxr_core.imaging.read import read_radiograph
from cxr_core.models.classifier import Classifier, load_classifier
from cxr_core.similar import embed, vectors
from cxr_core.similar.embed import embed_films
from cxr_core.similar.neighbours import count_labels, find_similar
from cxr_core.similar.tensors import Origin, digest_pictures, read_tensors
from cxr_core.similar.vectors import FilmVectors, load_vectors
from cxr_core.training.tfrecord_writer import write_tfrecords

MODEL = "resnet18-128-nih14"
COPY, OF, BROKEN = 100, 7, 33  # numbers of films


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny_weights: Path) -> Path:
    monkeypatch.setenv("CXR_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(embed, "PART", 50)
    return tmp_path / "home"


@pytest.fixture
def films(tmp_path: Path) -> Collection:
    """Drawn films, one copied as a JPEG under another patient's name, and one that is no film."""
    folder = tmp_path / "films"
    folder.mkdir()
    index = tiny_training.draw_films(folder)
    film = cv2.imread(str(folder / f"{OF}.png"), cv2.IMREAD_GRAYSCALE)
    (folder / f"{COPY}.png").write_bytes(cv2.imencode(".jpg", film, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes())
    (folder / f"{BROKEN}.png").write_bytes(b"no film")
    tiny_training.write_set(index)
    return open_collection(folder)


@pytest.fixture(scope="module")
def classifier(_tiny_folder: Path) -> Classifier:
    """Loaded once: that takes seconds, a film a millisecond."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("CXR_WEIGHTS", str(_tiny_folder))
        return load_classifier(MODEL)


def place_of(films: Collection, number: int) -> int:
    return int(np.flatnonzero(films.index.table["image"] == f"{number}.png")[0])


def origin_of(films: Collection, classifier: Classifier) -> Origin:
    pictures = digest_pictures(films.index, partial(film_bytes, films))
    return Origin(MODEL, classifier.card.weights.sha256, films.index.digest(), pictures)


def made(films: Collection, classifier: Classifier) -> FilmVectors:
    embed_films(films.index, partial(film_bytes, films), classifier)
    return load_vectors(films.index, origin_of(films, classifier))


def test_films_within_records_have_the_vectors_of_their_pictures(
    home: Path, tmp_path: Path, classifier: Classifier
) -> None:
    write_tfrecords(read_nih(small_set.draw_set(tmp_path / "films"))[0], tmp_path / "records", size=64, shards=2)
    films = open_collection(tmp_path / "records")
    told = made(films, classifier)
    assert len(told) == len(films) == 12
    for place in (0, 11):
        batch = prepare(read_radiograph(film_bytes(films, place)), classifier.spec)
        near = told.nearest(told.project(classifier.embed(batch))[0], 3)
        assert near.places[0] == place and near.similarity[0] == pytest.approx(1, abs=1e-3)
    assert place not in find_similar(films, told, place).places


def test_a_copy_is_found_first_and_a_broken_film_is_left_out(
    home: Path, films: Collection, classifier: Classifier
) -> None:
    steps: list[tuple[int, int]] = []
    done = embed_films(films.index, partial(film_bytes, films), classifier, lambda *step: steps.append(step))
    assert done.films == 119 and [one.path for one in done.unread] == [f"{BROKEN}.png"]
    assert steps[-1] == (120, 120) and steps == sorted(steps)
    told = load_vectors(films.index, origin_of(films, classifier))
    assert told.of(place_of(films, BROKEN)) is None and told.unread == 1
    found = find_similar(films, told, place_of(films, OF))
    assert found.places[0] == place_of(films, COPY) and found.similarity[0] > found.similarity[1]
    assert len(found) == 10 and found.similarity[0] > 0.9
    assert find_similar(films, told, place_of(films, BROKEN)) is None


class Stop(Exception):
    """As a page's work or Ctrl-C stops it."""


def test_what_was_stopped_ends_as_if_it_had_not_been(
    home: Path, films: Collection, classifier: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(done: int, most: int) -> None:
        if done > 70:
            raise Stop

    load = partial(film_bytes, films)
    with pytest.raises(Stop):
        embed_films(films.index, load, classifier, stop)
    parts = home / "embeddings" / origin_of(films, classifier).folder.name / "parts"
    first = next(parts.glob("*.safetensors"))
    (parts / "0000050.safetensors").write_bytes(first.read_bytes()[:-40])  # a part cut short is made again
    asked: list[int] = []
    done = embed_films(films.index, lambda place: asked.append(place) or load(place), classifier)
    assert done.there_before == 50 and len(done.unread) == 1 and not parts.exists()
    assert len(asked) == 32 + 70  # by 32 films it is known which pictures these are; then those that were not made
    resumed = read_tensors(done.file, origin_of(films, classifier))[0]
    assert embed_films(films.index, load, classifier, anew=True).there_before == 0
    whole = read_tensors(done.file, origin_of(films, classifier))[0]
    assert whole.keys() == resumed.keys() and whole["vectors"].dtype == np.float16
    for name, one in whole.items():
        np.testing.assert_array_equal(one, resumed[name])


def test_a_wide_network_is_kept_along_its_principal_components(
    home: Path, films: Collection, classifier: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = made(films, classifier)
    for room in (embed, vectors):
        monkeypatch.setattr(room, "WIDTH", 120)  # 119 films differ in at most 118 ways: nothing is lost
    embed_films(films.index, partial(film_bytes, films), classifier, anew=True)
    kept = load_vectors(films.index, origin_of(films, classifier))
    assert whole.vectors.shape == (119, 512) and kept.vectors.shape == (119, 120)
    np.testing.assert_allclose(kept.vectors @ kept.vectors.T, whole.vectors @ whole.vectors.T, atol=0.01)
    films_features = np.random.default_rng(0).uniform(0, 1, (2, 512)).astype(np.float32)
    np.testing.assert_allclose(np.linalg.norm(kept.project(films_features), axis=1), 1, atol=1e-5)


def test_a_patients_own_films_are_left_out_unless_asked_for(
    home: Path, films: Collection, classifier: Classifier
) -> None:
    told = made(films, classifier)
    films.index.table.loc[place_of(films, COPY), "patient"] = films.index.table["patient"].iloc[place_of(films, OF)]
    place = place_of(films, OF)
    assert place_of(films, COPY) not in find_similar(films, told, place).places
    assert find_similar(films, told, place, same_patient=True).places[0] == place_of(films, COPY)


def test_labels_of_neighbours_are_counted_as_pandas_counts(films: Collection) -> None:
    places = np.arange(10, 30)
    labels = films.index.table["labels"].astype(str)
    told = {one.finding: one for one in count_labels(films, places, 3)}
    for name in ("Mass", "Effusion", "No Finding"):
        bears = labels.str.split("|").map(lambda names, name=name: name in names)
        assert told[name].films == int(bears.iloc[places].sum()) and told[name].own == bool(bears.iloc[3])
        assert told[name].share == pytest.approx(bears.mean()) and told[name].neighbours == 20
    assert f"of 20 have Mass, {told['Mass'].share:.0%} of all films have" in told["Mass"].in_words


def test_the_command_makes_an_index_and_says_what_is_broken(
    home: Path, films: Collection, capsys: pytest.CaptureFixture
) -> None:
    assert main(["data", "embed", MODEL, "--data", str(films.index.root)]) == 1
    told = capsys.readouterr()
    assert "vectors of 119 films, 1 cannot be read" in told.out and f"{BROKEN}.png" in told.err
    assert len(list(home.glob("embeddings/*/index.safetensors"))) == 1
    assert main(["data", "embed", "ensemble-nih14", "--data", str(films.index.root)]) == 2
