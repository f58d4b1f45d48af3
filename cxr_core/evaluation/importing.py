"""Predictions of other people's models: a wide CSV and its labels -> results like any other, or a refusal in words.

What is said of a file names columns, counts and line numbers, never a film: file names may hold patients' names.
"""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from cxr_core.datasets.columns import KNOWN
from cxr_core.datasets.label_table import read_labels
from cxr_core.datasets.wide import WideTable, first_row, read_wide
from cxr_core.errors import ResultsError
from cxr_core.evaluation.alignment import labels_inside, labels_joined
from cxr_core.evaluation.provenance import Provenance, now
from cxr_core.evaluation.results import ABOUT, ENDINGS, NIH_NAME, Results
from cxr_core.evaluation.score_columns import roles, without
from cxr_core.words import counted

Scale = Literal["probability", "percent", "logit"]


def import_predictions(
    file: Path,
    name: str,
    *,
    labels: Path | None = None,
    scale: Scale = "probability",
    ignore: Sequence[str] = (),
    subset: str | None = None,
    partial: bool = False,
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
    wide, remarks = without(read_wide(file), ignore)
    scores, own_labels = roles(wide)
    if wide.columns.image is None:
        raise ResultsError(
            f"{file.name} names no films: none of its columns is an image, file, path or Image Index. "
            "Rename the one that is."
        )
    raw = _read_scores(wide, scores, scale)
    if labels is not None:
        told = labels_joined(wide, read_labels(labels), partial=partial)
    else:
        told = labels_inside(wide, own_labels)
    findings = tuple(key for key in KNOWN if key in scores and key in told.values)
    if not findings:
        raise ResultsError(
            f"No finding has both scores and labels. Scores: {', '.join(scores)}; "
            f"labels: {', '.join(told.values) or 'none'}."
        )
    if lacking := [key for key in scores if key not in findings]:
        remarks.append(f"The labels say nothing of {', '.join(lacking)}: left out.")
    keep = told.matched
    films = told.films[keep].reset_index(drop=True)
    films["patient"] = _patients(films, remarks)
    films["subset"] = subset or films["subset"].where(films["subset"] != "", "all")
    values = np.stack([told.values[key][keep] for key in findings], axis=1)
    chosen = np.stack([raw[key][keep] for key in findings], axis=1)
    barren = [key for place, key in enumerate(findings) if not 0 < values[:, place].sum() < len(values)]
    if barren:
        remarks.append(f"One class only, so no figure: {', '.join(barren)}.")
    options = [("labels", labels and labels.name), ("scores", None if scale == "probability" else scale)]
    options += [*(("ignore", one) for one in ignore), ("subset", subset)]
    given = "".join(f" --{option} {shlex.quote(value)}" for option, value in options if value is not None)
    given += " --partial" if partial else ""
    provenance = Provenance(
        "imported", name, hashlib.sha256(file.read_bytes()).hexdigest(), file.name,
        ", ".join(films["subset"].unique()), label_version=told.version,
        command=f"python -m cxr_core results import {shlex.quote(file.name)}{given} --name {name}", date=now(),
        remarks=(*wide.columns.remarks, *told.remarks, *remarks),
    )
    return Results(name, findings, told.version, films[list(ABOUT)], values, chosen, chosen, provenance)


def _read_scores(wide: WideTable, columns: Mapping[str, str], scale: Scale) -> dict[str, np.ndarray]:
    """Scores as probabilities, float64 of shape (films,) each."""
    found = {finding: _numbers(wide, finding, name) for finding, name in columns.items()}
    if scale == "percent" and all((values <= 1).all() for values in found.values()):
        raise ResultsError(
            f"No score of {wide.name} is over 1: these are hardly percents, which go to 100. Leave out --scores "
            "percent."
        )
    for finding, values in found.items():
        if scale == "logit":
            values = 1 / (1 + np.exp(-np.clip(values, -700, 700)))
        elif scale == "percent":
            values = values / 100
        outside = (values < 0) | (values > 1)
        if outside.any():
            worst = float(values[np.argmax(np.abs(values - 0.5))])
            raise ResultsError(
                f"{counted(int(outside.sum()), 'score is', 'scores are')} outside 0 to 1, of {finding} (column "
                f"{columns[finding][:60]!r}), first in line {first_row(outside)} of {wide.name}, up to {worst:.4g}. If "
                "they are logits add --scores logit, if percents --scores percent."
            )
        found[finding] = values
    return found


def _numbers(wide: WideTable, finding: str, name: str) -> np.ndarray:
    """A column of scores as float64 of shape (films,); ResultsError where one is no number, and what it is instead."""
    values = pd.to_numeric(wide.rows[name], errors="coerce").to_numpy(np.float64, na_value=np.nan)
    bad = ~np.isfinite(values)
    if not bad.any():
        return values
    written = wide.rows[name][bad].dropna().astype(str).str.strip()
    advice = "Score these films again, or leave their rows out."
    if len(written) and written.str.fullmatch(r"[+-]?\d*,\d+%?").all():
        advice = "They have a decimal comma: save the table with a decimal point."
    elif len(written) and written.str.endswith("%").all():
        advice = "They have a percent sign: save the numbers without it, and add --scores percent."
    raise ResultsError(
        f"{counted(int(bad.sum()), 'score is no number', 'scores are no numbers')}, of {finding} (column "
        f"{name[:60]!r}), first in line {first_row(bad)} of {wide.name}. {advice}"
    )


def _patients(films: pd.DataFrame, remarks: list[str]) -> pd.Series:
    """Each film's patient: the table's, else the number in NIH's own names, else the film itself."""
    unknown = films["patient"].isin(["", "nan", "<NA>"])
    if not unknown.any():
        return films["patient"]
    stems = films["image"].str.replace(ENDINGS, "", regex=True)
    if stems[unknown].str.fullmatch(NIH_NAME.pattern).all():
        return films["patient"].where(~unknown, stems.str[:8].str.lstrip("0").replace("", "0"))
    remarks.append(
        f"{counted(int(unknown.sum()), 'film has', 'films have')} no patient: intervals take each as a patient of its "
        "own, and may be too narrow."
    )
    return films["patient"].where(~unknown, films["path"])
