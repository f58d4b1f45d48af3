"""Each bench has a command, and what it is told reaches it."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest

from cxr_core.cli import main

INCEPTION = "inceptionv3-299-nih15"


@pytest.mark.parametrize(("line", "room", "told"), [
    ("", "attribution", (INCEPTION, None)),
    ("--captum a/python", "attribution", (INCEPTION, Path("a/python"))),
    ("pages", "pages", ()), ("compare", "compare_page", ()), ("trust", "trust", ()), ("dataset", "dataset", ()),
    ("films some/where", "films", (Path("some/where"),)),
    ("engines 20 --model resnet18-128-nih14", "engines", ("resnet18-128-nih14", 20)),
    ("ig --xplique x/python --rounds 2", "ig", (
        INCEPTION, {"captum": None, "saliency": None, "saliency_compiled": None, "xplique": Path("x/python"),
                    "alibi": None}, None, 2)),
])
def test_a_command_begins_its_bench(
    line: str, room: str, told: tuple[Any, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = []
    monkeypatch.setattr(importlib.import_module(f"cxr_core.bench.{room}"), "main", lambda *given: heard.append(given))
    assert main(["bench", *line.split()]) == 0
    assert heard == [told]


@pytest.mark.parametrize(("line", "said"), [
    ("nothing", "No such command"), ("engines 2", "10"), ("films", "Missing argument"),
    ("--captum a/python ig", "come after its name"), ("--model nothing", "nothing"),
])
def test_what_cannot_be_timed_is_refused_in_words(line: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", *line.split()]) == 2
    assert said in capsys.readouterr().err
