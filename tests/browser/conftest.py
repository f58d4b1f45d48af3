"""A live server and a real browser."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from cxr_core.bench.browser import installed_chromium
from cxr_core.evaluation.provenance import Provenance
from cxr_core.evaluation.results import ABOUT, Results
from cxr_core.evaluation.writer import write_results
from cxr_core.findings import COVID3

ROOT = Path(__file__).parents[2]
START = 180.0  # s until a server must answer: four processes of the tests may all be starting one
expect.set_options(timeout=60_000)  # ms, where a test names no wait: Playwright's own 5 s are few on a busy machine
FLAGS = ("--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
         "--disable-component-update --disable-sync").split()


@pytest.fixture(scope="session")
def server(_tiny_folder: Path) -> Iterator[str]:
    """The app as it ships, for all tests of this process: each has a session of its own, and models load once."""
    shipped = (ROOT / "weights").is_dir() and any((ROOT / "weights").glob("*/model.safetensors"))
    surroundings = os.environ | ({} if shipped else {"CXR_WEIGHTS": str(_tiny_folder)})
    with _served(["-m", "streamlit", "run", "app.py", "--server.port"], surroundings) as address:
        yield address


@pytest.fixture(scope="module")
def clinical_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app with a tiny clinical model for its only one."""
    import tiny_training

    weights = tmp_path_factory.mktemp("clinical")
    tiny_training.write_clinical_weights(weights)
    with _served([str(Path(__file__).with_name("clinical_room.py")), str(weights)], os.environ.copy()) as address:
        yield address


@pytest.fixture(scope="module")
def classes_home(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Surroundings without a model, with somebody's results of three classes: one film in four is called the next."""
    home = tmp_path_factory.mktemp("theirs")
    true = np.arange(60) % 3
    called = np.where(np.arange(60) % 4 == 0, (true + 1) % 3, true)
    scores = np.eye(3)[called] * 0.6 + 0.1
    films = pd.DataFrame({name: "" for name in ABOUT}, index=range(60)).assign(
        subset="clinic", image=[f"{n}.png" for n in range(60)], patient=[f"p{n}" for n in range(60)], age=np.nan,
        source_width=np.nan,
    )
    (home / "results").mkdir()
    write_results(home / "results" / "theirs.parquet", Results(
        "theirs", COVID3, "none", films, np.eye(3)[true], scores, scores, Provenance("imported", "theirs", "ab" * 32),
    ))
    return os.environ | {"CXR_HOME": str(home), "CXR_WEIGHTS": str(home / "none")}


@pytest.fixture(scope="module")
def classes_server(classes_home: dict[str, str]) -> Iterator[str]:
    """The app in those surroundings."""
    with _served(["-m", "streamlit", "run", "app.py", "--server.port"], classes_home) as address:
        yield address


@pytest.fixture(scope="session")
def serve() -> Callable[[list[str], dict[str, str]], AbstractContextManager[str]]:
    """Runs a command that takes a port last, in surroundings of a test's own, and gives the app's address."""
    return _served


@contextmanager
def _served(command: list[str], surroundings: dict[str, str]) -> Iterator[str]:
    """Run a Python command that takes a port last, until the app answers there."""
    for _ in range(3):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        running = subprocess.Popen(
            [sys.executable, *command, str(port)], cwd=ROOT, env=surroundings,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        address = f"http://127.0.0.1:{port}"
        try:
            if _answers(address, running):
                yield address
                return
        finally:
            _end(running)
    raise AssertionError(f"no server began: {command}")


def _answers(address: str, running: subprocess.Popen) -> bool:
    """Whether the app came to answer there; not if the process ended, as where another took its port meanwhile."""
    until = time.monotonic() + START
    while time.monotonic() < until and running.poll() is None:
        try:
            urllib.request.urlopen(f"{address}/_stcore/health", timeout=5)
            return running.poll() is None
        except OSError:
            time.sleep(0.25)
    return False


def _end(running: subprocess.Popen) -> None:
    """End a server; one that is in the middle of a long computation may not hear of it for a while."""
    running.terminate()
    try:
        running.wait(30)
    except subprocess.TimeoutExpired:
        running.kill()
        running.wait()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as play:
        launched = play.chromium.launch(executable_path=installed_chromium(), args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    fresh = browser.new_page(viewport={"width": 1440, "height": 900})
    fresh.set_default_timeout(180_000)
    yield fresh
    fresh.close()
