"""A data set as counts: small enough to ship, to filter in a moment, and to hold no film and no patient's number."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from cxr_core.datasets.index import Index
from cxr_core.errors import DataError
from cxr_core.findings import NIH14

SHIPPED = Path(__file__).parent / "nih_summary.parquet"
BAND = 5  # years of an age band
MANY = 20  # follow-ups from here on count as one
UNKNOWN = -1
_TRAITS = ["findings", "age", "sex", "view", "follow_up", "split", "boxed"]


@dataclass(frozen=True)
class Summary:
    """How many films there are of each kind.

    `cube` has one row per kind: `findings` (bit i set: the i-th of NIH14), `age` (lower end of a band of 5 years, -1
    unknown), `sex` (M, F), `view` (PA, AP), `follow_up` (20 stands for 20 and more), `split`, `boxed`, and `films`,
    their number. `films_per_patient` counts patients by their number of films. `name` says what data set,
    `label_version` which labels.
    """

    name: str
    label_version: str
    cube: pd.DataFrame
    films_per_patient: dict[int, int]

    @property
    def films(self) -> int:
        return int(self.cube["films"].sum())

    @property
    def patients(self) -> int:
        return sum(self.films_per_patient.values())

    def has(self, finding: str) -> np.ndarray:
        """Which kinds have a finding: bool, shape (kinds,)."""
        return (self.cube["findings"].to_numpy() >> NIH14.index(finding) & 1).astype(bool)


def summarise(index: Index, name: str) -> Summary:
    """Count the films of an index by findings, age, sex, view, follow-up, split, and whether readers drew boxes."""
    table = index.table
    bits = (index.targets(NIH14).astype(np.int32) << np.arange(len(NIH14))).sum(axis=1)
    age = table["age"].to_numpy(float)
    bands = np.where(np.isfinite(age), np.nan_to_num(age) // BAND * BAND, UNKNOWN).astype(np.int16)
    kinds = pd.DataFrame({
        "findings": bits.astype(np.int16), "age": bands, "sex": table["sex"].astype(str),
        "view": table["view"].astype(str),
        "follow_up": np.minimum(table["follow_up"], MANY).astype(np.int8), "split": table["split"].astype(str),
        "boxed": [bool(drawn) for drawn in table["boxes"]] if "boxes" in table else False,
    })
    cube = kinds.groupby(_TRAITS, observed=True).size().rename("films").astype(np.int32).reset_index()
    per_patient = table["patient"].value_counts().value_counts().sort_index()
    return Summary(name, index.label_version, cube, {int(films): int(count) for films, count in per_patient.items()})


def save_summary(summary: Summary, file: Path) -> None:
    """Write a summary as one Parquet file; what is no table stands in its metadata."""
    about = {
        "name": summary.name, "label_version": summary.label_version, "films_per_patient": summary.films_per_patient,
    }
    table = pa.Table.from_pandas(summary.cube, preserve_index=False)
    table = table.replace_schema_metadata({b"hilum": json.dumps(about).encode()})
    pq.write_table(table, file, compression="zstd", compression_level=19, use_dictionary=True)


def load_summary(file: Path = SHIPPED) -> Summary:
    """Read a summary; without a file, the one of all 112,120 films of NIH that ships.

    Raises
    ------
    DataError
        When the file is none, or lacks a column.
    """
    try:
        table = pq.read_table(file)
        about = json.loads((table.schema.metadata or {}).get(b"hilum", b"{}"))
    except (OSError, pa.ArrowInvalid, ValueError) as problem:
        raise DataError(f"{file.name} is no summary of a data set ({type(problem).__name__}). Make it again: "
                        "python -m cxr_core data summarise.") from problem
    missing = {*_TRAITS, "films"} - set(table.column_names)
    if missing or "films_per_patient" not in about:
        raise DataError(f"{file.name} lacks {', '.join(sorted(missing)) or 'its metadata'}. Make it again: "
                        "python -m cxr_core data summarise.")
    per_patient = {int(films): int(count) for films, count in about["films_per_patient"].items()}
    return Summary(about["name"], about["label_version"], table.to_pandas(ignore_metadata=True), per_patient)
