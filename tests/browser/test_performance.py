"""A real browser clicks its way from a figure to the film behind it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

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


def click_a_curve(page: Page) -> None:
    """Click low on the first figure, where a point of a curve is near."""
    figure = page.locator(".js-plotly-plot").first
    figure.scroll_into_view_if_needed()
    box = figure.bounding_box()
    for down in range(60, int(box["height"]) - 120, 5):
        page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + down)
        page.wait_for_timeout(60)
        if page.locator(".hoverlayer .hovertext").count():
            page.mouse.down()
            page.mouse.up()
            return
    raise AssertionError("no point of a curve answered the pointer")
