"""Is the model as good for everyone? AUC, sensitivity and missed illness by sex, age and view, with their chance.

Films of ill people called healthy are what hurts most (Seyyed-Kalantari et al. 2021, Nature Medicine 27:2176).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import pandas as pd

from cxr_core.evaluation.by_patient import ByPatient, auc_by_patient, chance_of_gap, share_by_patient
from cxr_core.evaluation.delong import holm
from cxr_core.evaluation.summary import FEWEST

AGE_BANDS = ((0, 20), (20, 40), (40, 60), (60, 80), (80, 121))  # years, the last not included
FEWEST_FILMS = 20  # a group of fewer is not shown
Measure = Callable[[np.ndarray], ByPatient]  # of the films that are True
OnStep = Callable[[int, int], None]  # groups done, of how many


@dataclass(frozen=True)
class Group:
    """The films of one group: `trait` is "sex", "age", "view" or a crossing, `name` is "F" or "F, 60 to 79"."""

    trait: str
    name: str
    rows: np.ndarray


@dataclass(frozen=True)
class Gap:
    """A measure on one group beside the same on all films outside it.

    `low` and `high` are the group's 95% interval by patient; `p` is how often chance alone gives such a gap, two-sided,
    and `corrected` is p after Holm over all groups that are told together, of every trait; women beside all others are
    the one comparison that men are, where every film is of either. NaN where either side has nothing to measure, or too
    little for a claim.
    """

    trait: str
    group: str
    films: int
    patients: int
    of: int  # films that the measure looks at: ill ones for sensitivity
    ill: int
    others_ill: int
    fewest: int  # of the classes that the measure needs (ill films; for AUC well ones too), in the group and outside
    value: float
    low: float
    high: float
    others: float
    p: float
    corrected: float

    @property
    def claims(self) -> bool:
        """Whether there are enough films on both sides to say anything."""
        return self.fewest >= FEWEST

    @property
    def exceeds_chance(self) -> bool:
        return self.claims and bool(self.corrected < 0.05)


def groups_of(films: pd.DataFrame) -> Iterator[Group]:
    """Groups by sex, age band and view, and their crossings in pairs, of 20 films and more.

    `films` has the columns sex (M, F), age (years) and view (AP, PA); what is unknown belongs to no group.
    """
    age = films["age"].to_numpy(float)
    single: dict[str, dict[str, np.ndarray]] = {
        "sex": {name: (films["sex"] == name).to_numpy() for name in ("F", "M")},
        "age": {_band(low, high): (age >= low) & (age < high) for low, high in AGE_BANDS},
        "view": {name: (films["view"] == name).to_numpy() for name in ("AP", "PA")},
    }
    for trait, parts in single.items():
        yield from _large(Group(trait, name, rows) for name, rows in parts.items())
    for first, second in combinations(single, 2):
        yield from _large(
            Group(f"{first} and {second}", f"{one}, {other}", rows & others)
            for one, rows in single[first].items() for other, others in single[second].items()
        )


def auc_gaps(
    films: pd.DataFrame, positive: np.ndarray, probability: np.ndarray, *, on_step: OnStep | None = None
) -> tuple[Gap, ...]:
    """The AUC of one finding by group. `positive` and `probability` have shape (films,)."""
    ill, (place, names) = np.asarray(positive).astype(bool), pd.factorize(films["patient"])

    def area(rows: np.ndarray) -> ByPatient:
        return auc_by_patient(ill[rows], np.asarray(probability)[rows], place[rows], len(names))

    return _gaps(films, np.ones(len(films), bool), (ill, ~ill), area, on_step)


def sensitivity_gaps(
    films: pd.DataFrame, positive: np.ndarray, called: np.ndarray, *, on_step: OnStep | None = None
) -> tuple[Gap, ...]:
    """The share of films with the finding that are called, by group. Both arrays are of shape (films,), bool."""
    return _shares(films, positive.astype(bool), called.astype(bool), on_step)


def missed_illness_gaps(
    films: pd.DataFrame, ill: np.ndarray, called_healthy: np.ndarray, *, on_step: OnStep | None = None
) -> tuple[Gap, ...]:
    """The share of films with any finding that are called No Finding, by group: the rate of underdiagnosis."""
    return _shares(films, ill.astype(bool), called_healthy.astype(bool), on_step)


def _shares(films: pd.DataFrame, among: np.ndarray, called: np.ndarray, on_step: OnStep | None) -> tuple[Gap, ...]:
    place, names = pd.factorize(films["patient"])

    def share(rows: np.ndarray) -> ByPatient:
        return share_by_patient(called[rows & among], place[rows & among], len(names))

    return _gaps(films, among, (among,), share, on_step)


def _gaps(
    films: pd.DataFrame, among: np.ndarray, classes: tuple[np.ndarray, ...], measure: Measure, on_step: OnStep | None
) -> tuple[Gap, ...]:
    """`classes` are the films that the measure needs of each kind, the ill ones first."""
    found: list[Gap] = []
    groups = list(groups_of(films))
    for done, group in enumerate(groups, 1):
        inside, outside = measure(group.rows), measure(~group.rows)
        counts = [[int((side & kind).sum()) for kind in classes] for side in (group.rows, ~group.rows)]
        fewest = min(map(min, counts))
        found.append(Gap(
            group.trait, group.name, int(group.rows.sum()), films["patient"][group.rows].nunique(),
            int((group.rows & among).sum()), counts[0][0], counts[1][0], fewest, inside.value, *inside.interval(),
            outside.value, chance_of_gap(inside, outside) if fewest >= FEWEST else np.nan, np.nan,
        ))
        if on_step:
            on_step(done, len(groups))
    return _corrected(found, [min(group.rows.tobytes(), (~group.rows).tobytes()) for group in groups])


def _corrected(gaps: list[Gap], sides: list[bytes]) -> tuple[Gap, ...]:
    """Holm over the comparisons there are: groups that split the films alike (`sides`) make one."""
    first = {side: place for place, side in reversed(list(enumerate(sides)))}
    corrected = holm(np.array([
        gap.p if first[side] == place else np.nan for place, (gap, side) in enumerate(zip(gaps, sides, strict=True))
    ]))
    return tuple(replace(gap, corrected=float(corrected[first[side]])) for gap, side in zip(gaps, sides, strict=True))


def _band(low: int, high: int) -> str:
    return f"{low} and over" if high > 120 else f"{low} to {high - 1}"


def _large(groups: Iterator[Group]) -> Iterator[Group]:
    return (group for group in groups if group.rows.sum() >= FEWEST_FILMS)
