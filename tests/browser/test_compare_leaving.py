"""Compare in a real browser, while maps are in the making: cancel, leave and come back, try again; a small network."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

WAIT = 600_000
MODEL = "resnet18-128-nih14"
Serve = Callable[[list[str], dict[str, str]], AbstractContextManager[str]]


@pytest.fixture(scope="module")
def broken(_tiny_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The weights of a small network, broken until `mend` is called."""
    folder = tmp_path_factory.mktemp("broken") / "weights"
    shutil.copytree(_tiny_folder, folder)
    file = folder / MODEL / "model.safetensors"
    shutil.copy(file, whole(file))
    file.write_bytes(file.read_bytes()[:-4] + b"oops")
    return file


def whole(file: Path) -> Path:
    return file.with_suffix(".whole")


def mend(file: Path) -> None:
    shutil.copy(whole(file), file)


@pytest.fixture(scope="module")
def address(serve: Serve, broken: Path) -> Iterator[str]:
    with serve(["-m", "streamlit", "run", "app.py", "--server.port"],
               os.environ | {"CXR_WEIGHTS": str(broken.parents[1])}) as address:
        yield address


@pytest.fixture
def reader(address: str, browser: Browser) -> Iterator[Page]:
    """A page that compares maps of the phantom."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.set_default_timeout(WAIT)
    page.goto(f"{address}/compare")
    page.get_by_role("button", name="sample phantom").click()
    expect(page.locator(".viewer.cell[data-film]").first).to_be_visible(timeout=WAIT)
    yield page
    page.close()


def cells(page: Page, status: str) -> Locator:
    return page.locator(f".viewer.cell[data-status={status}]")


def add_method(page: Page, name: str) -> None:
    page.get_by_role("combobox", name="Methods").click()
    page.get_by_role("option", name=name, exact=True).click()
    page.keyboard.press("Escape")


def test_weights_that_were_broken_and_are_mended_are_tried_again_from_the_cell(reader: Page, broken: Path) -> None:
    expect(cells(reader, "failed")).to_have_count(2, timeout=WAIT)
    again = reader.locator(".film-grid").get_by_role("button", name="Try again")
    expect(again).to_have_count(2)
    mend(broken)
    again.first.click()
    expect(cells(reader, "done")).to_have_count(1, timeout=WAIT)
    expect(cells(reader, "failed")).to_have_count(1)
    again.first.click()
    expect(cells(reader, "done")).to_have_count(2, timeout=WAIT)
    expect(again).to_have_count(0)


def test_cancel_stops_what_is_not_made_and_the_rest_is_drawn_on_request(reader: Page, broken: Path) -> None:
    mend(broken)
    expect(cells(reader, "done")).to_have_count(2, timeout=WAIT)
    add_method(reader, "Integrated Gradients, SmoothGrad")
    expect(cells(reader, "making").or_(cells(reader, "waiting"))).to_have_count(1, timeout=WAIT)
    reader.get_by_role("button", name="Cancel").click()
    expect(cells(reader, "stopped")).to_have_count(1, timeout=WAIT)
    expect(cells(reader, "done")).to_have_count(2)
    expect(reader.get_by_role("button", name="Cancel")).to_have_count(0)
    reader.get_by_role("button", name="Draw the rest").click()
    expect(cells(reader, "done")).to_have_count(3, timeout=WAIT)
    expect(reader.get_by_role("button", name="Draw the rest")).to_have_count(0)


def test_a_walk_to_another_page_and_back_finds_what_was_made_and_goes_on(reader: Page, broken: Path) -> None:
    mend(broken)
    expect(cells(reader, "done")).to_have_count(2, timeout=WAIT)
    receipts = reader.locator(".cells figcaption").all_inner_texts()
    add_method(reader, "Integrated Gradients, SmoothGrad")
    expect(cells(reader, "making")).to_have_count(1, timeout=WAIT)
    reader.get_by_test_id("stSidebarNav").get_by_text("Models").click()
    expect(reader.locator(".film-grid")).to_have_count(0, timeout=WAIT)
    reader.get_by_test_id("stSidebarNav").get_by_text("Compare").click()
    expect(cells(reader, "done")).to_have_count(3, timeout=WAIT)
    after = reader.locator(".cells figcaption").all_inner_texts()
    assert set(receipts) <= set(after)  # with their seconds: none of them was made a second time
