"""Rows as they come, into CSV, JSON or Parquet: no more than some thousand are ever held."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterable
from typing import Any, BinaryIO, Protocol, Self, TextIO

import pyarrow as pa
import pyarrow.parquet as pq

from cxr_core.cli.output import to_json
from cxr_core.engines.films import Row
from cxr_core.models.card import Card, shortcut_audit
from cxr_core.models.clinical import GROUPS
from cxr_core.models.prediction import Score
from cxr_core.models.spec import ModelSpec

_GROUP = 8192  # rows in a row group


class Rows(Protocol):
    """Where rows go."""

    def write(self, rows: Iterable[Row]) -> None: ...

    def close(self) -> None: ...


class CsvRows:
    """CSV, the probabilities in full precision, empty where a film was not scored.

    Of a clinical model also what it was told, empty where that was unknown.
    """

    def __init__(self, out: TextIO | BinaryIO, spec: ModelSpec) -> None:
        self._out, self._spec, self._header = out, spec, columns(spec)

    def write(self, rows: Iterable[Row]) -> None:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        if self._header:
            writer.writerow(self._header)
            self._header = ()
        writer.writerows(["" if cell is None else cell for cell in cells(row, self._spec)] for row in rows)
        self._out.write(text.getvalue() if isinstance(self._out, io.TextIOBase) else text.getvalue().encode())

    def close(self) -> None:
        self.write(())  # the header, where there was no row


class JsonRows:
    """A JSON list on stdout: the columns of the CSV, then what they are held against."""

    def __init__(self, spec: ModelSpec, card: Card) -> None:
        self._out, self._spec, self._card, self._first = sys.stdout, spec, card, True

    def write(self, rows: Iterable[Row]) -> None:
        for row in rows:
            said = to_json(to_object(row, self._spec, self._card)).replace("\n", "\n  ")
            self._out.write(f"{'[' if self._first else ','}\n  {said}")
            self._first = False

    def close(self) -> None:
        self._out.write("[]\n" if self._first else "\n]\n")


class ParquetRows:
    """Parquet: the columns of the CSV, null where it is empty; the weights' sha256 among the file's metadata."""

    def __init__(self, out: BinaryIO, spec: ModelSpec, card: Card) -> None:
        texts = {"file", "status", "reason", "model", "sex", "view", "history"}
        fields = [(name, pa.string() if name in texts else pa.float64()) for name in columns(spec)]
        self._schema = pa.schema(fields, metadata={"digest": card.weights.sha256})
        self._spec, self._waiting = spec, []
        self._writer = pq.ParquetWriter(out, self._schema, compression="zstd")

    def write(self, rows: Iterable[Row]) -> None:
        self._waiting += [[None if cell == "" else cell for cell in cells(row, self._spec)] for row in rows]
        while len(self._waiting) >= _GROUP:
            self._flush()

    def close(self) -> None:
        if self._waiting:
            self._flush()
        self._writer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._writer.close()  # of a file that is given up: the writer must not outlive it

    def _flush(self) -> None:
        group, self._waiting = self._waiting[:_GROUP], self._waiting[_GROUP:]
        filled = zip(zip(*group, strict=True), self._schema.types, strict=True)
        arrays = [pa.array(column, kind) for column, kind in filled]
        self._writer.write_table(pa.table(arrays, self._schema), row_group_size=_GROUP)


def columns(spec: ModelSpec) -> tuple[str, ...]:
    """The columns of a model's rows."""
    return ("file", "status", "reason", "model", *spec.findings, *(GROUPS if spec.clinical else ()))


def cells(row: Row, spec: ModelSpec) -> list[Any]:
    """A row's values in the order of `columns`, None where a film was not scored."""
    told = [""] * len(GROUPS) if row.clinical is None else row.clinical.cells()
    scores = [score.probability for score in row.scores] or [None] * len(spec.findings)
    return [row.file, row.status, row.reason, spec.id, *scores, *(told if spec.clinical else ())]


def to_object(row: Row, spec: ModelSpec, card: Card) -> dict[str, Any]:
    """The row as a JSON object."""
    probabilities = {score.finding: score.probability for score in row.scores} or dict.fromkeys(spec.findings)
    return {
        "file": row.file, "status": row.status, "reason": row.reason, "model": spec.id, **probabilities,
        "scored_anyway": row.scored_anyway,
        "digest": card.weights.sha256,
        "operating_points": {score.finding: score.operating_point for score in row.scores},
        **own_points_of(row.scores),
        "unsure": {score.finding: score.unsure and list(score.unsure) for score in row.scores},
        "calls": {score.finding: score.call for score in row.scores},
        **({"clinical": row.clinical.to_object()} if row.clinical else {}),
        **audit_of(spec, card),
    }


def audit_of(spec: ModelSpec, card: Card) -> dict[str, str]:
    """The shortcut audit in a line, or that there is none, of a model with exclusive classes; nothing of others."""
    audit = shortcut_audit(spec, card)
    return {} if audit is None else {"audit": audit.in_words}


def own_points_of(scores: Iterable[Score]) -> dict[str, dict[str, str]]:
    """Which operating points are a reader's own, and whose; nothing where all are the card's."""
    own = {score.finding: score.own.in_words for score in scores if score.own is not None}
    return {"own_operating_points": own} if own else {}
