"""A real browser reads a film, and asks nobody but the server."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from cxr_core.imaging.phantom import make_phantom

ROOT = Path(__file__).parents[2]
FLAGS = ("--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
         "--disable-component-update --disable-sync").split()


@pytest.fixture(scope="module")
def server(_tiny_folder: Path) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    shipped = (ROOT / "weights").is_dir() and any((ROOT / "weights").glob("*/model.safetensors"))
    surroundings = os.environ | ({} if shipped else {"CXR_WEIGHTS": str(_tiny_folder)})
    running = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)], cwd=ROOT, env=surroundings,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(120):
            try:
                urllib.request.urlopen(f"{address}/_stcore/health", timeout=1)
                break
            except OSError:
                time.sleep(0.25)
        yield address
    finally:
        running.terminate()
        running.wait(10)


@pytest.fixture
def page() -> Iterator[Page]:
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        yield browser.new_page(viewport={"width": 1440, "height": 900})
        browser.close()


def test_a_film_is_read_in_the_browser(server: str, page: Page, tmp_path: Path) -> None:
    asked: set[str] = set()
    page.on("request", lambda request: asked.add(request.url.split("/")[2]) if request.url.startswith("http") else None)
    page.goto(server)
    film = tmp_path / "IM0001"
    film.write_bytes(make_phantom(512))
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(film)
    expect(page.locator(".findings tr")).to_have_count(15, timeout=60_000)
    viewer = page.locator(".viewer[data-heat=true]")
    expect(viewer).to_be_visible(timeout=60_000)
    canvas = viewer.locator("canvas")
    before = canvas.screenshot()
    canvas.focus()
    page.keyboard.press("i")
    expect(page.get_by_role("button", name="Invert (i)")).to_have_attribute("aria-pressed", "true")
    assert canvas.screenshot() != before
    canvas.hover()
    page.mouse.wheel(0, -400)
    expect(viewer.locator(".read")).not_to_contain_text("zoom 1.4")
    page.locator(".findings tr[data-finding=Hernia]").click()
    expect(page.locator(".why")).to_contain_text("Why Hernia?", timeout=60_000)
    expect(page.locator(".viewer[data-steps='64']")).to_be_visible(timeout=60_000)
    expect(viewer.locator(".read")).not_to_contain_text("zoom 1.4")  # the zoom outlives the click
    expect(page.get_by_test_id("stException")).to_have_count(0)
    assert asked == {server.removeprefix("http://")}


def test_a_bad_file_leaves_the_app_alive(server: str, page: Page, tmp_path: Path) -> None:
    page.goto(server)
    bad = tmp_path / "film.dcm"
    bad.write_bytes(b"no film at all")
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(bad)
    expect(page.get_by_test_id("stAlert")).to_contain_text("no PNG, JPEG or DICOM", timeout=30_000)
    page.get_by_role("link", name="Models").click()
    expect(page.get_by_role("heading", name="Models")).to_be_visible(timeout=30_000)


@pytest.mark.realdata
def test_real_films_are_read_in_the_browser(server: str, page: Page, data_folder: Path, tmp_path: Path) -> None:
    """A DICOM with a spacing, then an NIH film with NIH's own box."""
    page.goto(server)
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(data_folder / "dicom" / "chest_pa_monochrome1_15bit_j2k.dcm")
    expect(page.locator(".chips")).to_contain_text("DICOM CR", timeout=60_000)
    expect(page.locator(".viewer canvas")).to_be_visible()
    page.goto(server)
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(first_boxed(data_folder))
    expect(page.locator(".viewer:not([data-reference='0'])")).to_be_visible(timeout=60_000)
    expect(page.get_by_role("button", name="NIH's own boxes")).to_be_visible()


def first_boxed(data_folder: Path) -> Path:
    from cxr_core.datasets.boxes import boxes_of

    return next(film for film in sorted((data_folder / "nih_download").rglob("*.png")) if boxes_of(film.name, 1024, 1024))
