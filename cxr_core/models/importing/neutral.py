"""What stands for "not known" among the clinical inputs of an imported network: no file of weights says so."""

from __future__ import annotations

import math

from cxr_core.errors import WeightsRefused
from cxr_core.models.card import ClinicalCard
from cxr_core.models.clinical import COUNT, NAMES
from cxr_core.models.spec import ModelSpec


def parse_neutral(text: str) -> tuple[float, ...]:
    """The 17 neutral values of `0.47,0.56,...`, in the order of `cxr_core.models.clinical.NAMES`, each 0 to 1.

    Raises
    ------
    WeightsRefused
        When they are not 17 numbers of 0 to 1.
    """
    parts = [part.strip() for part in text.split(",")]
    try:
        values = tuple(float(part) for part in parts)
    except ValueError:
        values = ()
    if len(values) != COUNT or not all(math.isfinite(value) and 0 <= value <= 1 for value in values):
        raise WeightsRefused(
            f"The neutral values are {COUNT} numbers of 0 to 1 with commas between them, of {', '.join(NAMES[:3])} and "
            f"the earlier findings (age in centuries, 1 for M, 1 for AP); {len(parts)} were given."
        )
    return values


def check_neutral(spec: ModelSpec, neutral: ClinicalCard | None) -> None:
    """WeightsRefused for a clinical network without neutral values, which could score no film, and for others with."""
    if spec.clinical and neutral is None:
        raise WeightsRefused(
            f"{spec.id} is told age, sex, view and earlier findings, and what stands for an unknown one is not in the "
            "file. Give it with --neutral."
        )
    if neutral is not None and not spec.clinical:
        raise WeightsRefused(f"{spec.id} takes no clinical inputs: leave --neutral out, or name another architecture.")
