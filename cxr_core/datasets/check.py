"""Whether a data set is whole: what is missing, broken or doubled, and which patients stand in two parts."""

from __future__ import annotations

import hashlib
import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from cxr_core.datasets.index import Index
from cxr_core.datasets.report import UnreadFilm
from cxr_core.datasets.sources import TITLES, Source
from cxr_core.datasets.splits import known_patients, shared_patients
from cxr_core.errors import FilmError
from cxr_core.findings import NO_FINDING, parse_labels
from cxr_core.imaging.read import load_bytes, read_radiograph

_AT_ONCE = 256  # films read ahead, so that memory does not grow with the set
_FILMS = (".png", ".jpg", ".jpeg")


@dataclass(frozen=True)
class Doubled:
    """Films that are the same: by name (`paths` of one image), or by their pixels. `parts` are those they stand in."""

    paths: tuple[str, ...]
    parts: tuple[str, ...]


@dataclass(frozen=True)
class DataCheck:
    """What a folder holds and what is wrong with it. Counts are of films; `sizes` are `width x height` in px."""

    folder: str
    kind: str
    title: str
    label_version: str
    films: int
    patients: int
    findings: dict[str, int]
    parts: dict[str, int]
    sizes: dict[str, int]
    missing_films: tuple[str, ...]
    films_without_row: tuple[str, ...]
    broken: tuple[UnreadFilm, ...]
    same_name: tuple[Doubled, ...]
    same_pixels: tuple[Doubled, ...]
    patients_in_two_parts: tuple[str, ...]
    remarks: tuple[str, ...]

    @property
    def is_broken(self) -> bool:
        return bool(self.broken)

    @property
    def advice(self) -> tuple[str, ...]:
        """What to do, one sentence for each kind of trouble."""
        said = []
        if self.broken:
            said.append("Fetch the broken films again: training stops at them, and evaluation leaves them out.")
        if self.missing_films:
            said.append("Rows without a film are left out. If the set should be whole, unpack what is missing.")
        if self.films_without_row:
            said.append("Films without a row are not used. Their label file is missing, or it is another version.")
        if self.same_name:
            said.append("Of films with one name the first is used. Delete the copies, or give a folder without them.")
        if any(len(one.parts) > 1 for one in self.same_pixels):
            said.append("The same pixels stand in two parts: figures on test are too good. Move them into one part.")
        if self.patients_in_two_parts:
            said.append("Patients stand in two parts: figures on test are too good for new patients. Split by patient.")
        return tuple(said)


def check_source(source: Source, on_film: Callable[[int, int], None] | None = None) -> DataCheck:
    """Read every film of a data set and hold it against its tables.

    Parameters
    ----------
    source : Source
        As `cxr_core.datasets.sources.open_source` gives it.
    on_film : callable, optional
        Told the films done and the films in all, after each.
    """
    index = source.index
    table = index.table
    broken: list[UnreadFilm] = []
    sizes: Counter[str] = Counter()
    by_pixels: dict[bytes, list[int]] = defaultdict(list)
    for place, outcome in enumerate(_read_all(index)):
        if isinstance(outcome, str):
            broken.append(UnreadFilm(table["path"].iloc[place], outcome))
        else:
            digest, size = outcome
            sizes[size] += 1
            by_pixels[digest].append(place)
        if on_film:
            on_film(place + 1, len(index))
    parts = table["split"].replace("val", "train")  # val is drawn from train: what they share is told of train and test
    shared = shared_patients(table.assign(split=parts))
    findings = Counter(name for text in table["labels"] for name in parse_labels(text) or (NO_FINDING,))
    return DataCheck(
        folder=str(index.root), kind=source.kind, title=TITLES[source.kind], label_version=index.label_version,
        films=len(index), patients=known_patients(table), findings=dict(sorted(findings.items())),
        parts={str(part) or "none": int(n) for part, n in table["split"].value_counts(sort=False).items()},
        sizes=dict(sizes.most_common()), missing_films=source.report.missing_films,
        films_without_row=source.report.films_without_row, broken=tuple(broken), same_name=_same_name(index.root),
        same_pixels=tuple(
            Doubled(tuple(table["path"].iloc[places]), tuple(sorted(set(parts.iloc[places]))))
            for places in by_pixels.values() if len(places) > 1
        ),
        patients_in_two_parts=tuple(map(str, shared.index)), remarks=source.report.remarks,
    )


def _read_all(index: Index) -> Iterator[tuple[bytes, str] | str]:
    """Each film's digest over its pixels and its size, or why it cannot be read; in order, a few ahead."""
    paths = index.table["path"].tolist()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for start in range(0, len(paths), _AT_ONCE):
            yield from pool.map(lambda path: _read(index.root / path), paths[start:start + _AT_ONCE])


def _read(path: Path) -> tuple[bytes, str] | str:
    try:
        film = read_radiograph(load_bytes(path))
    except FilmError as problem:
        return str(problem)
    size = f"{film.width} x {film.height}"
    return hashlib.sha256(size.encode() + film.pixels.tobytes()).digest(), size


def _same_name(root: Path) -> tuple[Doubled, ...]:
    """Films in several places below `root` under one name."""
    places: dict[str, list[str]] = defaultdict(list)
    for folder, folders, names in os.walk(root):
        folders.sort()
        for name in names:
            stem, ending = os.path.splitext(name)
            if ending.lower() in _FILMS:
                places[stem].append(Path(folder, name).relative_to(root).as_posix())
    return tuple(Doubled(tuple(sorted(paths)), ()) for _, paths in sorted(places.items()) if len(paths) > 1)
