"""The shortcut audit of the COVID-19 systems: is it disease that they read, or age and hospital?

In CoronaHack the normal films and those with pneumonia are of children, the COVID-19 films of adults elsewhere. Adults
of a third hospital without COVID-19 (NIH) tell the two apart: a network that reads disease calls the well ones normal.
DeGrave, Janizek, Lee, Nature Machine Intelligence 3 (2021) 610-619.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cxr_core.evaluation.bootstrap import auc, bootstrap_auc, interval
from cxr_core.evaluation.classes import Audit, Called, Rate, ToldApart
from cxr_core.evaluation.exclusive import rate

_FAIR = "0.50 would be fair"
_BOTH = "illness and hospital differ at once"


@dataclass(frozen=True)
class Group:
    """Films of one kind: what they are in words, their scores (films, classes) 0 to 1, and their patients (films,)."""

    films: str
    scores: np.ndarray
    patients: np.ndarray


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
    """The AUC of a class's score, the films of `first` as positives; its interval draws patients of either group."""
    scores = np.concatenate([first.scores[:, column], second.scores[:, column]])
    positive = np.repeat([1.0, 0.0], (len(first.scores), len(second.scores)))
    patients = np.array([f"1:{one}" for one in first.patients] + [f"2:{one}" for one in second.patients])
    replicates = bootstrap_auc(positive[:, None], scores[:, None], patients)
    return ToldApart(
        score, first.films, second.films, (len(first.scores), len(second.scores)),
        Rate(auc(positive, scores), *interval(replicates[:, 0])), remark,
    )
