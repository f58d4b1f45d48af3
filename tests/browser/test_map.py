"""The map of the Dataset page in a browser: a lasso selects films, a button clears them, a neighbour opens."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from cxr_core.datasets.collection import film_bytes, open_collection
from cxr_core.models.card import load_card
from cxr_core.models.registry import all_models, find_spec
from cxr_core.models.weights import find_weights
from cxr_core.similar.layout import lay_out_and_keep
from cxr_core.similar.tensors import Origin, digest_pictures, own_numbers, write_tensors
from cxr_core.similar.vectors import FILE, load_vectors

WAIT = 300_000


@pytest.fixture(scope="module")
def drawn(data_folder: Path, _tiny_folder: Path) -> Iterator[None]:
    """Vectors and a map of 28 films, of whichever model the served app offers first, in the home of the tests."""
    collection = open_collection(data_folder / "nih_download")
    films, pictures = collection.index, digest_pictures(collection.index, partial(film_bytes, collection))
    vectors = np.random.default_rng(4).normal(size=(28, 16)).astype(np.float32)
    with pytest.MonkeyPatch.context() as patched:
        if not any((Path(__file__).parents[2] / "weights").glob("*/model.safetensors")):
            patched.setenv("CXR_WEIGHTS", str(_tiny_folder))
        model = next(one for one in all_models() if not find_spec(one).members and _is_trained(one))
        origin = Origin(model, load_card(find_weights(find_spec(model))).weights.sha256, films.digest(), pictures)
        write_tensors(origin.folder / FILE, {
            "rows": own_numbers(films), "vectors": vectors.astype(np.float16), "mean": np.zeros(16, np.float32),
        }, origin)
        lay_out_and_keep(films, load_vectors(films, origin))
        yield


def test_a_lasso_selects_and_a_neighbour_opens(drawn: None, server: str, page: Page) -> None:
    page.set_default_timeout(WAIT)
    page.goto(server)
    expect(page.locator(".begin")).to_be_visible(timeout=WAIT)
    page.goto(f"{server}/dataset?data=nih_download&show=map")
    plot = page.locator(".st-key-film_map_0 .nsewdrag")
    expect(plot).to_be_visible(timeout=WAIT)
    told = page.locator("p.selected")
    expect(told).to_contain_text("28 films selected")
    box = plot.bounding_box()
    left, top, wide, high = (box[one] for one in ("x", "y", "width", "height"))
    way = [(0.02, 0.02), (0.5, 0.02), (0.5, 0.98), (0.02, 0.98), (0.02, 0.03)]
    corners = [(left + x * wide, top + y * high) for x, y in way]
    page.mouse.move(*corners[0])
    page.mouse.down()
    for corner in corners[1:]:
        page.mouse.move(*corner, steps=6)
    page.mouse.up()
    clear = page.get_by_role("button", name=re.compile("Clear .* picked films"))
    expect(clear).to_be_visible(timeout=WAIT)
    picked = int(re.search(r"\d+", clear.inner_text())[0])
    assert 0 < picked < 28
    expect(told).to_contain_text(f"{picked} films selected", timeout=WAIT)
    expect(page.locator(".st-key-map_grid .tile")).to_have_count(picked, timeout=WAIT)
    page.locator(".st-key-map_grid .tile").first.click()
    expect(page.locator(".st-key-similar_grid .tile")).to_have_count(10, timeout=WAIT)
    expect(page.locator(".st-key-film_bar")).to_contain_text(f"1 of {picked}")
    expect(page.locator(".st-key-similar_grid .tile img")).to_have_count(10, timeout=WAIT)  # and it is drawn no more
    page.locator(".st-key-similar_grid .tile").first.click()
    expect(page.get_by_role("button", name="Back to the film before")).to_be_visible(timeout=WAIT)
    page.locator(".st-key-film_bar").get_by_role("button", name="All films").click()
    expect(plot).to_be_visible(timeout=WAIT)
    expect(told).to_contain_text(f"{picked} films selected")
    clear.click()
    expect(told).to_contain_text("28 films selected", timeout=WAIT)
    expect(page.get_by_test_id("stException")).to_have_count(0)


def _is_trained(model: str) -> bool:
    from cxr_core.errors import ModelError

    try:
        return find_weights(find_spec(model)).is_dir()
    except ModelError:
        return False
