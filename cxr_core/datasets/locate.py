"""Where a film of stored results lies on this machine, if its data set is at hand."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from cxr_core.datasets.folder import data_folder
from cxr_core.datasets.index import Index
from cxr_core.datasets.nih_small import read_nih_small
from cxr_core.datasets.sources import kind_of, named_as_nih, open_source, read_folder
from cxr_core.errors import DataError
from cxr_core.imaging.records import ENDING, file_of

MISSING = "The films are not at hand. Set CXR_DATA to the folder that holds nih/images.csv, or to NIH's own download."
_NIH = ("nih_small", "nih", "nih_tfrecords")  # kinds whose films have NIH's own names
_NIH_NAME = re.compile(r"\d{8}_\d{3}")  # no two of NIH's films share one; names of other data sets may mean others


@dataclass(frozen=True)
class FilmsAtHand:
    """The films below the data folder: NIH's by their name without ending, others by their path below their folder.

    The path of a film within TFRecords is its file and the byte where its record begins, which `load_bytes` knows.
    Results of several data sets joined know films by their path with that folder's name: `by_joined`.
    """

    by_name: dict[str, Path] = field(default_factory=dict)
    by_path: dict[str, Path] = field(default_factory=dict)
    by_joined: dict[str, Path] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.by_name) + len(self.by_path)

    def find(self, image: str, path: str = "") -> Path | None:
        """The path of a film that results know by this name and path; None where it is not at hand."""
        stem = Path(image).stem
        own = path or image
        file = self.by_name.get(stem) if _NIH_NAME.fullmatch(stem) else self.by_path.get(own, self.by_joined.get(own))
        return file if file is not None and file_of(file).is_file() else None


def films_at_hand(folder: Path | None = None, films: Path | None = None) -> FilmsAtHand:
    """The films of the data sets in `folder` (default: `data_folder()`), or of the one that it is.

    `folder` may be somebody's table as well, whose films lie in the folder `films`, or beside it. A data set that
    cannot be read is left out: it is no reason not to find the others' films.
    """
    folder = folder or data_folder()
    found = FilmsAtHand()
    if folder.is_file():
        try:
            source = open_source(films, table=folder) if films else open_source(folder)
        except DataError:
            return found
        _add(found, source.index.root, _Named.of(source.index, source.kind))
        return found
    if not folder.is_dir():
        return found
    for root in (folder, *sorted(one for one in folder.iterdir() if one.is_dir())):
        kind = kind_of(root)
        if kind is None:
            continue
        try:
            films = _in_records(root, _stamp(root)) if kind == "tfrecords" else _in_files(root, kind)
        except DataError:
            continue
        _add(found, root, films)
    return found


def _add(found: FilmsAtHand, root: Path, films: _Named) -> None:
    """The films of one more data set, which lies in `root`."""
    top = root.resolve()
    for image, path in films.names:
        if not path or ".." in Path(path).parts or Path(path).is_absolute():
            continue
        if films.of_nih:
            found.by_name.setdefault(Path(image).stem, top / path)
        else:
            found.by_path.setdefault(path, top / path)
            found.by_joined.setdefault(f"{top.name}/{path}", top / path)


@dataclass(frozen=True)
class _Named:
    """The image and the path of each film of a data set, and whether they are NIH's own."""

    names: tuple[tuple[str, str], ...]
    of_nih: bool

    @classmethod
    def of(cls, index: Index, kind: str) -> _Named:
        table = index.table
        of_nih = kind in _NIH or kind == "table" and named_as_nih(table["image"], table["patient"])
        return cls(tuple(zip(table["image"].astype(str), table["path"].astype(str), strict=True)), of_nih)


def _in_files(root: Path, kind: str) -> _Named:
    return _Named.of(read_nih_small(root) if kind == "nih_small" else read_folder(root).index, kind)


@lru_cache(maxsize=2)
def _in_records(root: Path, stamp: tuple) -> _Named:
    """Read once until a file changes: a set whose table does not say which record is whose is read to its last byte."""
    source = read_folder(root)
    return _Named.of(source.index, source.kind)


def _stamp(root: Path) -> tuple[tuple[str, int, int], ...]:
    """What changes when a file of a folder does."""
    files = ((file.name, file.stat()) for file in sorted(root.iterdir()) if file.suffix in (ENDING, ".csv", ".gz"))
    return tuple((name, told.st_mtime_ns, told.st_size) for name, told in files)
