"""A real browser clicks its way from a figure to the film behind it."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect
from pointing import click_at, point_at

WAIT = 120_000


@pytest.mark.realdata
def test_a_count_and_a_curve_lead_to_films_and_a_film_to_the_read_page(server: str, page: Page, data_folder) -> None:
    page.goto(server)
    expect(page.locator(".status.ready")).to_be_visible(timeout=3 * WAIT)  # it holds the interpreter as it loads
    page.get_by_role("link", name="Performance").click()
    missed = page.get_by_role("button", name=re.compile(r"\d missed$"))
    expect(missed).to_be_visible(timeout=WAIT)
    expect(page.locator(".js-plotly-plot").first).to_be_visible(timeout=WAIT)
    missed.click()
    expect(page.locator(".film-row").first).to_be_visible(timeout=WAIT)
    before = missed.inner_text()
    click_a_curve(page)
    expect(page.get_by_label("Threshold, by hand").first).to_be_visible(timeout=WAIT)
    expect(missed).not_to_have_text(before, timeout=WAIT)
    expect(page.get_by_test_id("stException")).to_have_count(0)
    page.get_by_role("button", name="Open in Read").first.click()
    expect(page.locator(".viewer[data-film]")).to_be_visible(timeout=WAIT)
    expect(page.get_by_role("button", name="Film 1")).to_be_visible(timeout=WAIT)  # scored, or refused by the gate


def test_a_drag_zooms_the_curves_a_click_sets_the_threshold_and_the_zoom_stays(server: str, page: Page) -> None:
    page.goto(f"{server}/performance")
    expect(page.locator(".status.ready")).to_be_visible(timeout=3 * WAIT)
    figure = page.locator(".js-plotly-plot").first
    expect(figure).to_be_visible(timeout=WAIT)
    figure.scroll_into_view_if_needed()
    assert figure.locator(".scatterlayer .points path").count() < 10  # of the thousands that a click can meet
    assert across(page) == [0, 1]
    box = figure.locator(".nsewdrag").first.bounding_box()
    left, top, width, height = (box[name] for name in ("x", "y", "width", "height"))
    page.mouse.move(left + 0.05 * width, top + 0.95 * height)
    page.mouse.down()
    page.mouse.move(left + 0.6 * width, top + 0.4 * height, steps=8)
    page.mouse.up()
    page.wait_for_function(f"{ACROSS}[1] < 0.7", timeout=WAIT)
    low, high = across(page)
    assert 0.02 < low < 0.1 and 0.55 < high < 0.65
    mark = page.locator(".js-plotly-plot").first.locator(".annotation-text").first
    before = mark.text_content()
    click_a_curve(page)
    expect(page.get_by_label("Threshold, by hand").first).to_be_visible(timeout=WAIT)
    expect(mark).not_to_have_text(before, timeout=WAIT)  # the figure is another one
    page.wait_for_function(f"{ACROSS}[1] < 0.7", timeout=WAIT)
    assert across(page) == pytest.approx([low, high])
    page.locator(".js-plotly-plot").first.hover()
    page.locator('[data-title="Reset axes"]').first.click()
    page.wait_for_function(f"{ACROSS}[1] === 1", timeout=WAIT)
    expect(page.get_by_test_id("stException")).to_have_count(0)


def test_the_models_that_are_named_are_those_that_are_drawn_when_the_films_are_others(server: str, page: Page) -> None:
    """Of the leaky split's films no model that was shown before has any."""
    page.goto(f"{server}/performance")
    expect(page.locator(".js-plotly-plot").first).to_be_visible(timeout=WAIT)
    named = page.get_by_role("group", name="Selected values").first.locator("[data-tag]")
    before = named.all_inner_texts()
    assert len(before) > 1
    page.get_by_text("leaky test", exact=True).click()
    expect(page.locator(".chips .warned")).to_contain_text("xception-128-nih14-leaky", timeout=WAIT)
    expect(named).to_have_text(["Xception · 128 px · 14 findings · LEAKY split"])
    page.get_by_text("test_wide", exact=True).click()
    expect(page.locator(".chips .warned")).to_have_count(0, timeout=WAIT)
    expect(named).to_have_text(before)


def test_a_click_on_a_cell_of_a_confusion_matrix_lists_its_films(classes_server: str, page: Page) -> None:
    look_at_a_cell(page, classes_server)


def test_a_click_holds_while_the_page_is_still_drawn(
    serve: Callable[[list[str], dict[str, str]], AbstractContextManager[str]], classes_home: dict[str, str], page: Page
) -> None:
    with serve([str(Path(__file__).with_name("slow_room.py"))], classes_home) as address:
        look_at_a_cell(page, address)


def look_at_a_cell(page: Page, address: str) -> None:
    """Of somebody's results: 15 of 60 films are called the class after theirs, 5 of each, and 15 of each their own."""
    page.goto(f"{address}/performance")
    figure = page.locator(".js-plotly-plot").first
    expect(figure).to_be_visible(timeout=WAIT)
    expect(page.locator(".film-row")).to_have_count(5, timeout=WAIT)  # of the largest cell of what is called wrongly
    cell = figure.locator(".textpoint", has_text=re.compile("^15")).first
    click_at(page, lambda: middle(cell))
    expect(page.locator(".film-row")).to_have_count(8, timeout=WAIT)
    expect(page.locator(".film-row").first).to_contain_text("Normal")
    expect(page.get_by_test_id("stException")).to_have_count(0)


def middle(locator: Locator) -> tuple[float, float]:
    box = locator.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


ACROSS = "document.querySelector('.js-plotly-plot')._fullLayout.xaxis.range"


def across(page: Page) -> list[float]:
    """What the first figure shows of its axis across."""
    return page.evaluate(ACROSS)


def click_a_curve(page: Page) -> None:
    """Click low on the first figure, where a point of a curve is near; one that is being drawn is asked again."""
    figure = page.locator(".js-plotly-plot").first
    for _ in range(10):
        figure.scroll_into_view_if_needed()
        box = figure.bounding_box()
        for down in range(60, int(box["height"]) - 120, 5):
            if point_at(page, box["x"] + box["width"] * 0.3, box["y"] + down):
                page.mouse.down()
                page.mouse.up()
                return
    raise AssertionError("no point of a curve answered the pointer")
