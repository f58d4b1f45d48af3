"""The README and the pages in docs/ say what is so."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from cxr_core.cli import app

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)#?([^)\s]*)\)")


def name(page: Path) -> str:
    return page.name


def commands(page: str) -> list[list[str]]:
    """The words after each `python -m cxr_core` of a page, in a block of code or in a sentence."""
    spans = [line.partition(" #")[0] for line in page.splitlines() if line.startswith("    ")]
    spans += [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", page)]
    return [shlex.split(span)[3:] for span in spans if span.strip().startswith("python -m cxr_core ")]


def options(command: object) -> set[str]:
    """The options of a command, or of a group with all that is below it."""
    below = getattr(command, "commands", {}).values()
    own = {option for one in command.params for option in (*one.opts, *one.secondary_opts) if option.startswith("-")}
    return own.union({"--help"}, *map(options, below))


@pytest.mark.parametrize(
    ("page", "printed_by"), [("README.md", "--markdown"), ("docs/figures.md", "--markdown-findings")]
)
def test_its_figures_are_those_of_the_cards(page: str, printed_by: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    told = text.partition("figures: ")[2].partition("-->\n")[2].partition("<!-- end of figures -->")[0]
    surroundings = {name: value for name, value in os.environ.items() if name != "CXR_WEIGHTS"}
    command = [sys.executable, "-m", "cxr_core", "models", printed_by]  # a process of its own, as its reader has
    printed = subprocess.run(command, cwd=ROOT, env=surroundings, capture_output=True, text=True, check=True).stdout
    assert told.strip() == printed.strip()


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_its_links_lead_somewhere(page: Path) -> None:
    for file, heading in LINK.findall(page.read_text("utf-8")):
        target = page.parent / file if file else page
        assert target.is_file(), file
        if heading:  # as GitHub names it
            heads = re.findall(r"^#+ (.+)$", target.read_text("utf-8"), re.MULTILINE)
            assert heading in {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}, heading


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_its_commands_are_there(page: Path) -> None:
    root = typer.main.get_command(app)
    text = page.read_text("utf-8")
    for words in commands(text):
        command, rest = root, words
        while hasattr(command, "commands"):
            if command.invoke_without_command and (not rest or rest[0].startswith("-")):
                break
            assert rest and rest[0] in command.commands, words
            command, rest = command.commands[rest[0]], rest[1:]
        assert {word.partition("=")[0] for word in rest if word.startswith("-")} <= options(command), words
    alone = re.findall(r"`(--[\w-]+)", text)  # in a sentence or a table, which need not say of which command
    assert set(alone) <= options(root)


def test_every_page_is_linked_from_the_readme_and_links_back() -> None:
    linked = {file for file, _ in LINK.findall(PAGES[0].read_text("utf-8"))}
    for page in PAGES[1:]:
        assert f"docs/{page.name}" in linked and "(../README.md" in page.read_text("utf-8"), page.name
