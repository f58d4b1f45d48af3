"""What a command is told of the patient is read however it is written, or refused in words."""

from __future__ import annotations

import pytest

from cxr_core.cli.clinical import told
from cxr_core.errors import ClinicalInputError
from cxr_core.models.clinical import ClinicalInputs


@pytest.mark.parametrize("history", ["Mass|Pleural_Thickening", "pleural thickening, mass", "MASS;Pleural-Thickening "])
@pytest.mark.parametrize("sex", ["F", "female", " Female"])
@pytest.mark.parametrize(("age", "years"), [("58", 58), ("058Y", 58), ("58y", 58), ("006M", 0.5)])
def test_one_thing_is_read_in_several_spellings(history: str, sex: str, age: str, years: float) -> None:
    change = told(age, sex, "ap", history)
    assert change is not None
    assert change(ClinicalInputs()) == ClinicalInputs(years, "F", "AP", ("Mass", "Pleural_Thickening"))


def test_what_is_unknown_or_nothing_is_said_so() -> None:
    change = told("Unknown", "unknown", None, "no finding")
    assert change is not None and change(ClinicalInputs(60, "M", "PA")) == ClinicalInputs(None, None, "PA", ())
    assert told(None, None, None, None) is None


@pytest.mark.parametrize(
    ("age", "sex", "history", "said"),
    [("old", None, None, "'old'"), ("58 Q", None, None, "'58 Q'"), ("200", None, None, "200"),
     ("nan", None, None, "'nan'"), (None, "x", None, "'X'"), (None, None, "Mass, Measles", "Measles")],
)
def test_anything_else_is_refused(age: str | None, sex: str | None, history: str | None, said: str) -> None:
    with pytest.raises(ClinicalInputError, match=said):
        told(age, sex, None, history)
