"""AUC and its interval by patient: films of one patient are no independent draws."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from cxr_core.evaluation.ranks import placed

_STEP = 20  # replicates between two words on how far it is
_AT_ONCE = 50_000  # times of films held at once: more does not fit a core's own memory
_KEPT = 4_000_000  # times of patients that are kept for the next call of as many: 16 MB


def auc(positive: np.ndarray, scores: np.ndarray) -> float:
    """Area under the ROC curve: the chance that an ill film scores over a healthy one, ties half.

    NaN for one class, and where a score is no number.
    """
    ill = positive.astype(bool)
    if ill.all() or not ill.any() or np.isnan(scores).any():
        return float("nan")
    return float(placed(scores[ill], scores[~ill]).mean() / (~ill).sum())


def bootstrap_auc(
    targets: np.ndarray, scores: np.ndarray, patients: np.ndarray, *, replicates: int = 1000, seed: int = 0,
    on_step: Callable[[int, int], None] | None = None,
) -> np.ndarray:
    """AUC of each column in replicates that draw patients with all their films.

    Parameters
    ----------
    targets, scores : ndarray of shape (films, findings)
    patients : ndarray of shape (films,)
    on_step : callable, optional
        Called with (replicates done, in all).

    Returns
    -------
    ndarray of shape (replicates, findings); NaN where a replicate has one class only
    """
    at_once = int(np.clip(_AT_ONCE // max(len(patients), 1), 1, _STEP))
    place, drawn = draw_patients(patients, replicates, seed, at_once=at_once)
    columns = [SortedScores.of(targets[:, c], scores[:, c], place) for c in range(targets.shape[1])]
    found, done = np.empty((replicates, len(columns))), 0
    for times in drawn:
        found[done:done + len(times)] = np.stack([column.auc(times) for column in columns], axis=1)
        done += len(times)
        if on_step and (done % _STEP < len(times) or done == replicates):
            on_step(done, replicates)
    return found


def draw_patients(
    patients: np.ndarray, replicates: int, seed: int = 0, *, at_once: int = _STEP
) -> tuple[np.ndarray, Iterator[np.ndarray]]:
    """Draw as many patients as there are, with replacement, again and again.

    Parameters
    ----------
    at_once : int
        Replicates in a block. A million patients in a thousand replicates would not fit a machine's memory.

    Returns
    -------
    place : ndarray of shape (films,), int
        Each film's patient.
    drawn : iterator of ndarray of shape (at most `at_once`, patients), int
        How often each is drawn; not to be written to. The same for the same number of patients, whatever the blocks.
    """
    _, place = np.unique(patients, return_inverse=True)
    count = int(place.max(initial=-1)) + 1
    if count * replicates <= _KEPT:
        drawn = _kept(count, replicates, seed)
        return place, (drawn[start:start + at_once] for start in range(0, replicates, at_once))
    return place, _drawn(count, replicates, seed, at_once)


def _drawn(count: int, replicates: int, seed: int, at_once: int) -> Iterator[np.ndarray]:
    rng, even = np.random.default_rng(seed), np.full(count, 1 / max(count, 1))
    for start in range(0, replicates, at_once):
        yield rng.multinomial(count, even, size=min(at_once, replicates - start)).astype(np.int32)


@lru_cache(maxsize=2)
def _kept(count: int, replicates: int, seed: int) -> np.ndarray:
    drawn = np.concatenate([np.empty((0, count), np.int32), *_drawn(count, replicates, seed, _STEP)])
    drawn.setflags(write=False)
    return drawn


@dataclass(frozen=True)
class SortedScores:
    """One column in order of its scores, sorted once for all replicates.

    `well` and `ill` say whose times each film takes, its patient's or its own; `under` and `upto`, for each ill film,
    how many of the well score less, and how many less or the same.
    """

    well: np.ndarray
    ill: np.ndarray
    under: np.ndarray
    upto: np.ndarray

    @classmethod
    def of(cls, positive: np.ndarray, scores: np.ndarray, place: np.ndarray) -> SortedScores:
        ill = np.asarray(positive).astype(bool)
        order = np.argsort(scores[~ill], kind="stable")
        well = scores[~ill][order]
        sides = (np.searchsorted(well, scores[ill], side) for side in ("left", "right"))
        return cls(place[~ill][order], place[ill], *sides)

    def auc(self, times: np.ndarray) -> np.ndarray:
        """AUC when each patient counts `times` (..., patients) times: shape (...), NaN where one class is left."""
        ill = times[..., self.ill].astype(np.float64)
        counted = np.zeros((*times.shape[:-1], len(self.well) + 1))
        np.cumsum(times[..., self.well], axis=-1, out=counted[..., 1:])
        pairs = ill.sum(axis=-1) * counted[..., -1]
        won = (ill * (counted[..., self.under] + counted[..., self.upto])).sum(axis=-1) / 2
        return np.divide(won, pairs, out=np.full(pairs.shape, np.nan), where=pairs > 0)


def interval(values: np.ndarray, level: float = 0.95) -> tuple[float, float]:
    """Percentile interval over replicates, NaN ones left out; NaN where there are no others."""
    if not np.isfinite(values).any():
        return float("nan"), float("nan")
    low, high = np.nanpercentile(values, (50 - 50 * level, 50 + 50 * level))
    return float(low), float(high)


def logit_span(value: float, error: float, patients: int, level: float = 0.95) -> tuple[float, float]:
    """Interval of a share or an AUC between 0 and 1 of this standard error, in logits, by Student's t of the patients.

    NaN where either is.
    """
    from scipy.special import stdtrit  # a third of a second to import, and most of what needs this module draws nothing

    if not np.isfinite(value + error):
        return float("nan"), float("nan")
    reach = stdtrit(max(patients - 1, 1), 0.5 + level / 2) * error / (value * (1 - value))
    middle = np.log(value / (1 - value))
    low, high = 1 / (1 + np.exp(-np.array([middle - reach, middle + reach])))
    return float(low), float(high)


def all_or_none(value: float, patients: int, level: float = 0.95) -> tuple[float, float]:
    """Clopper and Pearson's interval of a share of 0 or 1, as if each patient counted once: replicates cannot vary."""
    short = (0.5 - level / 2) ** (1 / max(patients, 1))
    return (short, 1.0) if value else (0.0, 1 - short)


def chance(differences: np.ndarray) -> float:
    """Two-sided p of no difference, from replicates of the difference; NaN when fewer than half are sound."""
    sound = differences[np.isfinite(differences)]
    if len(sound) * 2 < len(differences):
        return float("nan")
    under, over = ((sound <= 0).sum() + 1) / (len(sound) + 1), ((sound >= 0).sum() + 1) / (len(sound) + 1)
    return float(min(1.0, 2 * min(under, over)))


def mean_of_known(replicates: np.ndarray) -> np.ndarray:
    """Mean over findings of each replicate (replicates, findings), NaN cells left out; NaN where there is no other."""
    known = np.isfinite(replicates)
    count = known.sum(axis=1)
    total = np.where(known, replicates, 0).sum(axis=1)
    return np.divide(total, count, out=np.full(len(replicates), np.nan), where=count > 0)
