"""Where what a user brings is kept: outside the repository, which holds only what ships."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cxr_core.errors import ExportError


def user_folder(kind: str) -> Path:
    """The user's own folder for one kind of thing ("weights", "results"); it need not exist yet.

    `CXR_HOME` names the folder above it; without that it is `hilum` below `XDG_DATA_HOME`, or below `~/.local/share`
    (XDG Base Directory Specification 0.8).
    """
    given = os.environ.get("CXR_HOME")
    if given:
        return Path(given) / kind
    shared = os.environ.get("XDG_DATA_HOME")
    # the specification: a path that is not absolute counts as none
    above = Path(shared) if shared and Path(shared).is_absolute() else Path.home() / ".local" / "share"
    return above / "hilum" / kind


def make_folder(folder: Path) -> None:
    """Make a folder that is to be written to, and those above it; one that is there will do.

    Raises
    ------
    ExportError
        When something else is there, or the place does not allow it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        why = problem.strerror or type(problem).__name__
        raise ExportError(f"Could not make the folder {folder}: {why}. Name another place.") from None


@contextmanager
def open_store(file: Path, table: str, broken: Callable[[Exception], Exception]) -> Iterator[sqlite3.Connection]:
    """A SQLite file of the user's with this table, in one transaction; what goes wrong is raised as `broken` words it.

    Several servers may share it, and wait for each other up to 5 s.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        store = sqlite3.connect(file, timeout=5)
    except (OSError, sqlite3.Error) as problem:
        raise broken(problem) from None
    try:
        with store:
            store.execute(table)
            yield store
    except sqlite3.Error as problem:
        raise broken(problem) from None
    finally:
        store.close()
