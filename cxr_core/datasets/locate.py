"""Where a film of stored results lies on this machine, if its data set is at hand."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from cxr_core.datasets.folder import data_folder
from cxr_core.datasets.nih_small import read_nih_small
from cxr_core.datasets.sources import kind_of, read_folder
from cxr_core.errors import DataError

MISSING = "The films are not at hand. Set CXR_DATA to the folder that holds nih/images.csv, or to NIH's own download."
_NIH_NAME = re.compile(r"\d{8}_\d{3}")  # no two of NIH's films share one; names of other data sets may mean others


@dataclass(frozen=True)
class FilmsAtHand:
    """The films below the data folder: NIH's by their name without ending, others by their path below their folder.

    Results of several data sets joined know films by their path with that folder's name: so are they found too.
    """

    by_name: dict[str, Path] = field(default_factory=dict)
    by_path: dict[str, Path] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.by_name) + len(self.by_path)

    def find(self, image: str, path: str = "") -> Path | None:
        """The file of a film that results know by this name and path; None where it is not at hand."""
        stem = Path(image).stem
        file = self.by_name.get(stem) if _NIH_NAME.fullmatch(stem) else self.by_path.get(path or image)
        return file if file is not None and file.is_file() else None


def films_at_hand(folder: Path | None = None) -> FilmsAtHand:
    """The films of the data sets in `folder` (default: `data_folder()`), or of the one that it is.

    A data set that cannot be read is left out: it is no reason not to find the others' films.
    """
    folder = folder or data_folder()
    found = FilmsAtHand()
    if not folder.is_dir():
        return found
    for root in (folder, *sorted(one for one in folder.iterdir() if one.is_dir())):
        kind = kind_of(root)
        if kind in (None, "tfrecords"):  # films within records have no file of their own to find
            continue
        try:
            index = read_nih_small(root) if kind == "nih_small" else read_folder(root).index
        except DataError:
            continue
        is_nih = kind in ("nih_small", "nih")
        top = root.resolve()
        for image, path in zip(index.table["image"].astype(str), index.table["path"].astype(str)):
            if not path or ".." in Path(path).parts or Path(path).is_absolute():
                continue
            if is_nih:
                found.by_name.setdefault(Path(image).stem, top / path)
            else:
                found.by_path.setdefault(path, top / path)
                found.by_path.setdefault(f"{top.name}/{path}", top / path)
    return found
