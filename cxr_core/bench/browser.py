"""A fresh server of the app, and Chromium before it."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from cxr_core.errors import CxrError

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

_ROOT = Path(__file__).parents[2]
_FLAGS = ("--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
          "--disable-component-update --disable-sync").split()
_PATIENCE = 120_000  # ms


@contextmanager
def serve() -> Iterator[str]:
    """The address of a server that was started for this, and is stopped after it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)], cwd=_ROOT,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    try:
        _wait(f"http://127.0.0.1:{port}/_stcore/health")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(10)


def installed_chromium() -> str | None:
    """This machine's Chromium, if it runs: Ubuntu's package is a stub that may not. None is Playwright's own."""
    path = shutil.which("chromium")
    return path if path and subprocess.run([path, "--version"], capture_output=True).returncode == 0 else None


@contextmanager
def open_page() -> Iterator[Page]:
    """An empty page of 1440 x 900 in a browser of its own; Chromium's own start is over."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise CxrError("The pages are timed in Chromium by Playwright, which is not there. Run make setup.") from None
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=installed_chromium(), args=_FLAGS)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(_PATIENCE)
        page.goto("about:blank")
        yield page
        browser.close()


def uploader(page: Page) -> Locator:
    """Where a film is dropped."""
    dropzone = page.get_by_test_id("stFileUploaderDropzoneInput")
    dropzone.wait_for(state="attached")
    return dropzone


def choose(page: Page, row: Locator) -> float:
    """Click on a finding of the Read page; seconds until it is chosen."""
    finding, began = row.get_attribute("data-finding"), time.perf_counter()
    row.click()
    page.locator(f".findings tr.chosen[data-finding='{finding}']").wait_for()
    return time.perf_counter() - began


def tell(what: str, seconds: float) -> None:
    """Print a line."""
    print(f"{what:52}{seconds:7.2f} s", flush=True)


def _wait(address: str) -> None:
    for _ in range(240):
        try:
            urllib.request.urlopen(address, timeout=1)
            return
        except OSError:
            time.sleep(0.25)
    raise CxrError("The server did not start within a minute. Start it by hand (make run) to see why.")
