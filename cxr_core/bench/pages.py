"""What a reader waits for, measured in Chromium against a fresh server: the first page, a film, a click, figures.

    python -m cxr_core bench pages

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
_CHOICES = 5


def main() -> None:
    """Print seconds: first page of a fresh server, first and last map of a film, a click on a finding already mapped,
    and the Performance page's curves: the first, another finding's, and those of the page opened again, for which the
    browser has Plotly.
    """
    with serve() as address, open_page() as page, tempfile.TemporaryDirectory() as folder:
        film = Path(folder, "film")
        film.write_bytes(make_phantom(1024))
        _measure_read(page, address, film)
        _measure_performance(page)


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


def _measure_performance(page: Page) -> None:
    """The Performance page: until its curves are seen, and until another finding's are, each chosen the first time."""
    began = time.perf_counter()
    page.get_by_role("link", name="Performance").click()
    chart = page.locator(".st-key-roc .js-plotly-plot")
    chart.wait_for()
    tell("Performance, first sight of its curves", time.perf_counter() - began)
    page.get_by_text("95% DeLong").first.wait_for()
    tell("Performance, whole page", time.perf_counter() - began)
    page.wait_for_timeout(1000)
    choices = []
    for number in range(1, _CHOICES + 1):
        finding = page.get_by_role("combobox", name="Finding", exact=True)
        finding.click()
        option = page.get_by_role("option").nth(number)
        title = option.inner_text()
        began = time.perf_counter()
        option.click()
        page.locator(f"[aria-label='ROC curves of {title}']").wait_for(state="attached")
        choices.append(time.perf_counter() - began)
        page.wait_for_timeout(500)
    tell(f"Performance, another finding, median of {_CHOICES}", statistics.median(choices))
    again = []
    for _ in range(_CHOICES):
        page.get_by_role("link", name="Models").click()
        page.get_by_role("heading", name="Models").wait_for()
        page.wait_for_timeout(1500)
        began = time.perf_counter()
        page.get_by_role("link", name="Performance").click()
        chart.wait_for()
        again.append(time.perf_counter() - began)
        page.wait_for_timeout(500)
    tell(f"Performance, opened again, median of {_CHOICES}", statistics.median(again))
