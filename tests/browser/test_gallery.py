"""The Dataset page in a browser: a film of the gallery opens large, and goes on to Read."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

WAIT = 120_000


@pytest.mark.realdata
def test_a_film_of_the_gallery_lands_on_read(data_folder: Path, server: str, page: Page) -> None:
    page.goto(server)  # the first page of a server goes through app.py
    expect(page.locator(".begin")).to_be_visible(timeout=WAIT)
    page.goto(f"{server}/dataset?data=nih_download&show=films&any_of=Effusion")
    tiles = page.locator(".tile")
    expect(tiles).to_have_count(8, timeout=WAIT)
    expect(page.locator(".tile img")).to_have_count(8, timeout=WAIT)
    tiles.nth(1).focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.locator(".facts")).to_contain_text("Effusion", timeout=WAIT)
    expect(page.locator(".viewer canvas").first).to_be_visible(timeout=WAIT)
    page.locator(".st-key-film_on").get_by_role("button").click()
    expect(page.locator(".st-key-film_bar")).to_contain_text("4 of 8", timeout=WAIT)
    page.locator(".st-key-film_read").get_by_role("button").click()
    expect(page.locator(".findings tr")).not_to_have_count(0, timeout=WAIT)
    expect(page.get_by_role("button", name="Film 1")).to_be_visible(timeout=WAIT)
    page.get_by_role("link", name="Dataset").click()
    expect(page.locator(".facts")).to_contain_text("Effusion", timeout=WAIT)  # where the reader left it
    expect(page.get_by_test_id("stException")).to_have_count(0)
