"""The README says what is so."""

from __future__ import annotations

from pathlib import Path

import pytest

from cxr_core.cli import main

README = (Path(__file__).resolve().parents[1] / "README.md").read_text("utf-8")


def test_its_figures_are_those_of_the_cards(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CXR_WEIGHTS", raising=False)
    assert main(["models", "--markdown"]) == 0
    told = README.partition("figures: ")[2].partition("-->\n")[2].partition("<!-- end of figures -->")[0]
    assert told.strip() == capsys.readouterr().out.strip()
