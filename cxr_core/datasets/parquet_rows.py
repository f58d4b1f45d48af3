"""Somebody's Parquet file as the rows of a table: its plain columns, within limits."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cxr_core.errors import DataError

MAGIC = b"PAR1"
MOST_ROWS = 5_000_000
_MOST_CELLS = 2**27
_MOST_BYTES = 2**29  # of its words, each written out


def read_parquet_rows(name: str, content: bytes) -> tuple[pd.DataFrame, list[str]]:
    """The rows of a Parquet file, each column of words and numbers; and the columns of lists and structs, left out.

    Parameters
    ----------
    name : str
        What the file is called, for what is said of it.
    content : bytes

    Raises
    ------
    DataError
        When it is damaged, or has more rows than a table of films has.
    """
    try:
        with pq.ParquetFile(pa.BufferReader(content)) as file:
            plain = [one.name for one in file.schema_arrow if not pa.types.is_nested(one.type)]
            nested = [one.name for one in file.schema_arrow if pa.types.is_nested(one.type)]
            rows, size = file.metadata.num_rows, _unpacked(file)
        if rows > MOST_ROWS or rows * len(plain) > _MOST_CELLS or size > _MOST_BYTES:
            raise _too_large(name, f"{rows:,} rows of {len(plain):,} columns")
        with pq.ParquetFile(pa.BufferReader(content), read_dictionary=plain) as file:  # each word once, as it is stored
            table = file.read(columns=plain)
        if (size := sum(_written_out(column) for column in table.columns)) > _MOST_BYTES:
            raise _too_large(name, f"{size / 2**20:,.0f} MiB of words")
        words = [one.name for one in table.schema if pa.types.is_dictionary(one.type)]
        return table.to_pandas(ignore_metadata=True).astype(dict.fromkeys(words, object)), nested
    except (OSError, ValueError, KeyError, MemoryError, pa.ArrowException) as problem:
        raise DataError(
            f"{name} cannot be read as Parquet ({type(problem).__name__}): it is damaged, or was not written to its "
            "end. Save it again."
        ) from None


def _unpacked(file: pq.ParquetFile) -> int:
    """The bytes that a file claims to hold once it is unpacked."""
    return sum(file.metadata.row_group(number).total_byte_size for number in range(file.metadata.num_row_groups))


def _written_out(column: pa.ChunkedArray) -> int:
    """The bytes of a column of words that are stored once each: a few kB may name one long word a million times."""
    if not pa.types.is_dictionary(column.type):
        return 0
    lengths = (pc.take(pc.binary_length(chunk.dictionary), chunk.indices) for chunk in column.chunks)
    return sum(pc.sum(pc.cast(one, pa.int64())).as_py() or 0 for one in lengths)


def _too_large(name: str, what: str) -> DataError:
    return DataError(f"{name} claims {what}: a table of films is smaller. Leave out what is not needed.")
