"""However many models are shown, their chips stand whole, and the downloads beside them."""

from __future__ import annotations

from playwright.sync_api import Page, expect

WAIT = 120_000
ADDED = 4  # models beside the four that the page begins with


def test_no_chip_is_cut_and_the_downloads_stay_beside_them(server: str, page: Page) -> None:
    page.goto(f"{server}/performance")
    expect(page.locator(".js-plotly-plot").first).to_be_visible(timeout=WAIT)
    chips = page.locator(".chips span")
    for _ in range(ADDED):
        before = chips.count()
        page.get_by_role("combobox", name="Models").click()
        page.get_by_role("option").last.click()
        expect(chips).to_have_count(before + 1, timeout=WAIT)
        page.keyboard.press("Escape")
    for width in (1024, 1440, 1920):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_function(f"innerWidth === {width}")
        row, last = page.locator(".chips").bounding_box(), chips.last.bounding_box()
        assert last["y"] + last["height"] <= row["y"] + row["height"] + 1, width
        downloads = page.get_by_role("button", name="Downloads").bounding_box()
        assert abs(downloads["y"] - row["y"]) < 4 and downloads["x"] >= row["x"] + row["width"], width
