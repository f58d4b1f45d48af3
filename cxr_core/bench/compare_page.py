"""What the Compare page makes a reader wait for, in Chromium: Integrated Gradients of the models it begins with.

    python -m cxr_core bench compare

First as it is opened on a fresh server, where models are loaded meanwhile; then for another film, while a second reader
clicks on the Read page. Needs Playwright and Chromium, as the browser tests do.
"""

from __future__ import annotations

import itertools
import statistics
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from cxr_core.bench.browser import choose, open_page, serve, tell, uploader
from cxr_core.imaging.phantom import make_phantom

if TYPE_CHECKING:
    from playwright.sync_api import Page

_PAUSE = 300  # ms between two clicks of the second reader


def main() -> None:
    """Print seconds: first map, first maps of all, all refined; a click of a second reader meanwhile."""
    with serve() as address, tempfile.TemporaryDirectory() as folder:
        films = [Path(folder, f"film{side}") for side in (1024, 1000)]
        for film, side in zip(films, (1024, 1000), strict=True):
            film.write_bytes(make_phantom(side))
        with open_page() as page:
            print("a fresh server: models load while they are waited for")
            _compare(page, address, films[0])
        clicks: list[float] = []
        begun, over = threading.Event(), threading.Event()
        reader = threading.Thread(target=_read, args=(address, films[0], clicks, begun, over))
        reader.start()
        begun.wait()
        with open_page() as page:
            print("models loaded, another film, and a second reader who clicks on the Read page")
            clicks.clear()
            _compare(page, address, films[1])
        over.set()
        reader.join()
    tell(f"click of the second reader, median of {len(clicks)}", statistics.median(clicks))
    tell("the longest of them", max(clicks))


def _compare(page: Page, address: str, film: Path) -> None:
    page.goto(f"{address}/compare")
    dropzone = uploader(page)
    began = time.perf_counter()
    dropzone.set_input_files(film)
    page.locator(".viewer.cell[data-film]").first.wait_for()
    page.get_by_role("button", name="Remove Grad-CAM").first.click()
    page.locator(".viewer.cell").nth(4).wait_for(state="detached")  # one row is left: of four models at most
    count = page.locator(".viewer.cell").count()
    drawn = page.locator(".viewer.cell[data-heat=true]")
    drawn.first.wait_for()
    tell("film dropped to first map", time.perf_counter() - began)
    drawn.nth(count - 1).wait_for()
    tell(f"film dropped to first maps of all {count}", time.perf_counter() - began)
    page.locator(".viewer.cell[data-status=done]").nth(count - 1).wait_for()
    tell("film dropped to all refined", time.perf_counter() - began)


def _read(
    address: str, film: Path, clicks: list[float], begun: threading.Event, over: threading.Event
) -> None:
    """The second reader: two findings in turn, whose maps are made before they are timed."""
    try:
        with open_page() as page:
            page.goto(address)
            uploader(page).set_input_files(film)
            rows = page.locator(".findings tr[data-finding]")
            for place in (0, 1):
                rows.nth(place).click()
                page.locator(".viewer[data-heat=true]").wait_for()
                page.get_by_test_id("stProgress").wait_for(state="detached")
                page.wait_for_timeout(1000)
            begun.set()
            for number in itertools.count():
                if over.is_set():
                    break
                clicks.append(choose(page, rows.nth(number % 2)))
                page.wait_for_timeout(_PAUSE)
    finally:
        begun.set()
