"""What the published weighted draw shows a network, from counts: how often each finding comes, in all and by group.

Khan drew 40,000 films and put none back: a film is drawn once at most, so that the rare ones run out and the shares of
the draw lie nearer to those of the set than the weights say. Recipes of this house draw anew each epoch and put each
film back: there the shares are the weights'.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cxr_core.datasets.sampling import BASE
from cxr_core.datasets.summary import UNKNOWN, Summary

FILMS, OF = 40_000, 112_120  # drawn by Khan (2018)
KHAN = 100 * FILMS / OF  # films in a hundred
GROUPS = {"": "all", "sex": "by sex", "age": "by age"}
_AGES = (0, 20, 40, 60)  # years a group begins at
_SEXES = {"F": "women", "M": "men"}


def expected_showings(weights: np.ndarray, films: np.ndarray, drawn: int, *, put_back: bool = False) -> np.ndarray:
    """How many films of each kind a draw of `drawn` shows on average: float, shape (kinds,), sum `drawn`.

    Parameters
    ----------
    weights : ndarray of shape (kinds,)
        Of one film of the kind: how much likelier it is drawn next.
    films : ndarray of shape (kinds,)
        How many films there are of each kind.
    drawn : int
        At most the films of any weight there are, unless they are put back.
    put_back : bool
        Whether a film that was drawn may be drawn again.

    Notes
    -----
    Without putting back, films come in the order in which exponential clocks ring, each at the rate of its weight; by
    the time t at which `drawn` have rung, a film has with 1 - exp(-w t). Exact in the limit of many films (Rosen 1972).
    """
    weights, films = np.asarray(weights, float), np.asarray(films, float)
    if put_back:
        total = float(weights @ films)
        return films * weights / total * drawn if total else np.zeros(len(films))
    there = float(films[weights > 0].sum())
    if drawn >= there:
        return np.where(weights > 0, films, 0.0)
    kinds, of = np.unique(weights, return_inverse=True)  # few: so many weights as a film can have findings
    return films * _chance(kinds, np.bincount(of, weights=films), drawn)[of]


def _chance(weights: np.ndarray, films: np.ndarray, drawn: int) -> np.ndarray:
    """The chance of a film of each weight to be among the first `drawn`, by halving the time until they have rung."""
    low, high = 0.0, 1.0
    while films @ -np.expm1(-weights * high) < drawn:
        high *= 2
    while high - low > 1e-12 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if films @ -np.expm1(-weights * middle) < drawn else (low, middle)
    return -np.expm1(-weights * high)


def draw_shares(
    summary: Summary, kinds: np.ndarray | None = None, *, drawn: int = FILMS, base: float = BASE,
    put_back: bool = False, by: str = "",
) -> pd.DataFrame:
    """How frequent each finding is among the films as they are and in the draw.

    Parameters
    ----------
    summary : Summary
    kinds : ndarray of bool, shape (kinds,), optional
        Which films are drawn from; all without it.
    drawn : int
        Films that are drawn; all there are where there are no more, unless they are put back.
    base : float
        The weight of a film without findings; each finding adds 1 (Khan 2018).
    put_back : bool
    by : str
        One of `GROUPS`: shares within women and men, or within ages, of one draw from all of them.

    Returns
    -------
    DataFrame
        A row a group and finding: `group`, `finding`, `films` (as they are), `share` and `drawn` (0 to 1).
    """
    cube = summary.cube if kinds is None else summary.cube[kinds]
    codes, films = cube["findings"].to_numpy(np.int64), cube["films"].to_numpy(float)
    bits = (codes[:, None] >> np.arange(len(summary.findings)) & 1).astype(float)
    has = np.concatenate([bits, (codes == 0)[:, None]], axis=1)
    shown = expected_showings(base + bits.sum(axis=1), films, drawn, put_back=put_back)
    made = []
    for group, within in _groups(cube, by):
        of, times = films * within, shown * within
        counts = of @ has
        made.append(pd.DataFrame({
            "group": group, "finding": summary.names, "films": np.round(counts).astype(int),
            "share": counts / max(float(of.sum()), 1e-12), "drawn": times @ has / max(float(times.sum()), 1e-12),
        }))
    return pd.concat(made, ignore_index=True) if made else pd.DataFrame()


def _groups(cube: pd.DataFrame, by: str) -> list[tuple[str, np.ndarray]]:
    """Groups that have films, and which kinds are theirs; those of unknown sex or age are in none."""
    if by == "sex":
        told = [(name, (cube["sex"] == sex).to_numpy()) for sex, name in _SEXES.items()]
    elif by == "age":
        age = cube["age"].to_numpy()
        ends = (*_AGES[1:], np.inf)
        told = [(f"{low} to {high - 1:.0f}" if np.isfinite(high) else f"{low} and over",
                 (age != UNKNOWN) & (age >= low) & (age < high)) for low, high in zip(_AGES, ends, strict=True)]
    else:
        told = [("all", np.ones(len(cube), bool))]
    return [(name, within) for name, within in told if within.any()]
