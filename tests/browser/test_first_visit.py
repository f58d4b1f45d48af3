"""The first visitor of a fresh server, whom Streamlit shows a page past app.py."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect


def test_a_shared_address_opens_its_page_and_selection(server: str, page: Page) -> None:
    page.goto(f"{server}/dataset?any_of=Mass")
    expect(page.locator("p.selected")).to_contain_text("5,782 films selected", timeout=60_000)
    expect(page).to_have_url(re.compile(re.escape(f"{server}/dataset?any_of=Mass")))  # and more, with CXR_DATA
