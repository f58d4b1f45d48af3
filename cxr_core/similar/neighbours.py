"""What the films most like one film bear as labels, counted beside its own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cxr_core.datasets.collection import Collection
from cxr_core.datasets.patients import films_of
from cxr_core.findings import title_of
from cxr_core.similar.vectors import FilmVectors, Neighbours

COUNT = 10


@dataclass(frozen=True)
class LabelCount:
    """How many of the `neighbours` bear a label, its share of all films (0 to 1), and whether the film itself does."""

    finding: str
    films: int
    neighbours: int
    share: float
    own: bool

    @property
    def in_words(self) -> str:
        return f"{self.films} of {self.neighbours} have {title_of(self.finding)}, {self.share:.0%} of all films have."


def find_similar(
    films: Collection, vectors: FilmVectors, place: int, *, count: int = COUNT, same_patient: bool = False
) -> Neighbours | None:
    """The films most like the one at a place, itself left out; None where it has no vector.

    A patient's other films are near because they are of one body: with `same_patient` they are counted as well. Where
    patients are not known, films are left out by themselves alone.
    """
    vector = vectors.of(place)
    if vector is None:
        return None
    patient = films.index.table["patient"].iloc[place]
    left_out = np.array([place]) if same_patient or not patient else films_of(films, patient)
    return vectors.nearest(vector, count, left_out)


def count_labels(films: Collection, neighbours: np.ndarray, place: int | None = None) -> list[LabelCount]:
    """The labels that neighbours (places, int) or the film at `place` bear: its own first, then the most frequent."""
    summary, bits = films.summary, films.traits["findings"].to_numpy()
    everything = summary.cube["films"].to_numpy()

    def bears(kinds: np.ndarray, name: str) -> np.ndarray:
        return kinds == 0 if name == summary.none else (kinds >> summary.findings.index(name) & 1).astype(bool)

    made = []
    for name in summary.names:
        share = float(everything[bears(summary.cube["findings"].to_numpy(), name)].sum() / max(summary.films, 1))
        own = place is not None and bool(bears(bits[[place]], name)[0])
        made.append(LabelCount(name, int(bears(bits[neighbours], name).sum()), len(neighbours), share, own))
    return sorted((one for one in made if one.films or one.own),
                  key=lambda one: (not one.own, -one.films, one.finding == summary.none))
