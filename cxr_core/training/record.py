"""What a run folder was begun with, in `recipe.toml`: the recipe with its overrides, and which films."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import tomli_w

from cxr_core.datasets.index import Index
from cxr_core.errors import TrainingError
from cxr_core.training.overrides import changes
from cxr_core.training.recipe import Recipe, Stage

FILE = "recipe.toml"
BEST = "best.weights.h5"  # of a finished run


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A draft beside `path` that becomes it once it is on the disk: killed before, a run has the file as it was."""
    draft = path.with_name(f".{path.name}")
    yield draft
    with draft.open("r+b") as file:
        os.fsync(file.fileno())
    draft.replace(path)


def write_recipe(run: Path, recipe: Recipe, index: Index | None = None) -> None:
    """Write `recipe.toml`; a field that is None is left out.

    `films` is the digest of the films' names, `rows` that of their parts and labels as well.
    """
    films = {"films": index.digest(), "rows": index.rows_digest()} if index is not None else {}
    with written_whole(run / FILE) as draft:
        draft.write_text(tomli_w.dumps(_without_none(films | asdict(recipe))), encoding="utf-8")


def read_recipe(run: Path) -> Recipe | None:
    """The recipe a run was begun with; None for a run that recorded none.

    A field that the file lacks has the value it has today, so that a run outlives a recipe that learns a new word.

    Raises
    ------
    TrainingError
        When the file is there and is no recipe.
    """
    return _read(run)[0]


def read_films(run: Path) -> str:
    """The digest of the films that a run was begun with; empty for a run that recorded none."""
    return _read(run)[1]


def _read(run: Path) -> tuple[Recipe | None, str, str]:
    """The recipe, and the digests of its films and of their rows; of a run of before they were noted "" each."""
    path = run / FILE
    if not path.is_file():
        return None, "", ""
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
        stages = tuple(Stage(**_known(Stage, stage)) for stage in found.pop("stages"))
        return Recipe(stages=stages, **_known(Recipe, found)), str(found.get("films", "")), str(found.get("rows", ""))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError, TypeError, AttributeError):
        raise TrainingError(f"{FILE} in {run.name!r} is no recipe. Begin the run anew in another folder.") from None


def check_same(run: Path, recipe: Recipe, index: Index | None = None) -> None:
    """Refuse to go on with a run under another recipe, or with other films, parts or labels, than it was begun with.

    A run that noted the films' names alone is held against these.

    Raises
    ------
    TrainingError
        When they differ; it names what does.
    """
    begun, films, rows = _read(run)
    if begun is not None and (different := changes(begun, recipe)):
        raise TrainingError(
            f"The run {run.name!r} was begun with another recipe: {', '.join(different)}. Resume it with the values it "
            "was begun with, or begin another run with --run."
        )
    if index is None:
        return
    other = "films" if films and films != index.digest() else ""
    if not other and rows and rows != index.rows_digest():
        other = "labels, or another split, of the same films"
    if other:
        raise TrainingError(
            f"The run {run.name!r} was begun with other {other}. Resume it with the --data that it was begun with, or "
            "begin another run with --run."
        )


def missing_epochs(run: Path, recipe: Recipe) -> int:
    """How many epochs of the recipe a run has not been through; 0 where it has no history to tell."""
    history = run / "history.csv"
    if not history.is_file():
        return 0
    with history.open(encoding="utf-8") as rows:
        return max(0, recipe.epochs - (sum(1 for row in rows if row.strip()) - 1))


def _known(kind: type, values: dict[str, Any]) -> dict[str, Any]:
    names = {field.name for field in fields(kind)}
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items() if name in names}


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_none(one) for key, one in value.items() if one is not None}
    return [_without_none(one) for one in value] if isinstance(value, list | tuple) else value
