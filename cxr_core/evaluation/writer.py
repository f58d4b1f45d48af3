"""Results onto disk: a part at a time, whole or not at all."""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from cxr_core.errors import ExportError, ResultsError
from cxr_core.evaluation.provenance import Provenance, to_metadata
from cxr_core.evaluation.results import Results, to_table

_GROUP = 8192  # films in a row group: some megabytes, so that memory stays flat and reading stays quick


class ResultsWriter:
    """Write results part by part; nothing is seen of the file before `finish`, and nothing is left of it without.

    with ResultsWriter(file) as writer:
        for scored in score_index(index, classifier):
            writer.write(scored.results)
        writer.finish(provenance)
    """

    def __init__(self, file: Path, *, overwrite: bool = False) -> None:
        """Begin; ResultsError when `file` is there and must stay, ExportError when it cannot be written."""
        refuse_existing(file, overwrite)
        self._file, self._overwrite = file, overwrite
        self._writer: pq.ParquetWriter | None = None
        self._waiting: list[pa.Table] = []
        self._images: list[str] = []
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            handle, draft = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
            os.close(handle)
        except OSError as problem:
            raise _unwritten(file, problem) from None
        self._draft = Path(draft)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._writer is not None:
            self._writer.close()
        self._draft.unlink(missing_ok=True)

    def __len__(self) -> int:
        """Films written so far."""
        return len(self._images)

    def write(self, part: Results) -> None:
        """Add some films.

        Raises
        ------
        ResultsError
            When a score is no number from 0 to 1: reading would refuse the file.
        """
        if not len(part):
            return
        for scores in (part.raw, part.probability):
            sound = ((scores >= 0) & (scores <= 1)).all(axis=1)  # NaN is neither
            if not sound.all():
                film = len(self._images) + int(np.argmin(sound)) + 1
                raise ResultsError(
                    f"{part.model_id} gave {int((~sound).sum()):,} of {len(part):,} films a score that is no number "
                    f"from 0 to 1, first film {film:,}. Nothing is stored: score them again, or leave these films out."
                )
        self._images.extend(part.films["image"])
        self._waiting.append(to_table(part))
        if sum(map(len, self._waiting)) >= _GROUP:
            self._flush()

    def finish(self, provenance: Provenance) -> Provenance:
        """Give the file its provenance, with the digest of the films that were written, and its name.

        Raises
        ------
        ResultsError
            When no film was written, or the file came to be while this one was written.
        ExportError
            When the disk is full, or writing is not allowed.
        """
        if not self._images:
            raise ResultsError("Not one film was scored: there is nothing to store.")
        digest = hashlib.sha256("\n".join(sorted(self._images)).encode()).hexdigest()
        provenance = replace(provenance, split_digest=digest)
        self._flush()
        try:
            assert self._writer is not None
            self._writer.add_key_value_metadata(to_metadata(provenance))
            self._writer.close()
            self._writer = None
            with self._draft.open("rb") as handle:
                os.fsync(handle.fileno())
            self._draft.chmod(0o644)
            if self._overwrite:
                self._draft.replace(self._file)
            else:
                os.link(self._draft, self._file)  # unlike a replacement it fails when another was quicker
        except FileExistsError:
            refuse_existing(self._file, overwrite=False)
        except OSError as problem:
            raise _unwritten(self._file, problem) from None
        return provenance

    def _flush(self) -> None:
        if not self._waiting:
            return
        table = pa.concat_tables(self._waiting)
        self._waiting = []
        try:
            if self._writer is None:
                self._writer = pq.ParquetWriter(self._draft, table.schema, compression="zstd")
            self._writer.write_table(table, row_group_size=_GROUP)
        except OSError as problem:
            raise _unwritten(self._file, problem) from None


def write_results(file: Path, results: Results, *, overwrite: bool = False) -> Provenance:
    """Write results at once; what `read_results` gives back is equal, but for the digest that their provenance gains.

    Raises
    ------
    ResultsError, ExportError
    """
    provenance = results.provenance or Provenance("imported", results.model_id, label_version=results.label_version)
    with ResultsWriter(file, overwrite=overwrite) as writer:
        writer.write(results)
        return writer.finish(provenance)


def refuse_existing(file: Path, overwrite: bool) -> None:
    """ResultsError when `file` is there and must stay."""
    if file.exists() and not overwrite:
        raise ResultsError(f"There are results of this name already: {file.name}. Choose another name, or add --force.")


def _unwritten(file: Path, problem: OSError) -> ExportError:
    return ExportError(
        f"Could not write {file}: {problem.strerror or type(problem).__name__}. Free some space or name another place."
    )
