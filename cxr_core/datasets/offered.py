"""The data sets that lie in a folder, to be offered without being asked for."""

from __future__ import annotations

import hashlib
import os
from itertools import islice
from pathlib import Path

from cxr_core.datasets.sources import kind_of

_KNOWN = ("nih", "nih_download", "coronahack", "covid")  # names that say on every server what they hold
_MOST_FOLDERS = 100
_MOST_ENTRIES = 2000  # a folder of more is one of films: to look through it for a table takes too long


def found_below(folder: Path) -> dict[str, Path]:
    """The folder itself, as `data`, and the data sets in it: those of known names first, then the others by name.

    Of the others the first hundred folders of up to 2,000 entries are looked into. They go by `sign_of` their names.
    """
    offered = {}
    for name, path in (("data", folder), *((name, folder / name) for name in _KNOWN)):
        if _is_set(path):
            offered[name] = path
    others = sorted(name for name in _folders_in(folder) if name not in _KNOWN)[:_MOST_FOLDERS]
    for name in others:
        if _is_small(folder / name) and _is_set(folder / name):
            offered[sign_of(name)] = folder / name
    return offered


def sign_of(name: str) -> str:
    """What a folder goes by in an address: its name may be a person's, of any length, or mean something else there."""
    return f"set-{hashlib.sha256(os.fsencode(name)).hexdigest()[:8]}"


def is_sign(name: str) -> bool:
    """Whether a data set goes by such a sign: on another server the same one may hold other films."""
    return name.startswith("set-")


def _is_set(path: Path) -> bool:
    try:
        return path.is_dir() and kind_of(path) is not None
    except OSError:
        return False  # a folder that may not be read is not offered


def _folders_in(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return [one.name for one in islice(entries, _MOST_ENTRIES) if one.is_dir() and not one.name.startswith(".")]
    except OSError:
        return []


def _is_small(folder: Path) -> bool:
    try:
        with os.scandir(folder) as entries:
            return sum(1 for _ in islice(entries, _MOST_ENTRIES + 1)) <= _MOST_ENTRIES
    except OSError:
        return False
