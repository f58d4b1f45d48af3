"""Which columns of somebody's predictions are scores, which labels, and which neither, or a refusal in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from cxr_core.datasets.columns import KNOWN, Columns, affixed, recognise
from cxr_core.datasets.wide import WideTable
from cxr_core.errors import ResultsError


def without(wide: WideTable, ignore: Sequence[str]) -> tuple[WideTable, list[str]]:
    """The table without the columns to be ignored, and what is to be said of those that mean nothing.

    Where no column is marked as a score, one of fractions under a strange name may be one: it is refused. Beside marked
    ones it is a time, a threshold or a loss.
    """
    if strange := [name for name in ignore if name not in wide.rows]:
        raise ResultsError(
            f"There is no column {_some(strange[:1])} to ignore in {wide.name}. It has {_some(wide.rows)}."
        )
    rows = wide.rows.drop(columns=list(ignore))
    columns, remarks = _marked_by_affix(recognise(list(rows)), rows)
    strays = [] if columns.scores else [name for name in columns.others if _looks_like_scores(rows[name])]
    if columns.unknown or strays:
        raise ResultsError(
            f"{_some([*columns.unknown, *strays])} of {wide.name} look like scores of something that is no finding "
            f"here. Findings are {', '.join(KNOWN)}. Rename the columns, or name each with --ignore."
        )
    remarks += [f"Columns not used: {_some(columns.others)}."] if columns.others else []
    return WideTable(wide.name, rows, columns), remarks


def _marked_by_affix(columns: Columns, rows: pd.DataFrame) -> tuple[Columns, list[str]]:
    """The columns with those taken for scores that bear findings' names beside one strange word, and a remark on it.

    Where a column is marked as a score, or two such words compete, nothing is taken. Columns of 0 and 1 do not compete.
    """
    found = [] if columns.scores else affixed([*columns.unknown, *columns.others])
    found = [one for one in found if not all(_is_zero_or_one(rows[name]) for name in one.values())]
    if len(found) != 1:
        return columns, []
    (scores,) = found
    taken = list(scores.values())
    left = {kind: tuple(name for name in getattr(columns, kind) if name not in taken) for kind in ("unknown", "others")}
    return replace(columns, scores=scores, **left), [
        f"{len(taken)} columns named like {taken[0][:40]!r} are taken for scores: no column is marked by a word like "
        "prob_."
    ]


def roles(wide: WideTable) -> tuple[dict[str, str], dict[str, str]]:
    """The columns of scores and of labels, each by its finding.

    A bare name is a score where no column is marked as one. Beside marked ones it is a label, also of a finding that
    was not scored, where it holds nothing but 0 and 1.
    """
    columns = wide.columns
    scores, labels = dict(columns.scores), dict(columns.labels)
    for finding, name in columns.plain.items():
        if not columns.scores:
            scores[finding] = name
        elif finding in columns.scores or _is_zero_or_one(wide.rows[name]):
            labels.setdefault(finding, name)
        else:
            raise ResultsError(
                f"The column {name[:60]!r} of {wide.name} may be scores or labels of {finding}: other columns are "
                f"marked as scores, it is not. Rename it prob_{finding} or label_{finding}."
            )
    if not scores:
        raise ResultsError(
            f"{wide.name} has no column of scores: none is named as a finding, with or without a word like prob_. "
            f"It has {_some(wide.rows)}."
        )
    return scores, labels


def _looks_like_scores(values: pd.Series) -> bool:
    """Whether an unnamed column holds fractions between 0 and 1."""
    if not pd.api.types.is_float_dtype(values):
        return False
    numbers = values.to_numpy(np.float64)
    return bool(np.isfinite(numbers).all() and ((numbers >= 0) & (numbers <= 1)).all() and (numbers % 1 != 0).any())


def _is_zero_or_one(values: pd.Series) -> bool:
    """Whether a column holds nothing but 0 and 1, as numbers or as words, gaps apart."""
    said = values.dropna().astype(str).str.strip().str.lower()
    return bool(said.isin(["0", "1", "0.0", "1.0", "false", "true"]).all())


def _some(names: Sequence[str] | pd.DataFrame) -> str:
    """A few names, and how many more there are."""
    listed = list(names)
    shown = ", ".join(repr(str(name)[:40]) for name in listed[:8])
    return shown + (f" and {len(listed) - 8} more" if len(listed) > 8 else "")
