"""Write TFRecords of any index: in shards, going on where it was killed, the same bytes for the same films."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from cxr_core.datasets.index import Index
from cxr_core.datasets.report import UnreadFilm
from cxr_core.datasets.tfrecords import COLUMNS, OWN, TABLE
from cxr_core.errors import DataError, FilmError
from cxr_core.findings import NIH15, NO_FINDING, parse_labels
from cxr_core.folders import make_folder
from cxr_core.imaging.prepare import prepare_pixels
from cxr_core.imaging.read import load_bytes, read_radiograph
from cxr_core.imaging.records import file_of

QUALITY = 95  # of the JPEGs
_NOTES = ".shards"  # one file a finished shard: what it was made of, and its sha256


@dataclass(frozen=True)
class Written:
    """What stands in the folder now: films in all, shards written and found whole, and the films left out."""

    films: int
    written: int
    verified: int
    left_out: tuple[UnreadFilm, ...]


def write_tfrecords(
    index: Index, out: Path, *, size: int = 600, shards: int = 256, on_films: Callable[[int], None] | None = None,
) -> Written:
    """Write an index as TFRecords of greyscale JPEGs, `size` px a side, and `preprocessed_data.csv` beside them.

    Films stand in the order of the index, in `shards` files that differ by one film at most. A finished shard is held
    against its digest and not written again; of a shard that was not finished nothing is left. `on_films` is told the
    films done so far.

    Raises
    ------
    DataError
        When there are no films, or `out` holds the TFRecords of other films, another size or another number of shards.
    ExportError
        When `out` cannot be made.
    """
    if not len(index):
        raise DataError("There are no films to write.")
    if not (16 <= size <= 4096 and shards >= 1):
        raise DataError(f"Films are written with 16 to 4096 px a side, in 1 shard or more, not {size} and {shards}.")
    make_folder(out)
    make_folder(out / _NOTES)
    classes = classes_of(index)
    parts = np.array_split(np.arange(len(index)), min(shards, len(index)))
    _same_plan(out, {"films": index.digest(), "size": size, "shards": len(parts), "classes": list(classes)})
    left_out: list[UnreadFilm] = []
    rows, written, done = [], 0, 0
    for number, places in enumerate(parts):
        part = index.take(places)
        made_of = _made_of(part, size)
        note = _read_note(out, number, made_of)
        if note is None:
            note = _write_shard(part, out, number, made_of, size, classes)
            written += 1
        left_out += [UnreadFilm(**one) for one in note["left_out"]]
        gone = {one["path"] for one in note["left_out"]}
        kept = part.where(~part.table["path"].isin(gone))
        rows.append(_rows(kept, note["file"], classes))
        done += len(places)
        if on_films:
            on_films(done)
    table = pd.concat(rows, ignore_index=True)
    _write_whole(out / TABLE, table.to_csv(index=False).encode())
    return Written(len(table), written, len(parts) - written, tuple(left_out))


def classes_of(index: Index) -> tuple[str, ...]:
    """NIH's 15 classes, or the index's own where it has others."""
    texts = index.table["labels"].unique()
    found = {name for text in texts for name in parse_labels(text)}
    if found <= set(NIH15):
        return NIH15
    return (*sorted(found), NO_FINDING) if any(not parse_labels(text) for text in texts) else tuple(sorted(found))


def _write_shard(part: Index, out: Path, number: int, made_of: str, size: int, classes: tuple[str, ...]) -> dict:
    import tensorflow as tf

    draft = out / f".{number:03d}.part"
    targets = part.targets(classes).astype(int)
    left_out, count = [], 0
    with tf.io.TFRecordWriter(str(draft)) as writer:
        for place, film in enumerate(_encoded(part, size)):
            if isinstance(film, str):
                left_out.append({"path": str(part.table["path"].iloc[place]), "reason": film})
                continue
            features = {"image": tf.train.Feature(bytes_list=tf.train.BytesList(value=[film]))}
            for name, value in zip(classes, targets[place].tolist(), strict=True):
                features[name] = tf.train.Feature(int64_list=tf.train.Int64List(value=[value]))
            example = tf.train.Example(features=tf.train.Features(feature=features))
            writer.write(example.SerializeToString(deterministic=True))  # else the order of the classes may differ
            count += 1
    for other in out.glob(f"{number:03d}-*.tfrec"):  # of films that could be read then and cannot now, or the other way
        other.unlink()
    file = out / f"{number:03d}-{count}.tfrec"
    draft.replace(file)
    note = {"file": file.name, "made_of": made_of, "sha256": _sha256(file), "left_out": left_out}
    _write_whole(_note(out, number), json.dumps(note).encode())
    return note


def _encoded(part: Index, size: int) -> Iterator[bytes | str]:
    """Each film as JPEG, or why it cannot be read; in order, some ahead."""
    def encode(path: str) -> bytes | str:
        try:
            film = read_radiograph(load_bytes(part.root / path))
        except FilmError as problem:
            return str(problem)
        grey = np.round(prepare_pixels(film.display(), size) * 255).astype(np.uint8)
        return cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1].tobytes()

    paths = part.table["path"].tolist()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for start in range(0, len(paths), 64):  # so that memory does not grow with the shard
            yield from pool.map(encode, paths[start:start + 64])


def _rows(kept: Index, file: str, classes: tuple[str, ...]) -> pd.DataFrame:
    """The table's rows of one shard."""
    own = [name for name in OWN if name in kept.table]
    table = kept.table[[*COLUMNS.values(), *own]].rename(columns={ours: theirs for theirs, ours in COLUMNS.items()})
    bits = pd.DataFrame(kept.targets(classes).astype(int), columns=list(classes), index=table.index)
    places = pd.DataFrame({"file": file, "record": range(len(table))}, index=table.index)
    return pd.concat([table, bits, places], axis=1)


def _made_of(part: Index, size: int) -> str:
    """sha256 over what a shard is made of: its rows, and each file's size and time of change."""
    digest = hashlib.sha256(f"{size} {QUALITY}".encode())
    for path, labels in zip(part.table["path"], part.table["labels"], strict=True):
        try:
            stat = file_of(part.root / path).stat()
            state = f"{stat.st_size} {stat.st_mtime_ns}"
        except OSError:
            state = "not there"
        digest.update(f"{path}\0{labels}\0{state}\n".encode())
    return digest.hexdigest()


def _same_plan(out: Path, plan: dict) -> None:
    path = out / _NOTES / "plan.json"
    if not path.is_file():
        _write_whole(path, json.dumps(plan).encode())
    elif path.read_bytes() != json.dumps(plan).encode():
        raise DataError(
            f"{out.name!r} holds TFRecords of other films, another size or number of shards. Name another folder."
        )


def _read_note(out: Path, number: int, made_of: str) -> dict | None:
    """What is known of a finished shard; None when it is not there, was made of something else, or is not whole."""
    try:
        note = json.loads(_note(out, number).read_bytes())
        whole = note["made_of"] == made_of and note["sha256"] == _sha256(out / note["file"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return note if whole else None


def _note(out: Path, number: int) -> Path:
    return out / _NOTES / f"{number:03d}.json"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write_whole(path: Path, data: bytes) -> None:
    draft = path.with_name(f".{path.name}.part")
    draft.write_bytes(data)
    draft.replace(path)
