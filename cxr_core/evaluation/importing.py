"""Predictions of other people's models: a wide CSV and its labels -> results like any other, or a refusal in words.

What is said of a file names columns, counts and line numbers, never a film: file names may hold patients' names.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from cxr_core.datasets.label_table import LabelTable, about_films, as_text, from_wide, read_labels, read_zero_one
from cxr_core.datasets.wide import WideTable, first_row, read_wide
from cxr_core.errors import DataError, ResultsError
from cxr_core.evaluation.provenance import Provenance, now
from cxr_core.evaluation.results import ABOUT, Results
from cxr_core.findings import FINDINGS

Scale = Literal["probability", "percent", "logit"]
FEWEST_MATCHED = 0.95  # of the rows: below it the two files are hardly of the same films
_ENDINGS = re.compile(r"\.(png|jpe?g|dcm|dicom|tiff?|npy|nii|gz)$", re.IGNORECASE)
_NIH_NAME = re.compile(r"(\d{8})_\d{3}")
_DEEPEST = 5  # parts of a path that are tried before two films of one name are called doubled


@dataclass(frozen=True)
class _Labels:
    """Labels brought into the predictions' order: who the films are, labels (films, findings), and which rows matched."""

    films: pd.DataFrame
    values: Mapping[str, np.ndarray]
    matched: np.ndarray
    version: str
    remarks: tuple[str, ...]


def import_predictions(
    file: Path, name: str, *, labels: Path | None = None, scale: Scale = "probability", ignore: Sequence[str] = (),
    subset: str | None = None, partial: bool = False,
) -> Results:
    """Read predictions and their labels.

    Parameters
    ----------
    file : Path
        A CSV, gzipped or not: a column of image names or paths, and a column of scores for each finding: the finding's
        name in any case, with spaces, hyphens or underscores, alone or with a word like `prob_` before or after it.
    name : str
        What the results will be known by.
    labels : Path, optional
        A table of labels, NIH's Data_Entry or one of your own. Without it labels are columns of `file` that a word
        like `label_` or `true_` marks, or that bear a finding's bare name beside a marked score.
    scale : "probability", "percent" or "logit"
        What the scores are; they are stored as probabilities.
    ignore : sequence of str
        Columns that are no scores.
    subset : str, optional
        Which part of the data these films are; by default as the labels' table says, else "all".
    partial : bool
        Leave out rows that the label table does not know, however many.

    Raises
    ------
    ResultsError, DataError
        When the two cannot be aligned, or a score means nothing.
    """
    wide = read_wide(file)
    wide, remarks = _without(wide, ignore)
    scores, own_labels = _roles(wide)
    if wide.columns.image is None:
        raise ResultsError(
            f"{file.name} names no films: none of its columns is an image, file, path or Image Index. Rename the one that is."
        )
    raw = _read_scores(wide, scores, scale)
    told = _join(wide, read_labels(labels), partial) if labels is not None else _inside(wide, own_labels)
    findings = tuple(key for key in FINDINGS if key in scores and key in told.values)
    if not findings:
        raise ResultsError(
            f"No finding has both scores and labels. Scores: {', '.join(scores)}; labels: {', '.join(told.values) or 'none'}."
        )
    if lacking := [key for key in scores if key not in findings]:
        remarks.append(f"The labels say nothing of {', '.join(lacking)}: left out.")
    keep = told.matched
    if not keep.all():
        remarks.append(f"{int((~keep).sum()):,} of {len(keep):,} rows are not in the label table: left out.")
    films = told.films[keep].reset_index(drop=True)
    films["patient"] = _patients(films, remarks)
    films["subset"] = subset or films["subset"].where(films["subset"] != "", "all")
    values = np.stack([told.values[key][keep] for key in findings], axis=1)
    chosen = np.stack([raw[key][keep] for key in findings], axis=1)
    if barren := [key for place, key in enumerate(findings) if not 0 < values[:, place].sum() < len(values)]:
        remarks.append(f"One class only, so no figure: {', '.join(barren)}.")
    provenance = Provenance(
        "imported", name, hashlib.sha256(file.read_bytes()).hexdigest(), file.name, subset or ", ".join(films["subset"].unique()),
        label_version=told.version, command=f"python -m cxr_core results import {file.name} --name {name}"
        + (f" --labels {labels.name}" if labels else ""),
        date=now(), remarks=(*wide.columns.remarks, *told.remarks, *remarks),
    )
    return Results(name, findings, told.version, films[list(ABOUT)], values, chosen, chosen, provenance)


def _without(wide: WideTable, ignore: Sequence[str]) -> tuple[WideTable, list[str]]:
    """The table without the columns to be ignored, and what is to be said of those that mean nothing."""
    from cxr_core.datasets.columns import recognise

    if strange := [name for name in ignore if name not in wide.rows]:
        raise ResultsError(f"There is no column {strange[0][:60]!r} to ignore in {wide.name}. It has {_some(list(wide.rows))}.")
    rows = wide.rows.drop(columns=list(ignore))
    wide = WideTable(wide.name, rows, recognise(list(rows)))
    columns = wide.columns
    strays = [name for name in columns.others if _looks_like_scores(rows[name])]
    if columns.unknown or strays:
        raise ResultsError(
            f"{_some([*columns.unknown, *strays])} of {wide.name} look like scores of something that is no finding here. "
            f"Findings are {', '.join(FINDINGS)}. Rename the columns, or name each with --ignore."
        )
    return wide, [f"Columns not used: {_some(list(columns.others))}."] if columns.others else []


def _roles(wide: WideTable) -> tuple[dict[str, str], dict[str, str]]:
    """The columns of scores and of labels, each by its finding. A bare name beside a marked one is the other of the two."""
    columns = wide.columns
    scores, labels = dict(columns.scores), dict(columns.labels)
    for finding, name in columns.plain.items():
        if finding in scores:
            labels.setdefault(finding, name)
        elif not scores:
            scores[finding] = name
        else:
            raise ResultsError(
                f"The column {name!r} of {wide.name} may be scores or labels of {finding}: others are marked as scores, it is not. "
                f"Rename it prob_{finding} or label_{finding}."
            )
    if not scores:
        raise ResultsError(
            f"{wide.name} has no column of scores: none is named as a finding, with or without a word like prob_. It has {_some(list(wide.rows))}."
        )
    return scores, labels


def _read_scores(wide: WideTable, columns: Mapping[str, str], scale: Scale) -> dict[str, np.ndarray]:
    """Scores as probabilities, float64 of shape (films,) each."""
    found = {}
    for finding, name in columns.items():
        values = pd.to_numeric(wide.rows[name], errors="coerce").to_numpy(np.float64, na_value=np.nan)
        bad = ~np.isfinite(values)
        if bad.any():
            raise ResultsError(
                f"{int(bad.sum()):,} scores of {finding} (column {name[:60]!r}) are no numbers, first in line {first_row(bad)} of {wide.name}. "
                "Score these films again, or leave their rows out."
            )
        if scale == "logit":
            values = 1 / (1 + np.exp(-np.clip(values, -700, 700)))
        elif scale == "percent":
            values = values / 100
        outside = (values < 0) | (values > 1)
        if outside.any():
            worst = float(values[np.argmax(np.abs(values - 0.5))])
            raise ResultsError(
                f"{int(outside.sum()):,} scores of {finding} (column {name[:60]!r}) are outside 0 to 1, first in line {first_row(outside)} of "
                f"{wide.name}, up to {worst:.4g}. If they are logits add --scores logit, if percents --scores percent."
            )
        found[finding] = values
    return found


def _inside(wide: WideTable, columns: dict[str, str]) -> _Labels:
    """Labels from the same table."""
    if columns:
        films = about_films(wide)
        known = tuple(columns)
        matrix = read_zero_one(wide, columns)
        films["labels"] = as_text(matrix, known)
        table = LabelTable(films, known, f"in {wide.name}")
    elif "labels" in wide.columns.about:
        table = from_wide(wide)
    else:
        raise ResultsError(
            f"{wide.name} has no labels. Give --labels TABLE (NIH's Data_Entry_2017_v2020.csv or one of your own), or add "
            "columns label_FINDING of 0 and 1."
        )
    paths = _parts(table.table["image"])
    doubled = pd.Series(paths).duplicated()
    if doubled.any():
        raise _doubled(wide.name, doubled)
    return _Labels(_about(table.table), _values(table), np.ones(len(paths), bool), table.version, table.remarks)


def _join(wide: WideTable, labels: LabelTable, partial: bool) -> _Labels:
    """Labels from another table, each film's found by its name, or by as much of its path as tells films apart."""
    ours = _parts(wide.rows[wide.columns.image].fillna("").astype(str))
    theirs = _parts(labels.table["image"])
    for depth in range(1, _DEEPEST + 1):
        mine, known = (pd.Series(["/".join(parts[-depth:]) for parts in one]) for one in (ours, theirs))
        if not mine.duplicated().any() and not known.duplicated().any():
            break
    else:
        if mine.duplicated().any():
            raise _doubled(wide.name, mine.duplicated())
        raise _doubled(labels.version, known.duplicated())
    places = pd.Index(known).get_indexer(pd.Index(mine))
    matched = places >= 0
    share = float(matched.mean())
    if not matched.any() or (share < FEWEST_MATCHED and not partial):
        raise ResultsError(
            f"Only {int(matched.sum()):,} of {len(matched):,} rows of {wide.name} are in the label table of {len(known):,} films. Films are "
            f"named like {_shape(mine[~matched].iloc[0])} here and like {_shape(known.iloc[0])} there. Give the table of these films"
            + (", or add --partial to leave the other rows out." if matched.any() else ".")
        )
    table = labels.table.iloc[np.where(matched, places, 0)].reset_index(drop=True)
    joined = LabelTable(table, labels.findings, labels.version, labels.remarks)
    return _Labels(_about(table), _values(joined), matched, labels.version, labels.remarks)


def _parts(names: pd.Series) -> list[list[str]]:
    """Each film's path in parts, its file's ending dropped."""
    split = (str(name).strip().replace("\\", "/").strip("/").split("/") for name in names)
    return [[*parts[:-1], _ENDINGS.sub("", parts[-1])] for parts in split]


def _values(table: LabelTable) -> dict[str, np.ndarray]:
    """Each finding's labels, 0 or 1, shape (films,)."""
    from cxr_core.datasets.index import Index

    targets = Index(Path(), table.table).targets(table.findings).astype(np.float64)
    return {key: targets[:, place] for place, key in enumerate(table.findings)}


def _about(table: pd.DataFrame) -> pd.DataFrame:
    """Who the films are, in the columns of stored results."""
    known = {name: table[name] for name in ABOUT if name in table}
    known["subset"] = table["split"]
    known["image"] = table["image"].str.replace("\\", "/").str.strip("/").str.rsplit("/", n=1).str[-1]
    known["path"] = known["path"].where(known["path"] != "", table["image"])
    return pd.DataFrame(known).assign(patient=table["patient"].astype(str))


def _patients(films: pd.DataFrame, remarks: list[str]) -> pd.Series:
    """Each film's patient: the table's, else the number in NIH's own names, else the film itself."""
    unknown = films["patient"].isin(["", "nan", "<NA>"])
    if not unknown.any():
        return films["patient"]
    stems = films["image"].str.replace(_ENDINGS, "", regex=True)
    if stems[unknown].str.fullmatch(_NIH_NAME.pattern).all():
        return films["patient"].where(~unknown, stems.str[:8].str.lstrip("0").replace("", "0"))
    remarks.append(f"{int(unknown.sum()):,} films have no patient: intervals take each as a patient of its own, and may be too narrow.")
    return films["patient"].where(~unknown, films["path"])


def _looks_like_scores(values: pd.Series) -> bool:
    """Whether an unnamed column holds fractions between 0 and 1."""
    if not pd.api.types.is_float_dtype(values):
        return False
    numbers = values.to_numpy(np.float64)
    return bool(np.isfinite(numbers).all() and ((numbers >= 0) & (numbers <= 1)).all() and (numbers % 1 != 0).any())


def _doubled(name: str, doubled: pd.Series) -> DataError:
    return ResultsError(f"{name} names {int(doubled.sum()):,} films more than once, first in line {first_row(doubled)}. Leave one row for each.")


def _shape(name: str) -> str:
    """What a name looks like, without saying it: letters as a, digits as 0."""
    return repr(re.sub(r"[^\W\d_]", "a", re.sub(r"\d", "0", name))[:60])


def _some(names: list[str]) -> str:
    shown = ", ".join(repr(name[:40]) for name in names[:8])
    return shown + (f" and {len(names) - 8} more" if len(names) > 8 else "")
