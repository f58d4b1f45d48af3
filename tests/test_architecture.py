"""The floors of the house hold: who may import whom."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted([*ROOT.glob("cxr_core/**/*.py"), *ROOT.glob("pages/**/*.py"), *ROOT.glob("app.py")])

# What a room of cxr_core may import of cxr_core, beside its own. A room that is not named here may import anything.
GROUND = {"errors", "findings", "folders", "geometry", "words"}
DATA = {"imaging", "datasets", "models.spec", "models.registry", "evaluation"}
MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "findings": set(),
    "folders": {"errors"},
    "geometry": set(),
    "words": set(),
    "imaging": GROUND | DATA,
    "datasets": GROUND | DATA,
    "evaluation": GROUND | DATA | {"models.card", "models.prediction"},
    "models": GROUND | DATA,
    "training": GROUND | DATA | {"models"},
    "explain": {"errors", "geometry"},
    "render": GROUND | DATA | {"explain", "models.prediction", "models.card"},
    "reading": GROUND | DATA | {"models", "explain", "render"},
    "similar": GROUND | DATA,
    "methods": GROUND | DATA | {"models", "explain"},
    "localising": GROUND | DATA | {"models", "explain", "methods"},
    "comparing": GROUND | DATA | {"models", "explain", "render", "reading", "methods"},
    "engines": GROUND | DATA | {"models", "reading"},
}


def place(path: Path) -> str:
    """The file's place in the house, dotted: `models.spec` for cxr_core/models/spec.py."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    parts = parts[1:] if parts[0] == "cxr_core" else parts
    return ".".join(part for part in parts if part != "__init__")


def imports(path: Path) -> set[str]:
    """Every module imported anywhere in a file, inside functions too, but not for type checking alone."""
    found: set[str] = set()

    def walk(node: ast.AST) -> None:
        if isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            return
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            found.update({node.module or ""} | {f"{node.module}.{alias.name}" for alias in node.names})
        for child in ast.iter_child_nodes(node):
            walk(child)

    walk(ast.parse(path.read_text(encoding="utf-8")))
    return found


def within(name: str, rooms: set[str]) -> bool:
    """Whether a dotted name is one of the rooms, or in one of them."""
    return any(name == room or name.startswith(room + ".") for room in rooms)


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_streamlit_stays_on_the_upper_floor(path: Path) -> None:
    if place(path) == "app" or within(place(path), {"pages", "ui"}):
        return
    assert not {name for name in imports(path) if within(name, {"streamlit"})}


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_backends_stay_in_models_and_training(path: Path) -> None:
    apart = {"bench.captum_side", "bench.peer_side"}  # they run in environments of their own
    if within(place(path), {"models", "training"} | apart):
        return
    assert not {name for name in imports(path) if within(name, {"tensorflow", "keras", "jax", "torch"})}


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_each_room_imports_only_what_stands_below_it(path: Path) -> None:
    room = place(path).split(".")[0]
    if room not in MAY_IMPORT or not named(path).startswith("cxr_core"):
        return
    # `from cxr_core.models import spec` gives both "models" and "models.spec": the longer names are what count
    of_ours = {name.removeprefix("cxr_core.") for name in imports(path) if name.startswith("cxr_core.")}
    longest = {name for name in of_ours if not any(other.startswith(name + ".") for other in of_ours)}
    above = {name for name in longest if not within(name, MAY_IMPORT[room] | {room})}
    assert not above, f"{named(path)} imports {', '.join(sorted(above))}"


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_no_room_is_a_drawer_for_everything(path: Path) -> None:
    assert not {"utils", "helpers", "common", "manager", "misc"} & set(place(path).split("."))


def test_pages_and_commands_open_without_tensorflow() -> None:
    code = (
        "import importlib, pkgutil, sys\n"
        "import cxr_core.reading, cxr_core.cli, cxr_core.ui, cxr_core.evaluation, cxr_core.render, cxr_core.explain\n"
        "for room in (cxr_core.ui, cxr_core.evaluation, cxr_core.render, cxr_core.explain):\n"
        "    for one in pkgutil.walk_packages(room.__path__, room.__name__ + '.'):\n"
        "        importlib.import_module(one.name)\n"
        "heavy = {'tensorflow', 'keras', 'jax', 'torch'} & set(sys.modules)\n"
        "sys.exit(f'imported: {heavy}' if heavy else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr


def test_the_dataset_page_opens_without_scipy() -> None:
    code = "import sys, cxr_core.ui.dataset.header; sys.exit('scipy was imported' if 'scipy' in sys.modules else 0)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
