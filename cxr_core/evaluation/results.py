"""Stored results: one row per film, with what a model said of it.

They are one Parquet file, whatever made them (schema 1; `provenance.py` says what its key-value metadata holds):

| column | type | |
|---|---|---|
| subset | string | which part of the data the film is of: test, test_wide, val, official ... |
| image | string | the film's file name; two films may share it if their paths differ |
| path | string | the film below the data's folder; empty where unknown |
| patient | string | films of one patient have one value |
| age | double | years; null where unknown |
| sex, view, slice | string | M or F; PA or AP; the part of the data's own making; empty where unknown |
| source_width | double | pixels of the film that a reduced copy was made of; null where unknown |
| label_X | int8 | 1 with finding X, 0 without; null in all rows where the data say nothing of X |
| score_X | float or double | the model's own output for X, 0 to 1 |
| prob_X | float or double | the calibrated one; the same as score_X where there is no calibration |

Files made before schema 1 lack the metadata, `path`, and some have patients as numbers: they are read as well.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from cxr_core.errors import ResultsError
from cxr_core.evaluation.provenance import Provenance, from_metadata

FILE = "results.parquet"
ABOUT = ("subset", "image", "path", "patient", "age", "sex", "view", "slice", "source_width")
_HANG_ON = ("image", "path", "subset", "slice", "patient", "age", "sex", "view")  # of films, what figures hang on
ENDINGS = re.compile(r"\.(png|jpe?g|dcm|dicom|tiff?|npy|nii|gz)$", re.IGNORECASE)
NIH_NAME = re.compile(r"\d{8}_\d{3}")  # of NIH's films, without ending: patient and number
SUBSETS = ("test", "test natural", "test picked", "test_wide")
_LEARNT = ("val", "train_val", "train")
_NUMBERS = ("age", "source_width")
_NEWER = ("path", "source_width")  # columns that older files may lack


@dataclass(frozen=True)
class Results:
    """What a model said of some films.

    `films` is a table of who they are (`ABOUT`'s columns). `labels`, `raw` and `probability` have shape
    (films, findings); `probability` is the calibrated score. A column of `labels` is NaN as a whole where the data
    say nothing of that finding; results that `load_results` reads have no such column. `model_id` is what the
    results are known by.
    """

    model_id: str
    findings: tuple[str, ...]
    label_version: str
    films: pd.DataFrame
    labels: np.ndarray
    raw: np.ndarray
    probability: np.ndarray
    provenance: Provenance | None = None

    def __len__(self) -> int:
        return len(self.films)

    @cached_property
    def patients(self) -> np.ndarray:
        """Each film's patient; as numbers where all are, in whose order the bootstrap of a card drew them."""
        patients = self.films["patient"]
        digits = patients.astype(str).str.fullmatch(r"0|[1-9]\d{0,17}").all()
        return patients.astype(np.int64 if digits else str).to_numpy()

    @cached_property
    def names(self) -> np.ndarray:
        """Each film's name without its ending: what films of two results are matched by."""
        return self.films["image"].str.replace(ENDINGS, "", regex=True).to_numpy(str)

    @cached_property
    def digest_of_films(self) -> str:
        """The sha256 over the films' sorted names."""
        return digest_of_names(self.films["image"].astype(str))

    @cached_property
    def digest(self) -> str:
        """The sha256 over all that a figure hangs on: films, their parts, whose they are, labels, scores.

        A file's own digest does not say it: labels may be edited, or films told into other parts, and imported again
        under the same names, and weights may be calibrated anew.
        """
        told = hashlib.sha256("\n".join(self.findings).encode())
        about = [name for name in _HANG_ON if name in self.films]
        told.update(pd.util.hash_pandas_object(self.films[about], index=False).to_numpy().tobytes())
        for values in (self.labels, self.raw, self.probability):
            told.update(np.ascontiguousarray(values, np.float64).tobytes())
        return told.hexdigest()

    @property
    def subsets(self) -> tuple[str, ...]:
        """The subsets there are, in the order of their first film."""
        return tuple(self.films["subset"].unique())

    def where(self, rows: np.ndarray) -> Results:
        """The films for which the boolean `rows` (films,) holds."""
        return replace(
            self,
            films=self.films[rows].reset_index(drop=True),
            labels=self.labels[rows],
            raw=self.raw[rows],
            probability=self.probability[rows],
        )

    def column(self, finding: str) -> int:
        return self.findings.index(finding)


def digest_of_names(names: Iterable[str]) -> str:
    """The sha256 over films' sorted names."""
    return hashlib.sha256("\n".join(sorted(names)).encode()).hexdigest()


def to_table(results: Results) -> pa.Table:
    """Results as an Arrow table of schema 1, without metadata; scores keep their precision, single or double."""
    columns: dict[str, pa.Array] = {}
    for name in ABOUT:
        values = results.films.get(name, pd.Series(np.nan if name in _NUMBERS else "", index=results.films.index))
        if name in _NUMBERS:
            columns[name] = pa.array(values.to_numpy(np.float64, na_value=np.nan), pa.float64(), from_pandas=True)
        else:
            columns[name] = pa.array(values.astype(str).to_numpy(object), pa.string())
    for place, key in enumerate(results.findings):
        labels = results.labels[:, place]
        known = np.isfinite(labels)
        columns[f"label_{key}"] = pa.array(np.where(known, labels, 0).astype(np.int8), mask=~known)
        columns[f"score_{key}"] = pa.array(_as_float(results.raw[:, place]))
        columns[f"prob_{key}"] = pa.array(_as_float(results.probability[:, place]))
    return pa.table(columns)


def load_results(folder: Path) -> Results:
    """Read `results.parquet` of a model's folder, all subsets.

    Raises
    ------
    ResultsError
        When it is not there, lacks columns, or holds a score that is not a number.
    """
    file = folder / FILE
    if not file.is_file():
        raise ResultsError(f"{folder.name} has no stored results. Make them: python -m cxr_core ship {folder.name}.")
    return read_results(file, folder.name)


def read_results(file: Path, name: str | None = None) -> Results:
    """Read results from a file of schema 1 or before; `name` is what they are known by (the file's own by default).

    Findings that the data say nothing of are left out.

    Raises
    ------
    ResultsError
        When the file cannot be read, lacks columns, or holds a score that is no number from 0 to 1.
    """
    name = name or file.stem
    try:
        with pq.ParquetFile(file) as opened:
            table, metadata = opened.read(), opened.metadata.metadata
    except (OSError, pa.ArrowException, ValueError) as problem:
        raise ResultsError(f"The results of {name} are no Parquet file that can be read. Make them again.") from problem
    provenance = from_metadata(metadata)
    keys = [
        one.removeprefix("label_") for one in table.column_names if one.startswith("label_") and one != "label_version"
    ]
    scores = [f"{kind}_{key}" for key in keys for kind in ("score", "prob")]
    needed = {*ABOUT, *scores} - set(_NEWER) | (set() if provenance else {"label_version"})
    if missing := sorted(needed - set(table.column_names)):
        raise ResultsError(f"The results of {name} lack the columns {', '.join(missing)}. Score the model again.")
    findings = tuple(key for key in keys if table[f"label_{key}"].null_count < len(table))
    if not len(table):
        raise ResultsError(f"The results of {name} hold no film. Score the model again.")
    if not findings:
        raise ResultsError(
            f"The results of {name} hold scores of {len(keys)} findings and labels of none of them: there is nothing "
            "to measure. Evaluate again with --table, which labels these films, or import the scores with --labels."
        )
    labels, raw, probability = (_matrix(table, kind, findings, name) for kind in ("label", "score", "prob"))
    if not (_within(raw) and _within(probability)):
        raise ResultsError(
            f"The results of {name} hold a score that is not a number from 0 to 1. Score the model again."
        )
    if not np.isin(labels, (0, 1)).all():
        raise ResultsError(f"The results of {name} hold a label that is neither 0 nor 1. Score the model again.")
    films = _films(table)
    if films.duplicated(["image", "path"]).any():
        raise ResultsError(f"The results of {name} hold a film twice. Score the model again.")
    if provenance is None:
        provenance = Provenance("shipped", name, label_version=str(table["label_version"][0]), schema=0)
    return Results(name, findings, provenance.label_version, films, labels, raw, probability, provenance)


def subset(results: Results, name: str) -> Results:
    """One of the results' subsets; "test natural" and "test picked" are slices of test."""
    part, _, piece = name.partition(" ")
    if name in results.subsets:
        part, piece = name, ""
    rows = (results.films["subset"] == part).to_numpy()
    return results.where(rows & (results.films["slice"] == piece).to_numpy() if piece else rows)


def held_out_first(names: Iterable[str]) -> tuple[str, ...]:
    """Names of subsets, each once: the house's own in order, others as they come, last those that are learnt from."""
    rank = {name: place for place, name in enumerate(SUBSETS)} | dict.fromkeys(_LEARNT, len(SUBSETS) + 1)
    return tuple(sorted(dict.fromkeys(names), key=lambda name: rank.get(name, len(SUBSETS))))


def _films(table: pa.Table) -> pd.DataFrame:
    """Who the films are, in `ABOUT`'s columns and types, whatever an older file has."""
    columns = {}
    for name in ABOUT:
        if name not in table.column_names:
            columns[name] = np.full(len(table), np.nan if name in _NUMBERS else "")
        elif name in _NUMBERS:
            columns[name] = pd.to_numeric(table[name].to_pandas(), errors="coerce").to_numpy(
                np.float64, na_value=np.nan
            )
        else:
            columns[name] = table[name].to_pandas().fillna("").astype(str)
    return pd.DataFrame(columns)


def _matrix(table: pa.Table, kind: str, findings: Sequence[str], name: str) -> np.ndarray:
    try:
        return np.stack([table[f"{kind}_{key}"].to_numpy().astype(np.float64) for key in findings], axis=1)
    except (TypeError, ValueError) as problem:
        raise ResultsError(
            f"The results of {name} hold a {kind} that is no number. Score the model again."
        ) from problem


def _as_float(values: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(values, np.float32 if values.dtype == np.float32 else np.float64)


def _within(scores: np.ndarray) -> bool:
    return bool(((scores >= 0) & (scores <= 1)).all())
