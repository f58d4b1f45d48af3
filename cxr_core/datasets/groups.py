"""Two groups of films to be compared, of one data set or of two: whose films they are, and what is known of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cxr_core.datasets.collection import Collection
from cxr_core.datasets.summary import BAND, MANY, UNKNOWN, Summary
from cxr_core.datasets.trouble import TRAITS
from cxr_core.evaluation.results import NIH_NAME
from cxr_core.findings import title_of


@dataclass(frozen=True)
class Group:
    """Films of a data set: `places` in its index, int."""

    films: Collection
    places: np.ndarray

    def with_films(self) -> Group:
        """Those whose film is there: of a table that was opened without, a row may be all there is."""
        paths = self.films.index.table["path"].to_numpy()
        return Group(self.films, self.places[paths[self.places] != ""])


def patients_of(first: Group, second: Group) -> tuple[np.ndarray, np.ndarray]:
    """Whose films two groups are, a name each; who stands in both has one name.

    A film is known by its file's name without ending, also in another data set: whose film it is in one is the one
    whose it is in the other, with all other films. A name that several films of a data set bear says nothing, but for
    NIH's own. A film of nobody known is a patient of its own.
    """
    names = _names(first.films)
    if second.films is first.films:
        return names[first.places], names[second.places]
    others = np.array([f"other {name}" for name in _names(second.films)], object)
    stems, theirs = (pd.Series(_stems(one.films)) for one in (first, second))
    films = pd.Series(names, stems)[_says_which(stems).to_numpy()].groupby(level=0).first()
    known = films.reindex(theirs.where(_says_which(theirs))).to_numpy(object)
    shared = pd.notna(known)
    same = dict(zip(others[shared], known[shared], strict=True))
    return names[first.places], np.array([same.get(name, name) for name in others[second.places]], object)


def measures_of_counts(summary: Summary, kinds: np.ndarray | None = None) -> tuple[pd.DataFrame, np.ndarray]:
    """The measures of `trouble.measures` as counts alone know them, a row a kind, and how many films are of each.

    An age is the middle of its band of five years; follow-up numbers of 20 and more are 20.

    Parameters
    ----------
    summary : Summary
    kinds : ndarray of bool, shape (kinds,), optional
        Which kinds; all without it.
    """
    cube = summary.cube if kinds is None else summary.cube[kinds]
    bits = cube["findings"].to_numpy()
    told = {title_of(name): (bits >> row & 1).astype(float) for row, name in enumerate(summary.findings)}
    told[title_of(summary.none)] = (bits == 0).astype(float)
    for column, yes, no, name in (("sex", "F", "M", "Women"), ("view", "AP", "PA", "Taken AP")):
        words = cube[column].astype(str)
        told[name] = np.where(words == yes, 1.0, np.where(words == no, 0.0, np.nan))
    age = cube["age"].to_numpy(float)
    told[TRAITS["age"]] = np.where(age == UNKNOWN, np.nan, age + BAND / 2)
    told[TRAITS["follow_up"]] = np.minimum(cube["follow_up"].to_numpy(float), MANY)
    return pd.DataFrame(told), cube["films"].to_numpy(float)


def _says_which(stems: pd.Series) -> pd.Series:
    """Which names of a data set's films are of one film alone: those that no other bears, and NIH's."""
    alone = ~stems.duplicated(keep=False)
    alone[~alone] = stems[~alone].str.fullmatch(NIH_NAME.pattern)
    return alone


def _names(films: Collection) -> np.ndarray:
    """A name for each film's patient: the patient's own, or the film's place where nobody is known."""
    patient = films.index.table["patient"].astype(str).to_numpy(object)
    names, unknown = "patient " + patient, patient == ""
    names[unknown] = [f"film {place}" for place in np.flatnonzero(unknown)]
    return names


def _stems(films: Collection) -> np.ndarray:
    return films.index.table["image"].astype(str).str.rsplit(".", n=1).str[0].str.lower().to_numpy(object)
