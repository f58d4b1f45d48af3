"""The Dataset page in a browser: a click on the matrix counts what its cell says, one in the list opens a patient."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pointing import click_at

WAIT = 300_000
CELL = """([turn, row, column]) => {  // what a cell of the matrix says, and where it is drawn
  const plot = document.querySelector(`.st-key-together_${turn} .js-plotly-plot`);
  const room = plot?.querySelector(".nsewdrag")?.getBoundingClientRect();
  const [across, down] = room?.width
    ? [room.x + (column + .5) / 14 * room.width, room.y + (row + .5) / 14 * room.height] : [];
  return across && [plot.data[1].text[row * 14 + column], across, down];
}"""


@pytest.fixture
def opened(server: str, page: Page) -> Page:
    page.set_default_timeout(WAIT)
    page.goto(server)  # the first page of a server goes through app.py
    expect(page.locator(".begin")).to_be_visible(timeout=WAIT)
    return page


def test_a_click_on_the_matrix_selects_what_its_cell_says(opened: Page, server: str) -> None:
    opened.goto(f"{server}/dataset?sex=F&age=40-60")
    look_at_pairs(opened)
    address = opened.url
    assert "sex=F" in address and "age=40-60" in address
    assert re.search("all_of=Effusion%2CAtelectasis%2CInfiltration", address)
    expect(opened.get_by_test_id("stException")).to_have_count(0)


def look_at_pairs(page: Page) -> None:
    for turn, (column, name) in enumerate(((0, "Atelectasis"), (8, "Infiltration"))):
        cell = partial(page.wait_for_function, CELL, arg=[turn, 4, column], timeout=WAIT)  # gone while it is drawn anew
        text, *_ = cell().json_value()
        click_at(page, lambda: cell().json_value()[1:], f"Effusion and {name}:")  # noqa: B023
        expect(page.locator("p.selected")).to_contain_text(f"{text} films selected", timeout=WAIT)


def test_a_click_holds_while_a_part_of_the_page_asks_again_and_again(
    serve: Callable[[list[str], dict[str, str]], AbstractContextManager[str]], page: Page
) -> None:
    with serve([str(Path(__file__).with_name("ticking_room.py"))], os.environ.copy()) as address:
        page.goto(address)
        expect(page.locator(".begin")).to_be_visible(timeout=WAIT)
        expect(page.locator(".status.ready")).to_be_visible(timeout=WAIT)
        for _ in range(2):
            page.goto(f"{address}/dataset?sex=F&age=40-60")
            look_at_pairs(page)
            page.get_by_role("button", name="Select all films").click()  # a late click on the matrix takes nothing back
            expect(page.locator("p.selected")).to_contain_text("100.0% of all", timeout=WAIT)
            page.get_by_role("slider", name="Age").first.press("ArrowRight")
            expect(page.locator("p.selected")).not_to_contain_text("100.0% of all", timeout=WAIT)
            assert "all_of" not in page.url


@pytest.mark.realdata
def test_a_click_in_the_list_opens_a_patient(data_folder: object, opened: Page, server: str) -> None:
    opened.goto(f"{server}/dataset?data=nih_download&show=patients")
    table = opened.get_by_test_id("stDataFrame")
    expect(table).to_be_visible(timeout=WAIT)
    head = opened.locator("h2", has_text=re.compile(r"^Patient \d"))
    expect(head).to_be_visible(timeout=WAIT)
    first = head.inner_text()
    box = table.bounding_box()
    opened.mouse.click(box["x"] + 18, box["y"] + 35 * 3 + 17)  # the third patient's box: rows are 35 px high
    expect(head).not_to_have_text(first, timeout=WAIT)
    assert "patient=" not in opened.url
    expect(opened.locator(".st-key-patient_row .tile")).not_to_have_count(0, timeout=WAIT)
    opened.get_by_role("textbox", name="Patient").fill(re.search(r"\d+", first)[0])
    opened.keyboard.press("Enter")
    expect(head).to_have_text(first, timeout=WAIT)
    expect(opened.get_by_test_id("stException")).to_have_count(0)
