"""What a reader waits for, measured in Chromium against a fresh server: the first page, a film, a click.

    python -m cxr_core bench --pages

Needs Playwright and Chromium, as the browser tests do.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from cxr_core.bench.browser import choose, open_page, serve, tell, uploader
from cxr_core.imaging.phantom import make_phantom

if TYPE_CHECKING:
    from playwright.sync_api import Page

_CLICKS = 10


def main() -> None:
    """Print seconds: first page of a fresh server, first and last map of a film, a click on a finding already mapped."""
    with serve() as address, open_page() as page, tempfile.TemporaryDirectory() as folder:
        film = Path(folder, "film")
        film.write_bytes(make_phantom(1024))
        _measure_read(page, address, film)


def _measure_read(page: Page, address: str, film: Path) -> None:
    began = time.perf_counter()
    page.goto(address)
    dropzone = uploader(page)
    tell("first page of a fresh server", time.perf_counter() - began)
    page.get_by_text("ready").wait_for()
    began = time.perf_counter()
    dropzone.set_input_files(film)
    page.locator(".viewer[data-heat=true]").wait_for()
    tell("film dropped to first map", time.perf_counter() - began)
    page.get_by_test_id("stProgress").wait_for(state="detached")
    tell("film dropped to last map", time.perf_counter() - began)
    rows = page.locator(".findings tr[data-finding]")
    chosen, other = (rows.nth(place) for place in (0, 1))
    choose(page, other)
    page.get_by_test_id("stProgress").wait_for(state="detached")
    page.wait_for_timeout(1000)
    clicks = []
    for number in range(_CLICKS):
        clicks.append(choose(page, (chosen, other)[number % 2]))
        page.wait_for_timeout(300)
    tell(f"click on a finding that has its map, median of {_CLICKS}", statistics.median(clicks))
