"""What is known of a patient beside the film: the 17 clinical inputs of Crobu, Di Ciaccio (2019).

The order of the 17 numbers, all 0 to 1: age in centuries; sex, 1 for M; view, 1 for AP; then a bit for each of NIH's 14
findings, 1 where an EARLIER film of the patient has it. What is not known stands at its mean over the training films,
which the model's card states: a zero would say "a newborn woman, standing, who never had a finding".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cxr_core.errors import ClinicalInputError
from cxr_core.findings import NIH14, NO_FINDING, parse_labels, title_of
from cxr_core.imaging.age import OLDEST, age_in_words
from cxr_core.imaging.radiograph import Radiograph
from cxr_core.models.spec import ModelSpec

if TYPE_CHECKING:
    from cxr_core.datasets.index import Index  # brings in pandas, which a page can do without

SEXES, VIEWS = ("F", "M"), ("PA", "AP")  # the second of each is 1
NAMES: tuple[str, ...] = ("age", "sex", "view", *(f"history_{finding}" for finding in NIH14))
COUNT = len(NAMES)
TEST, HISTORY_UNKNOWN, FIRST_FILMS = "test", "test, history unknown", "test, first films"  # sets of films on a card
GROUPS: dict[str, slice] = {"age": slice(0, 1), "sex": slice(1, 2), "view": slice(2, 3), "history": slice(3, COUNT)}


@dataclass(frozen=True)
class ClinicalInputs:
    """What is known of one film's patient; None is "not known".

    `age` in years, 0 to 120; `sex` F or M; `view` PA or AP; `history` the findings of earlier films of this patient, in
    NIH's order, empty when there were none. Raises ClinicalInputError for anything else.
    """

    age: float | None = None
    sex: str | None = None
    view: str | None = None
    history: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        if self.age is not None and not 0 <= self.age <= OLDEST:
            raise ClinicalInputError(f"The age is {self.age:g}; give years from 0 to {OLDEST}, or leave it unknown.")
        if self.sex not in (None, *SEXES):
            raise ClinicalInputError(f"The sex is {self.sex!r}; give F or M, or leave it unknown.")
        if self.view not in (None, *VIEWS):
            raise ClinicalInputError(f"The view is {self.view!r}; give PA or AP, or leave it unknown.")
        if self.history is not None:
            if strange := sorted(set(self.history) - set(NIH14)):
                raise ClinicalInputError(
                    f"The earlier findings name {', '.join(strange)}; choose from {', '.join(NIH14)}, "
                    "or leave them unknown."
                )
            object.__setattr__(self, "history", tuple(finding for finding in NIH14 if finding in self.history))

    @classmethod
    def from_tags(cls, film: Radiograph) -> ClinicalInputs:
        """What the film's own tags tell; a value the network does not know (a lateral view, another sex) is unknown."""
        return cls(
            age=film.age if film.age is not None and 0 <= film.age <= OLDEST else None,
            sex=film.sex if film.sex in SEXES else None, view=film.view if film.view in VIEWS else None,
        )

    @property
    def unknown(self) -> tuple[str, ...]:
        """Which of age, sex, view and history are not known."""
        return tuple(name for name in GROUPS if getattr(self, name) is None)

    @property
    def judged_on(self) -> str:
        """The films of a card whose figures hold where so much is known: told earlier findings, scores are better."""
        if self.history is None:
            return HISTORY_UNKNOWN
        return TEST if self.history else FIRST_FILMS

    def in_words(self) -> str:
        """What is known and what is not, in a line."""
        history = None if self.history is None else ", ".join(map(title_of, self.history)) or "none"
        known = {"age": self.age if self.age is None else age_in_words(self.age), "sex": self.sex, "view": self.view,
                 "earlier findings": history}
        return "; ".join(f"{name} {value or 'unknown'}" for name, value in known.items())

    def to_object(self) -> dict[str, Any]:
        """As JSON has it; `unknown` names what stood at its neutral value."""
        history = None if self.history is None else list(self.history)
        return {
            "age": _plain(self.age), "sex": self.sex, "view": self.view, "history": history,
            "unknown": list(self.unknown),
        }

    def cells(self) -> tuple[str | float, ...]:
        """As a table has it: age, sex, view, history; empty where unknown, "No Finding" for a history without any."""
        history = "" if self.history is None else "|".join(self.history) or NO_FINDING
        return (*("" if value is None else value for value in (_plain(self.age), self.sex, self.view)), history)

    def values(self) -> np.ndarray:
        """The 17 numbers in the order of NAMES, float32 of shape (17,), NaN where not known."""
        row = np.full(COUNT, np.nan, np.float32)
        if self.age is not None:
            row[0] = self.age / 100
        if self.sex is not None:
            row[1] = SEXES.index(self.sex)
        if self.view is not None:
            row[2] = VIEWS.index(self.view)
        if self.history is not None:
            row[GROUPS["history"]] = [finding in self.history for finding in NIH14]
        return row

    def encode(self, neutral: np.ndarray) -> np.ndarray:
        """What the network sees, float32 of shape (17,): the values, and `neutral` (17,) where they are not known."""
        return fill(self.values(), neutral)


def refuse_unless_clinical(spec: ModelSpec) -> None:
    """ClinicalInputError for a model that takes no clinical inputs."""
    if not spec.clinical:
        raise ClinicalInputError(
            f"{spec.id} takes no age, sex, view or history. Leave them out, or choose another model."
        )


def parse_history(text: str) -> tuple[str, ...]:
    """The earlier findings of `Mass|Nodule`, empty for "No Finding". Raises ClinicalInputError for another name."""
    return ClinicalInputs(history=parse_labels(text)).history or ()


def encode_index(index: Index) -> np.ndarray:
    """The clinical inputs of every film, float32 of shape (films, 17), NaN where not known.

    The index has `age`, `sex`, `view`, and a `history` as `cxr_core.datasets.history` gives it; a column that it has
    not is known of no film.
    """
    columns = (index.table.get(name, [None] * len(index)) for name in GROUPS)
    return np.stack([_of_row(*row).values() for row in zip(*columns, strict=True)])


def neutral_values(rows: np.ndarray) -> np.ndarray:
    """What stands for "not known": the mean of each input over films (films, 17) where it is known, float32 (17,)."""
    known = ~np.isnan(rows)
    if missing := [name for name, any_known in zip(NAMES, known.any(axis=0), strict=True) if not any_known]:
        raise ClinicalInputError(f"No training film tells its {', '.join(missing)}: there is no neutral value for it.")
    return np.nanmean(rows.astype(np.float64), axis=0).astype(np.float32)


def fill(rows: np.ndarray, neutral: np.ndarray) -> np.ndarray:
    """Clinical inputs of shape (..., 17) with `neutral` (17,) in place of NaN."""
    return np.where(np.isnan(rows), np.asarray(neutral, np.float32), rows).astype(np.float32)


def hide(rows: np.ndarray, names: Iterable[str]) -> np.ndarray:
    """The inputs (..., 17) with some of age, sex, view and history made unknown (NaN)."""
    hidden = rows.copy()
    for name in names:
        hidden[..., GROUPS[name]] = np.nan
    return hidden


def _plain(age: float | None) -> float | int | None:
    """Whole years as a whole number: 67, not 67.0, from a tag as from an option."""
    return int(age) if age is not None and age == int(age) else age


def _of_row(age: object, sex: object, view: object, history: object) -> ClinicalInputs:
    """The inputs of one film of an index; what it does not know, or NIH does not use, is unknown."""
    years = float(age) if age is not None else np.nan
    return ClinicalInputs(
        age=years if 0 <= years <= OLDEST else None, sex=sex if sex in SEXES else None,
        view=view if view in VIEWS else None,
        history=parse_history(history) if isinstance(history, str) else None,
    )
