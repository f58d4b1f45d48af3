"""What drawing patients a thousand times gave, kept on disk: the same results are never drawn twice."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from cxr_core.evaluation.by_group import measure_groups
from cxr_core.evaluation.comparison import Comparison, FindingDifference, compare
from cxr_core.evaluation.curves import roc_band
from cxr_core.evaluation.json_values import with_nan, without_nan
from cxr_core.evaluation.results import Results
from cxr_core.evaluation.subgroups import Gap
from cxr_core.evaluation.summary import measure_findings
from cxr_core.folders import user_folder

REPLICATES = 1000
BAND_REPLICATES = 200
_RULES = "8"  # of what is drawn and how it is measured: what older rules gave is drawn anew
MEAN = "mean"  # in spans, beside the findings: that of their mean without No Finding
Spans = dict[str, tuple[float, float]]  # a finding's AUC, 95% by patient
OnStep = Callable[[int, int], None]
Band = tuple[np.ndarray, np.ndarray, np.ndarray]  # false positive rates, sensitivity there: low and high
Points = Sequence[float | None]  # the operating point of each of the results' findings


def find_spans(results: Results, films: str, digest: str) -> Spans | None:
    """The intervals that were drawn before of these results on these films; None where they were not."""
    told = _read(_file("intervals", results, films, digest))
    return {key: (low, high) for key, (low, high) in told.items()} if isinstance(told, dict) else None


def draw_spans(results: Results, films: str, digest: str, on_step: OnStep | None = None) -> Spans:
    """Draw them, and that of the mean, and keep them; a finding of one class has none.

    `on_step` is told (replicates done, in all).
    """
    told = measure_findings(results.findings, results.labels, results.probability, results.patients,
                            replicates=REPLICATES, on_step=on_step)
    spans = {one.finding: one.interval for one in told.findings if np.isfinite(one.auc)}
    if np.isfinite(told.mean_auc):
        spans[MEAN] = told.interval
    _keep(_file("intervals", results, films, digest), spans)
    return spans


def find_comparison(first: Results, second: Results, films: str, digests: tuple[str, str]) -> Comparison | None:
    """The comparison that was drawn before of these two; None where it was not."""
    told = _read(_file("comparison", first, films, *digests, second.model_id, second.digest))
    if not isinstance(told, dict):
        return None
    rows = tuple(FindingDifference(**row) for row in told["findings"])
    return Comparison(**told | {"findings": rows, "other_labels": tuple(told["other_labels"])})


def draw_comparison(
    first: Results, second: Results, films: str, digests: tuple[str, str], on_step: OnStep | None = None
) -> Comparison:
    """Compare them, and keep it. `on_step` is told (replicates done, in all); DataError as `compare` has it."""
    told = compare(first, second, replicates=REPLICATES, on_step=on_step)
    _keep(_file("comparison", first, films, *digests, second.model_id, second.digest), asdict(told))
    return told


def find_band(results: Results, films: str, digest: str, finding: str) -> Band | None:
    """The 95% band by patient of a finding's ROC curve that was drawn before; None where it was not."""
    told = _read(_file("band", results, films, digest, finding, str(BAND_REPLICATES)))
    return tuple(map(np.array, told)) if isinstance(told, list) and len(told) == 3 else None


def draw_band(results: Results, films: str, digest: str, finding: str, on_step: OnStep | None = None) -> Band:
    """Draw it, and keep it."""
    column = results.column(finding)
    band = roc_band(results.labels[:, column], results.probability[:, column], results.patients,
                    replicates=BAND_REPLICATES, on_step=on_step)
    _keep(_file("band", results, films, digest, finding, str(BAND_REPLICATES)),
          [values.tolist() for values in band])
    return band


def find_gaps(
    results: Results, films: str, digest: str, finding: str, measure: str, points: Points
) -> tuple[Gap, ...] | None:
    """A measure by group that was drawn before; None where it was not."""
    told = _read(_file("gaps", results, films, digest, finding, measure, repr(list(points))))
    return tuple(Gap(**row) for row in told) if isinstance(told, list) else None


def draw_gaps(
    results: Results, films: str, digest: str, finding: str, measure: str, points: Points,
    on_step: OnStep | None = None,
) -> tuple[Gap, ...]:
    """Measure it by group, and keep it; what it is asked is `measure_groups`'."""
    told = measure_groups(results, finding, measure, points, on_step=on_step)
    _keep(_file("gaps", results, films, digest, finding, measure, repr(list(points))), [asdict(one) for one in told])
    return told


def _file(kind: str, results: Results, films: str, *digests: str) -> Path:
    """A name for this and nothing else: other weights, films, labels, scores or findings have another."""
    about = (kind, results.model_id, *results.findings, results.digest_of_films, results.label_version, *digests,
             results.digest, str(REPLICATES), _RULES)
    return user_folder("drawn") / f"{hashlib.sha256(chr(10).join(about).encode()).hexdigest()[:40]}.json"


def _read(file: Path) -> object:
    try:
        return with_nan(json.loads(file.read_text()))
    except (OSError, ValueError):  # not there, or half written by another program: it is drawn again
        return None


def _keep(file: Path, value: object) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_suffix(".new")
        draft.write_text(json.dumps(without_nan(value), allow_nan=False))
        draft.replace(file)
    except OSError:  # a full disk costs the next session a few seconds, and this one nothing
        pass
