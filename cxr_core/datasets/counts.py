"""Figures of a selection of films, from a summary: every one in a few milliseconds, whatever the data set's size."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from cxr_core.datasets.nih_table import OLDEST
from cxr_core.datasets.picked import Picked
from cxr_core.datasets.summary import BAND, UNKNOWN, Summary
from cxr_core.findings import NIH14, NO_FINDING

FINDINGS_AND_NONE = (*NIH14, NO_FINDING)


@dataclass(frozen=True)
class Selection:
    """Which films are looked at; what is empty or None asks nothing.

    `any_of`, `all_of` and `none_of` are findings, No Finding among them. `age` is from and under in years, as edges of
    bands of five: (40, 60) are the ages 40 to 59, (40, 40) the one band 40 to 44, and under 120 is no bound. With it,
    films of unknown age are left out. `follow_up` is from and to, both included. `picked` are films that stand for
    themselves: `Collection.places` and `Collection.summary_of` heed them, a cube of counts cannot.
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
    picked: Picked | None = None

    def kinds(self, summary: Summary) -> np.ndarray:
        """Which kinds of a summary are selected: bool, shape (kinds,)."""
        return self.rows(summary.cube, summary.names)

    def rows(self, cube: pd.DataFrame, names: tuple[str, ...]) -> np.ndarray:
        """Which rows of a cube, or of `summary.traits` of films, are selected: bool, shape (rows,).

        `names` are the findings of the data set, and last what a film without any is called.
        """
        bits = _bits(cube, len(names) - 1)
        keep = np.ones(len(cube), bool)
        if self.any_of:
            keep &= bits[:, _places(self.any_of, names)].any(axis=1)
        if self.all_of:
            keep &= bits[:, _places(self.all_of, names)].all(axis=1)
        if self.none_of:
            keep &= ~bits[:, _places(self.none_of, names)].any(axis=1)
        if self.age is not None:
            keep &= _in_bands(cube["age"].to_numpy(), *self.age)
        if self.follow_up is not None:
            keep &= cube["follow_up"].between(*self.follow_up).to_numpy()
        for value, column in ((self.sex, "sex"), (self.view, "view"), (self.split, "split")):
            if value:
                keep &= (cube[column] == value).to_numpy()
        if self.boxed is not None:
            keep &= (cube["boxed"] == self.boxed).to_numpy()
        return keep

    def with_all_of(self, findings: tuple[str, ...]) -> Selection:
        """Of these films those that have all of these findings as well."""
        return replace(self, all_of=tuple(dict.fromkeys((*self.all_of, *findings))))

    def within(self, summary: Summary) -> Selection:
        """What of this selection a data set can be asked: findings, sexes, views and parts that it has not go.

        So do picked films: they are another's.
        """
        def known(wanted: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(one for one in wanted if one in summary.names)

        def there(value: str, column: str) -> str:
            return value if value in set(summary.cube[column]) else ""

        return replace(
            self, any_of=known(self.any_of), all_of=known(self.all_of), none_of=known(self.none_of),
            sex=there(self.sex, "sex"), view=there(self.view, "view"), split=there(self.split, "split"),
            boxed=self.boxed if summary.cube["boxed"].any() else None, picked=None,
        )


@dataclass(frozen=True)
class Counts:
    """What a selection holds; every count is of films.

    `findings` by name, last what a film without any is called. `together` has shape (findings,
    findings): films with both, and on the diagonal those with the one. `ages` is a table of `age` (lower end of a
    band), `sex` and `films`; `per_film` counts films by their number of findings; `views` is a table of findings by
    view.
    """

    films: int
    findings: dict[str, int]
    together: np.ndarray
    ages: pd.DataFrame
    per_film: dict[int, int]
    views: pd.DataFrame

    @property
    def names(self) -> tuple[str, ...]:
        """The findings, in the order of `together`."""
        return tuple(self.findings)[:-1]

    def conditional(self) -> np.ndarray:
        """Chance of the column's finding in films with the row's, shape (14, 14); NaN where no film has the row's."""
        return _divide(self.together, np.diag(self.together)[:, None])

    def lift(self) -> np.ndarray:
        """How many times as often two findings stand together as if they knew nothing of each other, shape (14, 14)."""
        single = np.diag(self.together).astype(float)
        return _divide(self.together * self.films, single[:, None] * single[None, :])


def count(summary: Summary, kinds: np.ndarray | None = None) -> Counts:
    """Count the films of the kinds selected, bool of shape (kinds,); all without it."""
    keep = np.ones(len(summary.cube), bool) if kinds is None else kinds
    cube = summary.cube[keep]
    bits, names = _bits(cube, len(summary.findings)), summary.names
    films = cube["films"].to_numpy(np.int64)
    ill = bits[:, :-1].astype(np.int64)
    of_each = films @ bits
    number = ill.sum(axis=1)
    views = sorted(view for view in summary.cube["view"].unique() if view)
    return Counts(
        films=int(films.sum()),
        findings=dict(zip(names, of_each.tolist(), strict=True)),
        together=ill.T @ (ill * films[:, None]),
        ages=cube[cube["age"] != UNKNOWN].groupby(["age", "sex"], observed=True)["films"].sum().reset_index(),
        per_film={int(n): int(films[number == n].sum()) for n in np.unique(number)},
        views=pd.DataFrame(
            {view: (films * (cube["view"] == view).to_numpy()) @ bits for view in views}, index=list(names)
        ),
    )


def _in_bands(bands: np.ndarray, low: int, high: int) -> np.ndarray:
    """Which lower ends of bands lie from `low` to under `high`, or are the band of both: bool, shape (rows,)."""
    if low == high:
        return bands == low // BAND * BAND
    return (bands >= low) & ((bands < high) | (high >= OLDEST))


def _bits(cube: pd.DataFrame, findings: int) -> np.ndarray:
    """Findings of each row, and last whether it has none: bool, shape (rows, findings + 1)."""
    codes = cube["findings"].to_numpy()
    ill = (codes[:, None] >> np.arange(findings) & 1).astype(bool)
    return np.concatenate([ill, (codes == 0)[:, None]], axis=1)


def _places(wanted: tuple[str, ...], names: tuple[str, ...]) -> list[int]:
    return [names.index(name) for name in wanted]


def _divide(part: np.ndarray, whole: np.ndarray | float) -> np.ndarray:
    part = np.asarray(part, float)
    whole = np.broadcast_to(np.asarray(whole, float), part.shape)
    return np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)
