"""Figures of a selection of films, from a summary: every one in a few milliseconds, whatever the data set's size."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from cxr_core.datasets.sampling import BASE
from cxr_core.datasets.summary import UNKNOWN, Summary
from cxr_core.findings import NIH14, NO_FINDING

FINDINGS_AND_NONE = (*NIH14, NO_FINDING)


@dataclass(frozen=True)
class Selection:
    """Which films are looked at; what is empty or None asks nothing.

    `any_of`, `all_of` and `none_of` are findings, No Finding among them. `age` is from and to in years, both included;
    with it, films of unknown age are left out. `follow_up` is from and to as well.
    """

    any_of: tuple[str, ...] = ()
    all_of: tuple[str, ...] = ()
    none_of: tuple[str, ...] = ()
    age: tuple[int, int] | None = None
    sex: str = ""
    view: str = ""
    follow_up: tuple[int, int] | None = None
    split: str = ""
    boxed: bool | None = None

    def kinds(self, summary: Summary) -> np.ndarray:
        """Which kinds of a summary are selected: bool, shape (kinds,). An age band counts where it begins."""
        cube, bits = summary.cube, _bits(summary)
        keep = np.ones(len(cube), bool)
        if self.any_of:
            keep &= bits[:, _places(self.any_of)].any(axis=1)
        if self.all_of:
            keep &= bits[:, _places(self.all_of)].all(axis=1)
        if self.none_of:
            keep &= ~bits[:, _places(self.none_of)].any(axis=1)
        for wanted, column in ((self.age, "age"), (self.follow_up, "follow_up")):
            if wanted is not None:
                keep &= cube[column].between(*wanted).to_numpy()
        for value, column in ((self.sex, "sex"), (self.view, "view"), (self.split, "split")):
            if value:
                keep &= (cube[column] == value).to_numpy()
        if self.boxed is not None:
            keep &= (cube["boxed"] == self.boxed).to_numpy()
        return keep


@dataclass(frozen=True)
class Counts:
    """What a selection holds; every count is of films.

    `findings` by name, No Finding included. `together` has shape (14, 14): films with both findings, and on the
    diagonal those with the one. `ages` is a table of `age` (lower end of a band), `sex` and `films`; `per_film` counts
    films by their number of findings; `views` is a table of findings by view. `drawn` are the shares of the findings
    in the weighted draw, `shares` those among the films as they are.
    """

    films: int
    findings: dict[str, int]
    together: np.ndarray
    ages: pd.DataFrame
    per_film: dict[int, int]
    views: pd.DataFrame
    shares: dict[str, float] = field(default_factory=dict)
    drawn: dict[str, float] = field(default_factory=dict)

    def conditional(self) -> np.ndarray:
        """Chance of the column's finding in films with the row's, shape (14, 14); NaN where no film has the row's."""
        return _divide(self.together, np.diag(self.together)[:, None])

    def lift(self) -> np.ndarray:
        """How many times as often two findings stand together as if they knew nothing of each other, shape (14, 14)."""
        single = np.diag(self.together).astype(float)
        return _divide(self.together * self.films, single[:, None] * single[None, :])


def count(summary: Summary, kinds: np.ndarray | None = None, *, base: float = BASE) -> Counts:
    """Count the films of the kinds selected, bool of shape (kinds,); all without it.

    `base` is the weight of a film without findings in the weighted draw, where each finding adds 1 (Khan 2018).
    """
    keep = np.ones(len(summary.cube), bool) if kinds is None else kinds
    cube, bits = summary.cube[keep], _bits(summary)[keep]
    films = cube["films"].to_numpy(np.int64)
    ill = bits[:, :-1].astype(np.int64)
    of_each = films @ bits
    number = ill.sum(axis=1)
    weight = films * (base + number)
    views = sorted(view for view in summary.cube["view"].unique() if view)
    return Counts(
        films=int(films.sum()),
        findings=dict(zip(FINDINGS_AND_NONE, of_each.tolist(), strict=True)),
        together=ill.T @ (ill * films[:, None]),
        ages=cube[cube["age"] != UNKNOWN].groupby(["age", "sex"], observed=True)["films"].sum().reset_index(),
        per_film={int(n): int(films[number == n].sum()) for n in np.unique(number)},
        views=pd.DataFrame(
            {view: (films * (cube["view"] == view).to_numpy()) @ bits for view in views}, index=list(FINDINGS_AND_NONE)
        ),
        shares=dict(zip(FINDINGS_AND_NONE, _divide(of_each, films.sum()).tolist(), strict=True)),
        drawn=dict(zip(FINDINGS_AND_NONE, _divide(weight @ bits, weight.sum()).tolist(), strict=True)),
    )


def _bits(summary: Summary) -> np.ndarray:
    """Findings of each kind, No Finding last: bool, shape (kinds, 15)."""
    codes = summary.cube["findings"].to_numpy()
    ill = (codes[:, None] >> np.arange(len(NIH14)) & 1).astype(bool)
    return np.concatenate([ill, (codes == 0)[:, None]], axis=1)


def _places(names: tuple[str, ...]) -> list[int]:
    return [FINDINGS_AND_NONE.index(name) for name in names]


def _divide(part: np.ndarray, whole: np.ndarray | float) -> np.ndarray:
    part = np.asarray(part, float)
    whole = np.broadcast_to(np.asarray(whole, float), part.shape)
    return np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)
