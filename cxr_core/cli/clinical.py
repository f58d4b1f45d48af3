"""What a command tells a clinical model of the patient: options over the film's own tags."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any

import typer

from cxr_core.errors import ClinicalInputError
from cxr_core.models.clinical import ClinicalInputs, parse_history

UNKNOWN = "unknown"
Told = Callable[[ClinicalInputs], ClinicalInputs]

Age = Annotated[str | None, typer.Option(
    help="Clinical models: the patient's age in years, or unknown. By default what the film's tags say, else unknown; "
    "an unknown input counts as the mean of the training films. Of several films it holds for all.",
)]
Sex = Annotated[str | None, typer.Option(help="Clinical models: F, M or unknown; by default the film's tag.")]
View = Annotated[str | None, typer.Option(help="Clinical models: PA, AP or unknown; by default the film's tag.")]
History = Annotated[str | None, typer.Option(
    help='Clinical models: findings of EARLIER films, "Mass|Nodule", or "No Finding"; unknown by default.',
)]


def told(age: str | None, sex: str | None, view: str | None, history: str | None) -> Told | None:
    """What the options make of a film's tags; None when there is no option.

    Raises
    ------
    ClinicalInputError
        When an option is none of what it may be.
    """
    given: dict[str, Any] = {}
    if age is not None:
        given["age"] = None if age == UNKNOWN else _years(age)
    if sex is not None:
        given["sex"] = None if sex == UNKNOWN else sex.upper()
    if view is not None:
        given["view"] = None if view == UNKNOWN else view.upper()
    if history is not None:
        given["history"] = None if history == UNKNOWN else parse_history(history)
    ClinicalInputs(**given)  # says at once, before any film is read, what is wrong with them
    return (lambda tags: replace(tags, **given)) if given else None


def _years(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ClinicalInputError(f"The age is {text!r}; give years from 0 to 120, or {UNKNOWN}.") from None
