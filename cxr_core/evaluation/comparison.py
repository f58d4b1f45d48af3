"""Two models on the same films: is one better, and how surely?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cxr_core.errors import DataError
from cxr_core.evaluation.bootstrap import bootstrap_auc, interval, mean_of_known
from cxr_core.evaluation.delong import DeLong, delong, holm, obuchowski
from cxr_core.evaluation.results import ENDINGS, SUBSETS, Results, held_out_first, subset
from cxr_core.evaluation.summary import FEWEST
from cxr_core.findings import NO_FINDING, title_of

_DEEPEST = 5  # parts of a path that are tried before two films of one name are called the same
EVERY = "all"  # the subset of films whose part nobody said


@dataclass(frozen=True)
class FindingDifference:
    """AUC of both models on a finding, first minus second, DeLong's z and p, and p corrected by Holm; and by patient.

    With fewer than ten films of either class there is no test: DeLong's would call equal models different far too often
    (one of five times with two ill films). z, p and corrected are then NaN, and the finding is not among those that
    Holm counts. DeLong takes films as independent. Where patients have many it calls equal models different up to seven
    times too often, so a claim rests on `p_patient`, which takes patients as draws, and asks for ten of either class.
    """

    finding: str
    n: int
    positives: int
    first: float
    second: float
    z: float
    p: float
    corrected: float
    p_patient: float
    p_patient_holm: float

    @property
    def counts(self) -> bool:
        """Whether it is tested by patient and, where it is of an illness, among those that the mean is over."""
        return bool(np.isfinite(self.p_patient))

    @property
    def difference(self) -> float:
        return self.first - self.second

    @property
    def why_untested(self) -> str:
        """Why there is no z and no p, in a few words; empty where there are."""
        if np.isfinite(self.p):
            return ""
        fewest, kind = min((self.positives, "with it"), (self.n - self.positives, "without it"))
        return f"not tested: {fewest} {'film' if fewest == 1 else 'films'} {kind}, fewer than {FEWEST}"


@dataclass(frozen=True)
class Comparison:
    """The findings both models have, and the difference of their means with its interval by patient.

    As all means here it leaves out No Finding; and findings that fewer than ten patients have, or have not, of which
    nothing is claimed. NaN where no finding is left. `other_labels` are findings that both know and that are compared
    nowhere here, as the two were scored against other labels of the same films.
    """

    first: str
    second: str
    n: int
    patients: int
    findings: tuple[FindingDifference, ...]
    mean_difference: float
    low: float
    high: float
    other_labels: tuple[str, ...] = ()

    @property
    def counted(self) -> int:
        """The findings that the means are over."""
        return sum(one.counts and one.finding != NO_FINDING for one in self.findings)

    def sentence(self) -> str:
        """What can and what cannot be concluded; a difference has the sign of what is said of it."""
        others = ""
        if self.other_labels:
            names = ", ".join(map(title_of, self.other_labels))
            others = f" Not compared, as their labels of the same films differ: {names}."
        if not self.counted:
            return (f"No finding has {FEWEST} ill and {FEWEST} well patients in {self.n:,} films: nothing is "
                    f"concluded.{others}")
        over = f"mean AUC over the {self.counted} findings" if self.counted > 1 else "AUC of the one finding"
        if self.low > 0:
            verdict = (f"{self.first} has the higher {over} both know than {self.second} on these films: difference "
                       f"{_signed(self.mean_difference, self.low, self.high)}.")
        elif self.high < 0:
            verdict = (f"{self.second} has the higher {over} both know than {self.first} on these films: difference "
                       f"{_signed(-self.mean_difference, -self.high, -self.low)}.")
        else:
            verdict = (f"These {self.n:,} films cannot tell which model has the higher {over} both know: difference, "
                       f"{self.first} less {self.second}, {_signed(self.mean_difference, self.low, self.high)}.")
        surely = ", ".join(
            f"{title_of(one.finding)} ({self.first if one.difference > 0 else self.second} higher)"
            for one in self.findings if one.p_patient_holm < 0.05
        )
        told = (f"Single findings that differ beyond chance, by patient: {surely}." if surely else
                "No single finding differs beyond chance by patient, after correction for their number.")
        few = sum(not one.counts for one in self.findings)
        left = f" Left out, with fewer than {FEWEST} ill or well patients: {few}." if few else ""
        return f"{verdict} {told}{left}{others}"


def _signed(difference: float, low: float, high: float) -> str:
    return f"{difference:+.3f} (95% by patient {low:+.3f} to {high:+.3f})"


def match_films(first: Results, second: Results) -> tuple[np.ndarray, np.ndarray]:
    """The places in either of the films they share: of one name, its ending left out.

    Films of one name in different folders are matched by as much of their paths as tells them apart.

    Raises
    ------
    DataError
        When nothing does.
    """
    ours, theirs = (pd.Series(one.names) for one in (first, second))
    several = (set(ours[ours.duplicated()]) | set(theirs[theirs.duplicated()])) & set(ours) & set(theirs)
    mine, other = (names.isin(several) for names in (ours, theirs))
    for depth in range(2, _DEEPEST + 2 if several else 2):
        for names, of_several, one in ((ours, mine, first), (theirs, other, second)):
            names[of_several] = _ends_of(one.films["path"][of_several.to_numpy()], names[of_several], depth)
        if not ours[mine].duplicated().any() and not theirs[other].duplicated().any():
            break
    else:
        if several:
            raise DataError(
                f"{first.model_id} and {second.model_id} hold {len(several):,} names that several films bear, and "
                "their paths do not tell which is which. Give each film a name of its own, and score both again."
            )
    return np.intersect1d(ours.to_numpy(str), theirs.to_numpy(str), return_indices=True)[1:]


def _ends_of(paths: pd.Series, names: pd.Series, depth: int) -> np.ndarray:
    """The last parts of each path, its ending left out; the name alone where there is no path."""
    whole = (ENDINGS.sub("", path).split("/")[-depth:] for path in paths)
    return np.array(["/".join(parts) if any(parts) else name for parts, name in zip(whole, names, strict=True)], object)


@dataclass(frozen=True)
class Shared:
    """A subset of which both hold films: its name, and the two on these films."""

    name: str
    first: Results
    second: Results


def shared_subsets(first: Results, second: Results, only: str | None = None) -> tuple[Shared, ...]:
    """Two results by subset, so that films of different ones never come into one figure; test first.

    A film of which both name the subset differently is of the house's own, else of the one that says more than `all`.
    `only` is a subset or slice of the first.

    Raises
    ------
    DataError
        When they share no film.
    """
    if only is not None:
        return (Shared(only, subset(first, only), second),)
    rows, others = match_films(first, second)
    pairs = zip(first.films["subset"].iloc[rows], second.films["subset"].iloc[others], strict=True)
    names = np.array([_of_both(*pair) for pair in pairs], str)
    found = held_out_first(names.tolist())
    if not found:
        raise DataError(f"{first.model_id} and {second.model_id} share no film: nothing to compare.")
    return tuple(
        Shared(name, _take(first, rows[names == name]), _take(second, others[names == name])) for name in found
    )


def _of_both(first: str, second: str) -> str:
    return min((first, second), key=lambda name: (name not in SUBSETS, name in ("", EVERY)))


def _take(results: Results, places: np.ndarray) -> Results:
    kept = np.zeros(len(results), bool)
    kept[places] = True
    return results.where(kept)


def compare(
    first: Results, second: Results, *, replicates: int = 1000, seed: int = 0,
    on_step: Callable[[int, int], None] | None = None,
) -> Comparison:
    """Compare two models on the films that both have scored, matched as `match_films` does.

    A finding of which any label differs is left out: another truth, or another version of it, is no common ground.
    `on_step` is called with (replicates done, in all): those of both models count.

    Raises
    ------
    DataError
        When they share no film or no finding, films of one name cannot be told apart, or their labels of the same films
        differ in every finding.
    """
    rows, others = match_films(first, second)
    findings = [key for key in first.findings if key in second.findings]
    if not len(rows) or not findings:
        raise DataError(f"{first.model_id} and {second.model_id} share {len(rows)} films and {len(findings)} "
                        "findings: nothing to compare.")
    other_labels = tuple(key for key in findings if not np.array_equal(
        first.labels[rows, first.column(key)], second.labels[others, second.column(key)]))
    findings = [key for key in findings if key not in other_labels]
    if not findings:
        raise DataError("The two models were scored against different labels of the same films. Score both again.")
    mine, theirs = ([one.column(key) for key in findings] for one in (first, second))
    labels = first.labels[np.ix_(rows, mine)]
    one, other = first.probability[np.ix_(rows, mine)], second.probability[np.ix_(others, theirs)]
    kept = [c for c in range(len(findings)) if 0 < labels[:, c].sum() < len(labels)]
    both = {c: np.stack([one[:, c], other[:, c]], axis=1) for c in kept}
    patients = np.unique(first.patients[rows], return_inverse=True)[1]
    tests = [delong(labels[:, c], both[c]) for c in kept]
    by_film = _tested(tests, [min(labels[:, c].sum(), (1 - labels[:, c]).sum()) for c in kept])
    fewest = [min(len(np.unique(patients[labels[:, c] == value])) for value in (0, 1)) for c in kept]
    clustered = _tested([obuchowski(labels[:, c], both[c], patients) for c in kept], fewest)
    counted = [c for c, count in zip(kept, fewest, strict=True) if count >= FEWEST and findings[c] != NO_FINDING]
    mean, span = np.nan, (np.nan, np.nan)
    if counted:
        mean = float(np.mean([np.subtract(*tests[kept.index(c)].auc) for c in counted]))
        span = mean_difference_span(
            labels[:, counted], one[:, counted], other[:, counted], patients, replicates=replicates, seed=seed,
            on_step=on_step,
        )
    corrected, clustered_corrected = (holm(np.array([p for _, p in outcomes])) for outcomes in (by_film, clustered))
    differences = tuple(
        FindingDifference(
            findings[c], len(labels), int(labels[:, c].sum()), *map(float, tests[at].auc), *by_film[at],
            float(corrected[at]), clustered[at][1], float(clustered_corrected[at]),
        )
        for at, c in enumerate(kept)
    )
    return Comparison(first.model_id, second.model_id, len(rows), len(np.unique(patients)), differences, mean, *span,
                      other_labels)


def _tested(fitted: list[DeLong], fewest: list[int]) -> list[tuple[float, float]]:
    """z and p of each, NaN where fewer than ten of a class would be the draws."""
    return [one.test() if count >= FEWEST else (np.nan, np.nan) for one, count in zip(fitted, fewest, strict=True)]


def mean_difference_span(
    labels: np.ndarray, one: np.ndarray, other: np.ndarray, patients: np.ndarray, *, replicates: int = 1000,
    seed: int = 0, on_step: Callable[[int, int], None] | None = None,
) -> tuple[float, float]:
    """95% interval by patient of the mean over findings of the difference in AUC, both models in the same draws.

    Parameters
    ----------
    labels, one, other : ndarray of shape (films, findings)
    patients : ndarray of shape (films,)
    """
    drawn = [
        bootstrap_auc(labels, scores, patients, replicates=replicates, seed=seed, on_step=(
            None if on_step is None else lambda done, most, before=before: on_step(before + done, 2 * most)
        ))
        for before, scores in ((0, one), (replicates, other))
    ]
    return interval(mean_of_known(drawn[0] - drawn[1]))
