"""The README says what is so."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_its_figures_are_those_of_the_cards() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    told = readme.partition("figures: ")[2].partition("-->\n")[2].partition("<!-- end of figures -->")[0]
    surroundings = {name: value for name, value in os.environ.items() if name != "CXR_WEIGHTS"}
    command = [sys.executable, "-m", "cxr_core", "models", "--markdown"]  # a process of its own, as its reader has
    printed = subprocess.run(command, cwd=ROOT, env=surroundings, capture_output=True, text=True, check=True).stdout
    assert told.strip() == printed.strip()
