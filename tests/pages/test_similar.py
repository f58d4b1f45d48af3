"""The Dataset page: films like one film, a map of all, picked films, and selections with a name."""

from __future__ import annotations

import json
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
from page_parts import html
from streamlit.testing.v1 import AppTest

from cxr_core.datasets.collection import Collection, film_bytes, open_collection
from cxr_core.datasets.picked import Picked
from cxr_core.imaging.prepare import prepare
from cxr_core.imaging.read import read_radiograph
from cxr_core.models.card import load_card
from cxr_core.similar.embed import embed_films
from cxr_core.similar.layout import Layout
from cxr_core.similar.tensors import Origin, digest_pictures, own_numbers, write_tensors
from cxr_core.similar.vectors import FILE, to_unit
from cxr_core.ui import resources, similar_films
from cxr_core.ui.dataset import film_map, source

APP = str(Path(__file__).parents[2] / "app.py")
MODEL = "resnet18-128-nih14"
pytestmark = pytest.mark.realdata


@pytest.fixture
def films(data_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny_weights: Path) -> Collection:
    """NIH as downloaded, 28 films, and a home of its own."""
    monkeypatch.setenv("CXR_HOME", str(tmp_path))
    st.cache_resource.clear()
    return open_collection(data_folder / "nih_download")


def write_vectors(films: Collection, weights: Path, seed: int = 4) -> np.ndarray:
    """Vectors of the films, written as if a model had made them: shape (28, 16), a row a place."""
    pictures = digest_pictures(films.index, partial(film_bytes, films))
    origin = Origin(MODEL, load_card(weights / MODEL).weights.sha256, films.index.digest(), pictures)
    vectors = np.random.default_rng(seed).normal(size=(28, 16)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    write_tensors(origin.folder / FILE, {
        "rows": own_numbers(films.index), "vectors": vectors.astype(np.float16), "mean": np.zeros(16, np.float32),
    }, origin)
    return vectors


@pytest.fixture
def planted(films: Collection, tiny_weights: Path) -> np.ndarray:
    return write_vectors(films, tiny_weights)


def of(show: str) -> AppTest:
    app = AppTest.from_file(APP, default_timeout=300).run()
    app.query_params["data"], app.query_params["show"] = "nih_download", show
    return app.switch_page("pages/dataset.py").run()


def tiles(page: AppTest) -> list[dict]:
    return [json.loads(one.proto.json)["tiles"] for one in page.get("bidi_component") if "tiles" in one.proto.json][-1]


def open_film(page: AppTest, place: int) -> AppTest:
    page.session_state["dataset_film"] = page.session_state["films_of"][0], place
    return page.run()


def test_the_nearest_films_stand_below_a_film_with_their_labels(films: Collection, planted: np.ndarray) -> None:
    page = open_film(of("films"), 5)
    assert not page.exception and "Films like this one" in html(page)
    patients = films.index.table["patient"].to_numpy()
    likeness = planted @ planted[5]
    truth = [place for place in np.argsort(-likeness) if patients[place] != patients[5]][:10]
    assert [int(tile["id"]) for tile in tiles(page)] == truth
    assert tiles(page)[0]["score"] == f"similarity {likeness[truth[0]]:.3f}"
    own = films.index.table["labels"].iloc[5].split("|")[0]
    assert f"<td>{own}</td><td>yes</td>" in html(page)


def test_films_of_one_patient_are_marked_when_they_are_asked_for(films: Collection, planted: np.ndarray) -> None:
    patients = films.index.table["patient"]
    several = patients[patients.duplicated(keep=False)]
    if several.empty:
        pytest.skip("no patient has two films here")
    page = open_film(of("films"), int(several.index[0]))
    page.toggle(key="similar_patient").set_value(True).run()
    own = [tile for tile in tiles(page) if patients.iloc[int(tile["id"])] == several.iloc[0]]
    assert not page.exception and all(tile["marked"] and "Same patient" in tile["head"] for tile in own)


def test_vectors_are_made_from_the_page_when_asked(films: Collection) -> None:
    page = open_film(of("films"), 5)
    assert not page.exception and "28 films yet" in html(page)
    page.button(key="vectors_begin").click().run()
    for _ in range(300):
        if page.exception or "of 10 like it" in html(page):
            break
        time.sleep(1)
        page.run()
    assert not page.exception and len(tiles(page)) == 10


def with_map() -> AppTest:
    """The page with the map drawn."""
    page = of("map")
    page.button(key="map_begin").click().run()
    for _ in range(480):
        if page.exception or page.get("plotly_chart"):
            break
        time.sleep(0.5)
        page.run()
    return page


def test_a_map_of_vectors_that_were_made_anew_is_drawn_anew(
    films: Collection, planted: np.ndarray, tiny_weights: Path
) -> None:
    page = with_map()
    assert not page.exception and page.get("plotly_chart")
    write_vectors(films, tiny_weights, seed=5)
    page.run()
    assert not page.exception and not page.get("plotly_chart") and "Draw the map?" in html(page)


def test_a_lasso_takes_the_films_without_a_dot_too(monkeypatch: pytest.MonkeyPatch) -> None:
    laid = Layout(np.arange(100, 106), np.array([[0, 0], [.1, 0], [.2, 0], [.9, 0], [.1, .1], [.5, .5]]),
                  np.array([True, True, False, True, False, True]), "drawn by hand")
    wanted, picked = np.array([True, True, True, True, False, True]), []
    around = {"x": [-.1, .3, .3, -.1], "y": [-.1, -.1, .3, .3]}
    told = {"points": [{"customdata": {"0": 100}}, {"customdata": [101]}], "lasso": [around], "box": []}
    monkeypatch.setattr(film_map, "state", {"map": {"selection": told}})
    monkeypatch.setattr(film_map, "pick", lambda films: picked.append(films.places.tolist()))
    film_map._take("map", laid, wanted)
    told["lasso"], told["box"] = [], [{"x": [-.1, .15], "y": [-.1, .3]}]
    film_map._take("map", laid, wanted)
    told["points"] = []
    film_map._take("map", laid, wanted)
    assert picked == [[100, 101, 102], [100, 101]]


def test_picked_films_become_the_selection_until_they_are_cleared(films: Collection, planted: np.ndarray) -> None:
    page = with_map()
    assert not page.exception and "two principal components" in " ".join(one.value for one in page.caption)
    assert "do not measure them" in " ".join(one.value for one in page.caption)
    picked = np.flatnonzero(films.traits["sex"] == "F")[:4]
    page.session_state["select_picked"] = Picked.of(picked)
    page.run()
    assert not page.exception and "<b>4</b> films selected" in html(page) and "4 picked films" in html(page)
    assert {int(tile["id"]) for tile in tiles(page)} == set(picked.tolist())
    page.segmented_control(key="select_sex").set_value("M").run()
    assert "No film is of this kind" in page.info[0].value
    page.segmented_control(key="select_sex").set_value(None).run()
    page.segmented_control(key="dataset_show").set_value("counts").run()
    assert not page.exception and "<b>4</b> films selected" in html(page)
    page.button(key="clear_picked").click().run()
    assert "<b>28</b> films selected" in html(page)


def test_a_selection_is_named_opened_again_and_deleted(films: Collection) -> None:
    page = of("films")
    picked = np.array([2, 9, 11])
    page.session_state["select_picked"] = Picked.of(picked)
    page.run()
    page.text_input(key="saved_name").set_value("three films").run()
    page.button(key="saved_keep").click().run()
    assert not page.exception and page.button(key="saved_open_0").label == "three films"
    page.button(key="select_all").click().run()
    assert "<b>28</b> films selected" in html(page)
    page.button(key="saved_open_0").click().run()
    assert "<b>3</b> films selected" in html(page)
    np.testing.assert_array_equal(page.session_state["select_picked"].places, picked)
    page.button(key="saved_keep").click().run()
    assert "a name of 1 to" in page.warning[0].value
    page.button(key="saved_delete_0").click().run()
    page.button(key="saved_spare_0").click().run()  # it is everyone's: it goes at the second word alone
    page.button(key="saved_delete_0").click().run()
    assert page.button(key="saved_open_0").label == "three films"
    page.button(key="saved_sure_0").click().run()
    assert "None yet" in " ".join(one.value for one in page.caption)


def read(content: bytes) -> AppTest:
    """The Read page with a film, its room of similar films opened."""
    app = AppTest.from_file(APP, default_timeout=300).run()
    app.session_state["like"] = True
    return app.file_uploader(key="film").upload("x.png", content, "image/png").run()


def said(page: AppTest) -> str:
    return " ".join(one.value for one in page.caption)


def test_read_shows_the_films_like_an_upload_and_knows_it_again(films: Collection) -> None:
    assert "No data set has been put through this model yet" in said(read(film_bytes(films, 5)))
    load, classifier = partial(film_bytes, films), resources.classifier(MODEL)
    embed_films(films.index, load, classifier)
    page = read(film_bytes(films, 5))
    assert not page.exception and "cannot be left out" in said(page) and "nearest of 28 films" in said(page)
    shown = tiles(page)
    assert int(shown[0]["id"]) == 5 and shown[0]["score"] == "likely this film itself" and shown[0]["marked"]
    vectors = classifier.embed(np.concatenate([prepare(read_radiograph(load(place)), classifier.spec)
                                               for place in range(28)]))
    told = to_unit(vectors, vectors.mean(axis=0), None)
    order = np.argsort(-told @ told[5])[:10]
    assert [int(tile["id"]) for tile in shown] == order.tolist()
    assert shown[1]["score"] == f"similarity {told[order[1]] @ told[5]:.3f}"
    page.session_state["like_go"] = source.open_data("nih_download"), int(order[1]), None  # as a click leaves it
    page.run()
    assert not page.exception and len(page.session_state["session_films"]) == 2
    assert int(tiles(page)[0]["id"]) == order[1]


def test_read_does_nothing_of_it_until_it_is_asked(films: Collection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(similar_films, "made_by", lambda weights: pytest.fail("looked for vectors"))
    app = AppTest.from_file(APP, default_timeout=300).run()
    page = app.file_uploader(key="film").upload("x.png", film_bytes(films, 5), "image/png").run()
    assert not page.exception and [one.label for one in page.expander] == ["Films like this one"]
