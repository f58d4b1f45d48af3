"""Which films stand behind a cell of the confusion counts, the worst first."""

from __future__ import annotations

from enum import StrEnum

import numpy as np


class Cell(StrEnum):
    """A cell of the confusion counts, named as readers of films do."""

    found = "found"
    false_alarm = "false alarm"
    missed = "missed"
    cleared = "cleared"

    @property
    def is_ill(self) -> bool:
        """Whether its films have the finding."""
        return self in (Cell.found, Cell.missed)

    @property
    def is_called(self) -> bool:
        """Whether its films are called positive."""
        return self in (Cell.found, Cell.false_alarm)


def films_behind(positive: np.ndarray, probability: np.ndarray, threshold: float, cell: Cell) -> np.ndarray:
    """Places of a cell's films, the most wrong first, and then those nearest to being wrong.

    False alarms and cleared films come highest score first, missed and found ones lowest first; of films with the same
    score the earlier comes first.

    Parameters
    ----------
    positive : ndarray of shape (films,), 0 or 1
    probability : ndarray of shape (films,), 0 to 1
    threshold : float
        A film at it is called.
    cell : Cell

    Returns
    -------
    ndarray of int
    """
    ill, called = np.asarray(positive).astype(bool), probability >= threshold
    places = np.flatnonzero((ill == cell.is_ill) & (called == cell.is_called))
    scores = probability[places]
    return places[np.argsort(scores if cell.is_ill else -scores, kind="stable")]


def films_confused(true: np.ndarray, share: np.ndarray, is_class: int, called: int) -> np.ndarray:
    """Places of the films of a class that are called another (or the same): the surest first where it is wrong.

    Parameters
    ----------
    true : ndarray of shape (films,), int
        Places of the classes.
    share : ndarray of shape (films, classes), 0 to 1
    is_class, called : int
        Row and column of the confusion matrix.
    """
    places = np.flatnonzero((true == is_class) & (share.argmax(axis=1) == called))
    sure = share[places, called]
    return places[np.argsort(sure if is_class == called else -sure, kind="stable")]
