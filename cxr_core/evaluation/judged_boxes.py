"""Judged boxes as they are kept: how each method's map lies on each box that a reader drew, and drafts of them."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from cxr_core.errors import DataError
from cxr_core.evaluation.localisation import CONTROLS, MEASURES, THRESHOLDS, Localisation
from cxr_core.folders import user_folder

FILE = "boxes.parquet"
_ABOUT = b"hilum"  # the key of the file's metadata


@dataclass(frozen=True)
class Judged:
    """How one method's map lies on one drawn box. `box` counts the boxes of the film; see `evaluation.localisation`."""

    image: str
    patient: str
    box: int
    finding: str
    method: str
    iobb: float
    iou: float
    pointed: bool


def stored_boxes(model_id: str, weights: Path, digest: str = "") -> Path | None:
    """The judged boxes of a model: the user's own, else those shipped with its weights; None where there are none.

    Those that judge the weights of this digest come first: an old file of the user's must not hide a shipped one.
    """
    own, shipped = user_folder("boxes") / f"{model_id}.parquet", weights / model_id / FILE
    there = [file for file in (own, shipped) if file.is_file()]
    of_these = [file for file in there if digest and _about(file).get("digest") == digest]
    return next(iter([*of_these, *there]), None)


@dataclass(frozen=True)
class JudgedBoxes:
    """Stored boxes: whose maps they judge (`digest` of the weights), on which films, when (`date`, ISO 8601, UTC, empty
    in files from before it was written down); `Judged`'s fields as columns."""

    model: str
    digest: str
    films: str
    table: pd.DataFrame
    date: str = ""


def read_boxes(file: Path) -> JudgedBoxes:
    """Judged boxes from their file; DataError when it is none, or lacks a column."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    again = "Judge them again: python -m cxr_core evaluate-boxes"
    try:
        held, about = pq.read_table(file), _about(file)
    except (OSError, ValueError, pa.ArrowException) as problem:
        raise DataError(f"The judged boxes of {file.stem} are no Parquet file that can be read. {again}.") from problem
    columns = [one.name for one in fields(Judged)]
    if missing := sorted(set(columns) - set(held.column_names)):
        raise DataError(f"The judged boxes of {file.stem} lack the columns {', '.join(missing)}. {again}.")
    table = held.select(columns).to_pandas()
    overlaps = table[["iobb", "iou"]]
    if not len(table) or not all(pd.api.types.is_numeric_dtype(kind) for kind in overlaps.dtypes) or (
        not overlaps.stack().between(0, 1).all()
    ):
        raise DataError(
            f"The judged boxes of {file.stem} hold no box, or an overlap that is none from 0 to 1. {again}."
        )
    return JudgedBoxes(about.get("model", ""), about.get("digest", ""), about.get("films", ""), table,
                       about.get("date", ""))


def measure(table: pd.DataFrame, *, replicates: int = 1000) -> Localisation:
    """Hit rates of judged boxes, a row each of `Judged`'s fields."""
    hits = np.concatenate([
        *([(table[name].to_numpy() > at)[:, None] for name in ("iobb", "iou") for at in THRESHOLDS]),
        table["pointed"].to_numpy(bool)[:, None],
    ], axis=1).astype(float)
    assert hits.shape[1] == len(MEASURES)
    return Localisation.of(*(table[name].to_numpy() for name in ("finding", "method", "patient")), hits,
                           replicates=replicates)


def _about(file: Path) -> dict[str, str]:
    """What the file's metadata says; nothing where it cannot be read."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        told = json.loads((pq.read_schema(file).metadata or {}).get(_ABOUT, b"{}"))
    except (OSError, ValueError, pa.ArrowException):
        return {}
    return {key: value for key, value in told.items() if isinstance(value, str)} if isinstance(told, dict) else {}


class Draft:
    """Judged boxes on their way to a file: what is there when a run is killed is not judged again.

    The draft stands beside `file`, one line of JSON a box, under a first line that names model and weights. What a
    finished `file` holds of these weights is there from the start: another method is added to it.
    """

    def __init__(self, file: Path, model_id: str, digest: str) -> None:
        self._file, self._about = file, {"model": model_id, "digest": digest}
        self._draft = file.with_suffix(".draft.jsonl")
        self._rows = {_key(one): one for one in _finished(file, digest)}
        self._finished = {one.method for one in self._rows.values()}
        first, *lines = [*(self._draft.read_text().splitlines() if self._draft.is_file() else []), ""]
        if first == json.dumps(self._about):
            for line in lines:
                try:
                    one = Judged(**json.loads(line))
                    self._rows[_key(one)] = one
                except (ValueError, TypeError):  # the last line of a run that was killed while it wrote
                    break
        file.parent.mkdir(parents=True, exist_ok=True)
        anew = self._draft.with_suffix(".new")  # a run that is killed right here loses nothing
        anew.write_text("".join(f"{json.dumps(one)}\n" for one in [self._about, *map(asdict, self._rows.values())]))
        anew.replace(self._draft)

    @property
    def done(self) -> frozenset[tuple[str, int, str]]:
        return frozenset(self._rows)

    def add(self, judged: list[Judged]) -> None:
        self._rows |= {_key(one): one for one in judged}
        with self._draft.open("a") as draft:
            draft.writelines(f"{json.dumps(asdict(one))}\n" for one in judged)

    def finish(self, films: str, images: Collection[str], methods: Collection[str]) -> pd.DataFrame:
        """Write the Parquet file, with what it is of in its metadata, and take the draft away.

        `films` says which films `images` are. A draft may hold others, and other methods, of an earlier command. Those
        of a finished file stay if they are judged on every box of these films.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        asked, wanted = {*CONTROLS, *methods}, frozenset(images)
        rows = [one for one in self._rows.values() if one.image in wanted and one.method in asked | self._finished]
        boxes = {(one.image, one.box) for one in rows}
        whole = {name for name in self._finished if all((*box, name) in self._rows for box in boxes)}
        table = pd.DataFrame([asdict(one) for one in rows if one.method in asked | whole])
        if table.empty:
            raise DataError("No film has a box of a finding that this model knows: there is nothing to judge.")
        held = pa.Table.from_pandas(table, preserve_index=False)
        about = json.dumps(self._about | {"films": films, "date": datetime.now(UTC).strftime("%Y-%m-%d")}).encode()
        pq.write_table(held.replace_schema_metadata({_ABOUT: about}), self._file)
        self._draft.unlink()
        return table


def _key(one: Judged) -> tuple[str, int, str]:
    return one.image, one.box, one.method


def _finished(file: Path, digest: str) -> list[Judged]:
    """What a finished file holds, if it judges these weights and can be read."""
    try:
        held = read_boxes(file)
    except DataError:
        return []
    return [Judged(**row) for row in held.table.to_dict("records")] if held.digest == digest else []
