"""A data set as counts: small enough to ship, to filter in a moment, and to hold no film and no patient's number."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from cxr_core.datasets.index import Index
from cxr_core.errors import DataError
from cxr_core.findings import NIH14, NO_FINDING, parse_labels

SHIPPED = Path(__file__).parent / "nih_summary.parquet"
SAMPLE = Path(__file__).parent / "nih_sample_summary.parquet"  # Kaggle's 5% sample, by `data summarise` of its table
BAND = 5  # years of an age band
MANY = 20  # follow-ups from here on count as one
UNKNOWN = -1
OTHER = "Other findings"  # the last finding of a set that speaks of too many: any that has no place of its own
_MOST_FINDINGS = 31  # bits of a kind
_TRAITS = ["findings", "age", "sex", "view", "follow_up", "split", "boxed"]


@dataclass(frozen=True)
class Summary:
    """How many films there are of each kind.

    `cube` has one row per kind: `findings` (bit i set: the i-th of `findings`), `age` (lower end of a band of 5 years,
    -1 unknown), `sex` (M, F), `view` (PA, AP), `follow_up` (20 stands for 20 and more), `split`, `boxed`, and `films`,
    their number. `films_per_patient` counts patients by their number of films, those of no known patient left out.
    `name` says what data set, `label_version` which labels. `none` is what the data set calls a film without any of its
    findings.
    """

    name: str
    label_version: str
    cube: pd.DataFrame
    films_per_patient: dict[int, int]
    findings: tuple[str, ...] = NIH14
    none: str = NO_FINDING

    @property
    def films(self) -> int:
        return int(self.cube["films"].sum())

    @property
    def patients(self) -> int:
        return sum(self.films_per_patient.values())

    @property
    def names(self) -> tuple[str, ...]:
        """The findings, and last what a film without any is called."""
        return (*self.findings, self.none)

    def has(self, finding: str) -> np.ndarray:
        """Which kinds have a finding: bool, shape (kinds,)."""
        return (self.cube["findings"].to_numpy() >> self.findings.index(finding) & 1).astype(bool)


def vocabulary(index: Index) -> tuple[tuple[str, ...], str, tuple[str, ...]]:
    """The findings that an index's labels speak of, what a film without any is called there, and the findings left out.

    NIH's fourteen where the labels name no others; of a set that names over 31 the thirty most frequent and `OTHER`,
    which stands for those that are left out.
    """
    named: Counter[str] = Counter()
    for text, films in index.table["labels"].value_counts().items():
        named.update(dict.fromkeys(parse_labels(text), int(films)))
    if set(named) <= set(NIH14):
        return NIH14, NO_FINDING, ()
    none = next((one for one in ("Normal", "normal") if one in named), NO_FINDING)
    named.pop(none, None)
    if len(named) <= _MOST_FINDINGS:
        return tuple(sorted(named)), none, ()
    named.pop(OTHER, None)
    names = [name for name, _ in named.most_common()]
    kept, left = names[:_MOST_FINDINGS - 1], names[_MOST_FINDINGS - 1:]
    return (*sorted(kept), OTHER), none, tuple(left)


def labels_of(index: Index, findings: tuple[str, ...], none: str) -> np.ndarray:
    """`Index.targets` of the vocabulary of a data set, whose last finding may be `OTHER`."""
    targets = index.targets(findings)
    if findings[-1:] == (OTHER,):
        codes, texts = pd.factorize(index.table["labels"])
        targets[:, -1] = np.array([not {*findings[:-1], none}.issuperset(parse_labels(text)) for text in texts])[codes]
    return targets


def traits(index: Index, findings: tuple[str, ...] = NIH14, none: str = NO_FINDING) -> pd.DataFrame:
    """What a selection asks of each film, a row per film: the columns of a summary's cube but for `films`."""
    table = index.table
    bits = (labels_of(index, findings, none).astype(np.int32) << np.arange(len(findings))).sum(axis=1)
    age = table["age"].to_numpy(float)
    bands = np.where(np.isfinite(age), np.nan_to_num(age) // BAND * BAND, UNKNOWN).astype(np.int16)
    return pd.DataFrame({
        "findings": bits.astype(np.int16 if len(findings) < 16 else np.int32), "age": bands,
        "sex": table["sex"].astype(str), "view": table["view"].astype(str),
        "follow_up": np.minimum(table["follow_up"], MANY).astype(np.int8), "split": table["split"].astype(str),
        "boxed": [bool(drawn) for drawn in table["boxes"]] if "boxes" in table else False,
    })


def summarise(index: Index, name: str) -> Summary:
    """Count the films of an index by findings, age, sex, view, follow-up, split, and whether readers drew boxes."""
    findings, none, _ = vocabulary(index)
    return count_kinds(index, traits(index, findings, none), name, findings, none)


def count_kinds(
    index: Index, kinds: pd.DataFrame, name: str, findings: tuple[str, ...], none: str
) -> Summary:
    """The summary of an index whose `traits` are known."""
    cube = kinds.groupby(_TRAITS, observed=True).size().rename("films").astype(np.int32).reset_index()
    patients = index.table["patient"]
    per_patient = patients[patients.astype(str) != ""].value_counts().value_counts().sort_index()
    films_per_patient = {int(films): int(count) for films, count in per_patient.items()}
    return Summary(name, index.label_version, cube, films_per_patient, findings, none)


def save_summary(summary: Summary, file: Path | BinaryIO) -> None:
    """Write a summary as one Parquet file, or to one that is open; what is no table stands in its metadata."""
    about = {
        "name": summary.name, "label_version": summary.label_version, "films_per_patient": summary.films_per_patient,
        "findings": summary.findings, "none": summary.none,
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
    findings = tuple(about.get("findings", NIH14))  # files made before name none: they are NIH's
    cube = table.to_pandas(ignore_metadata=True)
    return Summary(
        about["name"], about["label_version"], cube, per_patient, findings, about.get("none", NO_FINDING)
    )
