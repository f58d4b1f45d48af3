"""How results leave: whole files or none, plain JSON on stdout, progress on stderr."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedWriter, FileIO
from pathlib import Path
from typing import Any, BinaryIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from cxr_core.errors import ExportError
from cxr_core.evaluation.json_values import without_nan


def write_whole(path: Path, data: bytes) -> None:
    """Write `data` to `path` at once: a reader finds the old file or the new one, never a part.

    Raises
    ------
    ExportError
        When the disk is full, the folder is missing, or writing is not allowed.
    """
    with whole_file(path) as handle:
        handle.write(data)


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A draft to be written to; it becomes `path` when all went well, and is gone when anything did not.

    Raises
    ------
    ExportError
        When the disk is full, the folder is missing, or writing is not allowed. What else goes wrong while it is open,
        a broken pipe for one, is no fault of this file and goes by as it is.
    """
    with _writing(path):
        number, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    draft = Path(name)
    try:
        with BufferedWriter(_Draft(number, path)) as handle:
            yield handle
            handle.flush()
            with _writing(path):
                os.fsync(number)
        with _writing(path):
            draft.chmod(0o666 & ~_umask())
            draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


class _Draft(FileIO):
    """An open file whose own trouble names the file that it is to become."""

    def __init__(self, number: int, path: Path) -> None:
        super().__init__(number, "wb")
        self._path = path

    def write(self, data: bytes | memoryview) -> int:
        with _writing(self._path):
            return super().write(data)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as problem:
        why = problem.strerror or "the system does not say why"
        raise ExportError(f"Could not write {path}: {why}. Free some space or name another file.") from None


def print_json(value: Any) -> None:
    """Print one JSON value on stdout; a number that is none (NaN, infinite) becomes null."""
    print(to_json(value))


def to_json(value: Any) -> str:
    """A JSON value as text; a number that is none (NaN, infinite) becomes null."""
    return json.dumps(without_nan(value), indent=2, ensure_ascii=False, allow_nan=False)


def progress_bar() -> Progress:
    """A progress bar on stderr, gone when done."""
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
        console=Console(file=sys.stderr), transient=True,
    )


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
