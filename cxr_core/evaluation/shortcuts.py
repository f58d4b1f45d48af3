"""The shortcut audit of the COVID-19 systems: is it disease that they read, or age and hospital?

In CoronaHack the normal films and those with pneumonia are of children, the COVID-19 films of adults elsewhere. Adults
of a third hospital without COVID-19 (NIH) tell the two apart: a network that reads disease calls the well ones normal.
DeGrave, Janizek, Lee, Nature Machine Intelligence 3 (2021) 610-619.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cxr_core.evaluation.classes import Audit, Called, Rate, ToldApart
from cxr_core.evaluation.exclusive import rate
from cxr_core.evaluation.summary import measure_findings

ADULTS = "nih_adults"  # the subset of adults of NIH without COVID-19
_OURS = ("healthy children", "children with pneumonia", "adults with COVID-19 (Hannover)")
_FAIR = "0.50 would be fair"
_BOTH = "illness and hospital differ at once"


@dataclass(frozen=True)
class Group:
    """Films of one kind: what they are in words, their scores (films, classes) 0 to 1, and their patients (films,)."""

    films: str
    scores: np.ndarray
    patients: np.ndarray


@dataclass(frozen=True)
class Labelled:
    """The films of a subset: targets and scores of (films, classes), 0 or 1 and 0 to 1, and patients of (films,)."""

    targets: np.ndarray
    scores: np.ndarray
    patients: np.ndarray

    def of(self, column: int, films: str) -> Group:
        """Those of a class."""
        own = self.targets[:, column] == 1
        return Group(films, self.scores[own], self.patients[own])


def audit_subsets(classes: tuple[str, str, str], test: Labelled, adults: Labelled, data: str = "") -> Audit:
    """Audit a model of the classes (normal, pneumonia, COVID-19) on its test films and on adults of NIH.

    `data` is the name of the folder that the test films are of, when they are not CoronaHack's.
    """
    well, ill, infected = (f"films of {data} labelled {key}" for key in classes) if data else _OURS
    return audit_shortcuts(
        classes, well_children=test.of(0, well), ill_children=test.of(1, ill), covid_adults=test.of(2, infected),
        well_adults=adults.of(0, "NIH adults with No Finding"),
        ill_adults=adults.of(1, "NIH adults with Pneumonia alone"),
    )


def audit_shortcuts(
    classes: tuple[str, str, str], *, well_children: Group, ill_children: Group, covid_adults: Group,
    well_adults: Group, ill_adults: Group,
) -> Audit:
    """Audit a model of the classes (normal, pneumonia, COVID-19); a row without films is left out.

    Neither kind of adult control has COVID-19, and well adults are as normal as well children.
    """
    normal, pneumonia, covid = classes
    asked = (
        (normal, well_children, well_adults, _FAIR), (covid, well_adults, well_children, _FAIR),
        (pneumonia, ill_children, ill_adults, _FAIR),
        (covid, covid_adults, well_adults, _BOTH), (covid, covid_adults, ill_adults, _BOTH),
    )
    return Audit(
        tuple(share_called(classes, group) for group in (well_adults, ill_adults) if len(group.scores)),
        tuple(
            tell_apart(score, classes.index(score), first, second, remark)
            for score, first, second, remark in asked if len(first.scores) and len(second.scores)
        ),
    )


def share_called(classes: tuple[str, ...], group: Group) -> Called:
    """What share of the films is called each class."""
    called = group.scores.argmax(axis=1)
    shares = {key: rate(called == place, group.patients) for place, key in enumerate(classes)}
    return Called(group.films, len(called), len(np.unique(group.patients)), shares)


def tell_apart(score: str, column: int, first: Group, second: Group, remark: str) -> ToldApart:
    """The AUC of a class's score, the films of `first` as positives, with its interval by patient, as a finding has it.

    A patient of one group is none of the other.
    """
    scores = np.concatenate([first.scores[:, column], second.scores[:, column]])
    positive = np.repeat([1.0, 0.0], (len(first.scores), len(second.scores)))
    patients = np.array([f"1:{one}" for one in first.patients] + [f"2:{one}" for one in second.patients])
    (told,) = measure_findings((score,), positive[:, None], scores[:, None], patients).findings
    return ToldApart(score, first.films, second.films, (len(first.scores), len(second.scores)),
                     Rate(told.auc, *told.interval), remark)
