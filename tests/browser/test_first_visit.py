"""The first visitor of a fresh server, whom Streamlit shows a page past app.py."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from contextlib import AbstractContextManager

from playwright.sync_api import Page, expect

Serve = Callable[[list[str], dict[str, str]], AbstractContextManager[str]]


def test_a_shared_address_opens_its_page_and_selection(serve: Serve, page: Page) -> None:
    with serve(["-m", "streamlit", "run", "app.py", "--server.port"], os.environ.copy()) as address:
        page.goto(f"{address}/dataset?any_of=Mass")
        expect(page.locator("p.selected")).to_contain_text("5,782 films selected", timeout=180_000)
        expect(page).to_have_url(re.compile(re.escape(f"{address}/dataset?any_of=Mass")))  # and more, with CXR_DATA
