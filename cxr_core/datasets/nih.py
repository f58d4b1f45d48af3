"""NIH ChestX-ray14 as downloaded: `images_0xx/images/*.png` or one folder, its table, its lists, its boxes.

The Kaggle 5% sample (`sample_labels.csv`, 5,606 films) is the same in small. Files may be gzipped, and none but the two
official lists and the list of boxes is known by its name.

References
----------
Wang et al., ChestX-ray8: Hospital-Scale Chest X-Ray Database and Benchmarks, CVPR 2017.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from cxr_core.datasets.box_cells import boxes_of
from cxr_core.datasets.index import Index
from cxr_core.datasets.nih_table import is_entries, read_entries
from cxr_core.datasets.own_table import read_table
from cxr_core.datasets.report import DataReport
from cxr_core.errors import DataError
from cxr_core.words import counted

LISTS = {"train_val": "train_val_list.txt", "test": "test_list.txt"}
_FILMS = (".png", ".jpg", ".jpeg")


def read_nih(root: Path, *, table: Path | None = None, need_films: bool = True) -> tuple[Index, DataReport]:
    """Read the films below `root` with their rows, boxes and official part.

    `split` is train_val or test by NIH's lists, and empty for a film in neither; `cxr_core.datasets.splits` makes
    train, val and test of it. A film is found by its name without ending, so that a resized copy as JPEG will do.

    Parameters
    ----------
    root : Path
        The folder of the download.
    table : Path, optional
        The label file to use; by default the one in `root`, the 2020 one where there are both.
    need_films : bool
        Leave out rows without a film. Without it they are kept, with an empty path: for the table's sake alone.

    Raises
    ------
    DataError
        When there is no label file, or it cannot be read.
    """
    remarks: list[str] = []
    entries, version = _choose(root, table, remarks)
    films, doubled = find_films(root)
    stems = entries["image"].str.rsplit(".", n=1).str[0]
    entries.insert(0, "path", stems.map(films).fillna(""))
    there = entries["path"] != ""
    missing = tuple(entries["image"][~there])
    strays = tuple(sorted(films.keys() - set(stems)))
    if need_films:
        entries = entries[there].reset_index(drop=True)
    entries["split"] = official_parts(root, entries["image"], remarks)
    entries["boxes"] = boxes_of(entries.get("boxes"), root, entries["image"], remarks)
    if doubled:
        remarks.append(f"{counted(doubled, 'film lies', 'films lie')} there more than once by name; the first is used.")
    return Index(root, entries, version), DataReport(missing, strays, tuple(remarks))


def find_tables(root: Path) -> list[Path]:
    """The label files in `root`, told by their header, in order of name."""
    return [path for path in sorted(root.glob("*.csv*")) if is_entries(path)]


def find_films(root: Path) -> tuple[dict[str, str], int]:
    """Every film below `root`: its relative path by its name without ending; and how many names were doubled."""
    films: dict[str, str] = {}
    doubled = 0
    for stem, path in film_files(root):
        doubled += stem in films
        films.setdefault(stem, path)
    return films, doubled


def film_files(root: Path) -> Iterator[tuple[str, str]]:
    """Every film below `root`, in order: its name without ending, and its relative path."""
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        below = os.path.relpath(folder, root)
        for name in sorted(names):
            stem, ending = os.path.splitext(name)
            if ending.lower() not in _FILMS or stem.startswith("."):
                continue
            yield stem, name if below == "." else f"{below}/{name}".replace(os.sep, "/")


def _choose(root: Path, table: Path | None, remarks: list[str]) -> tuple[pd.DataFrame, str]:
    """The label file to use: the one named, else the newest version of those found."""
    files = [table] if table else find_tables(root)
    if not files:
        raise DataError(
            f"No label file in {root.name!r}: none of its tables has the columns Image Index and Finding Labels. "
            "Download Data_Entry_2017_v2020.csv beside the images, or give the folder that holds it."
        )
    read = sorted(((read_entries(file), file) for file in files), key=lambda one: one[0].version, reverse=True)
    first, file = read[0]
    if len(read) > 1:
        remarks.append(
            f"{len(read)} label files: {file.name} ({first.version or 'version unknown'}) is used, not "
            f"{', '.join(other.name for _, other in read[1:])}."
        )
    remarks.extend(first.remarks)
    return first.table, first.version


def official_parts(root: Path, images: pd.Series, remarks: list[str]) -> pd.Series:
    """Each film's part by NIH's own lists; empty where it is in none."""
    parts = pd.Series("", index=images.index)
    listed: dict[str, set[str]] = {}
    for part, name in LISTS.items():
        file = _beside(root, name)
        if file is None:
            remarks.append(f"There is no {name}: no film is known as official {part}.")
            continue
        listed[part] = set(read_table(file, header=None, names=["image"], dtype=str)["image"].str.strip())
        parts[images.isin(listed[part])] = part
    both = listed.get("train_val", set()) & listed.get("test", set())
    if both:
        raise DataError(f"{len(both)} images stand in both official lists, {min(both)} for one. Download them again.")
    unlisted = int((parts == "").sum())
    if listed and unlisted:
        remarks.append(f"{counted(unlisted, 'film stands', 'films stand')} in no official list.")
    return parts


def _beside(root: Path, name: str) -> Path | None:
    """The file of this name in `root`, plain or gzipped."""
    return next((file for file in (root / name, root / f"{name}.gz") if file.is_file()), None)
