"""What a command tells a clinical model of the patient: options over the film's own tags."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any

import typer

from cxr_core.datasets.columns import finding_named
from cxr_core.errors import ClinicalInputError
from cxr_core.models.clinical import OLDEST, ClinicalInputs, parse_history

UNKNOWN = "unknown"
_SEXES = {"FEMALE": "F", "MALE": "M"}
_UNITS = {"": 1.0, "Y": 1.0, "M": 1 / 12, "W": 7 / 365.25, "D": 1 / 365.25}  # of an age as DICOM writes it (PS3.5, AS)
Told = Callable[[ClinicalInputs], ClinicalInputs]

Age = Annotated[str | None, typer.Option(
    help="Clinical models: the patient's age in years (or 058Y, 013M), or unknown. By default what the film's tags "
    "say, else unknown; an unknown input counts as the mean of the training films. Of several films it holds for all.",
)]
Sex = Annotated[str | None, typer.Option(help="Clinical models: F, M or unknown; by default the film's tag.")]
View = Annotated[str | None, typer.Option(help="Clinical models: PA, AP or unknown; by default the film's tag.")]
History = Annotated[str | None, typer.Option(
    help='Clinical models: findings of EARLIER films, "Mass, Nodule", or "No Finding"; unknown by default.',
)]


def told(age: str | None, sex: str | None, view: str | None, history: str | None) -> Told | None:
    """What the options make of a film's tags; None when there is no option.

    Raises
    ------
    ClinicalInputError
        When an option is none of what it may be.
    """
    options = {"age": (age, _years), "sex": (sex, _sex), "view": (view, str.upper), "history": (history, _findings)}
    given: dict[str, Any] = {
        name: None if text.strip().lower() == UNKNOWN else read(text.strip())
        for name, (text, read) in options.items() if text is not None
    }
    ClinicalInputs(**given)  # says at once, before any film is read, what is wrong with them
    return (lambda tags: replace(tags, **given)) if given else None


def _years(text: str) -> float:
    found = re.fullmatch(r"(\d+(?:\.\d+)?|\.\d+)([YMWD]?)", text.upper())
    if found is None:
        raise ClinicalInputError(f"The age is {text!r}; give years from 0 to {OLDEST}, or {UNKNOWN}.")
    return float(found[1]) * _UNITS[found[2]]


def _sex(text: str) -> str:
    return _SEXES.get(text.upper(), text.upper())


def _findings(text: str) -> tuple[str, ...]:
    """Findings in any spelling that is known, with a bar, a comma or a semicolon between two."""
    names = (name.strip() for name in re.split("[|,;]", text))
    return parse_history("|".join(finding_named(name) or name for name in names if name))
