"""What a reader waits for, measured in Chromium against a fresh server: the first page, a film, a click, figures.

    python -m cxr_core bench --pages

Needs Playwright and Chromium, as the browser tests do.
"""

from __future__ import annotations

import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from cxr_core.errors import CxrError
from cxr_core.imaging.phantom import make_phantom

_ROOT = Path(__file__).parents[2]
_FLAGS = ("--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
          "--disable-component-update --disable-sync").split()
_CLICKS = 10
_CHOICES = 5


def main() -> None:
    """Print seconds: first page of a fresh server, first and last map of a film, a click on a finding already mapped,
    and the Performance page's curves: the first, and another finding's."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise CxrError("The pages are timed in Chromium by Playwright, which is not installed. Run make setup.") from None
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)], cwd=_ROOT,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    try:
        _wait(f"http://127.0.0.1:{port}/_stcore/health")
        with sync_playwright() as play, tempfile.TemporaryDirectory() as folder:
            browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=_FLAGS)
            _measure(browser.new_page(viewport={"width": 1440, "height": 900}), f"http://127.0.0.1:{port}", Path(folder))
            browser.close()
    finally:
        server.terminate()
        server.wait(10)


def _measure(page, address: str, folder: Path) -> None:
    page.set_default_timeout(120_000)
    film = folder / "film"
    film.write_bytes(make_phantom(1024))
    page.goto("about:blank")  # Chromium's own start is not ours
    began = time.perf_counter()
    page.goto(address)
    uploader = page.get_by_test_id("stFileUploaderDropzoneInput")
    uploader.wait_for(state="attached")
    _tell("first page of a fresh server", time.perf_counter() - began)
    page.get_by_text("ready").wait_for()
    began = time.perf_counter()
    uploader.set_input_files(film)
    page.locator(".viewer[data-heat=true]").wait_for()
    _tell("film dropped to first map", time.perf_counter() - began)
    page.get_by_test_id("stProgress").wait_for(state="detached")
    _tell("film dropped to last map", time.perf_counter() - began)
    rows = page.locator(".findings tr[data-finding]")
    chosen, other = (rows.nth(place) for place in (0, 1))
    _choose(page, other)
    page.get_by_test_id("stProgress").wait_for(state="detached")
    page.wait_for_timeout(1000)
    clicks = []
    for number in range(_CLICKS):
        began = time.perf_counter()
        _choose(page, (chosen, other)[number % 2])
        clicks.append(time.perf_counter() - began)
        page.wait_for_timeout(300)
    _tell(f"click on a finding that has its map, median of {_CLICKS}", statistics.median(clicks))
    _measure_performance(page)


def _measure_performance(page) -> None:
    """The Performance page: until its curves are seen, and until another finding's are, each chosen the first time."""
    began = time.perf_counter()
    page.get_by_role("link", name="Performance").click()
    chart = page.locator(".st-key-roc .js-plotly-plot")
    chart.wait_for()
    _tell("Performance, first sight of its curves", time.perf_counter() - began)
    page.get_by_text("95% DeLong").first.wait_for()
    _tell("Performance, whole page", time.perf_counter() - began)
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
    _tell(f"Performance, another finding, median of {_CHOICES}", statistics.median(choices))


def _choose(page, row) -> None:
    finding = row.get_attribute("data-finding")
    row.click()
    page.locator(f".findings tr.chosen[data-finding='{finding}']").wait_for()


def _tell(what: str, seconds: float) -> None:
    print(f"{what:48}{seconds:7.2f} s", flush=True)


def _wait(address: str) -> None:
    for _ in range(240):
        try:
            urllib.request.urlopen(address, timeout=1)
            return
        except OSError:
            time.sleep(0.25)
    raise CxrError("The server did not start within a minute. Start it by hand (make run) to see why.")
