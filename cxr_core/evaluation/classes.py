"""What is measured of a model with exclusive classes: confusion, rates with their intervals, the shortcut audit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from cxr_core.words import counted


@dataclass(frozen=True)
class Rate:
    """A share of films, 0 to 1, with its 95% interval by patient."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Confusion:
    """What the films of a subset are called: `counts[true][called]`, both in the order of `classes`.

    `sensitivity` and `specificity` are by class; a class without films (or without others) is not in them.
    """

    films: str
    n: int
    patients: int
    classes: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    accuracy: Rate
    sensitivity: dict[str, Rate]
    specificity: dict[str, Rate]

    @property
    def in_words(self) -> str:
        """Its accuracy in a line."""
        told = self.accuracy
        return (f"{self.films}: accuracy {told.value:.1%} ({told.low:.1%} to {told.high:.1%} by patient), "
                f"{counted(self.n, 'film')} of {counted(self.patients, 'patient')}")


@dataclass(frozen=True)
class Called:
    """The share of some films that is called each class."""

    films: str
    n: int
    patients: int
    shares: dict[str, Rate]


@dataclass(frozen=True)
class ToldApart:
    """How well a class's score tells the films `first` from the films `second`: AUC, with its interval by patient."""

    score: str
    first: str
    second: str
    n: tuple[int, int]
    auc: Rate
    remark: str


@dataclass(frozen=True)
class Audit:
    """Whether the model reads age and hospital in place of disease; without rows it was not audited."""

    called: tuple[Called, ...] = ()
    told_apart: tuple[ToldApart, ...] = ()

    @property
    def in_words(self) -> str:
        """The first row of either kind in one line."""
        if not self.called or not self.told_apart:
            return "Not audited for shortcuts: nobody knows whether it reads disease, or age and hospital."
        called, told = self.called[0], self.told_apart[0]
        alarm, rate = list(called.shares.items())[-1]
        return (
            f"Shortcut audit: of {called.n:,} films of {called.films} {rate.value:.0%} are called {alarm}; the score "
            f"of {told.score} tells {told.first} from {told.second} with AUC {told.auc.value:.2f} ({told.remark})."
        )


@dataclass(frozen=True)
class ClassesCard:
    """The part of a card on exclusive classes; `temperature` divides the logits (Guo et al. 2017, arXiv:1706.04599).

    None where nobody knows it, as with other people's weights: their scores stay as they are.
    """

    temperature: float | None
    confusions: tuple[Confusion, ...] = ()
    audit: Audit = Audit()


def temper(raw: np.ndarray, temperature: float) -> np.ndarray:
    """Softmax outputs of shape (..., classes) with their logits divided by the temperature; the order stays."""
    logits = np.log(np.clip(np.asarray(raw, np.float64), 1e-7, 1)) / temperature
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def classes_of(table: dict[str, Any]) -> ClassesCard:
    """The card's part from its TOML table."""
    audit = table.get("audit", {})
    return ClassesCard(
        table.get("temperature"),
        tuple(
            Confusion(
                row["films"], row["n"], row["patients"], tuple(row["classes"]), tuple(map(tuple, row["counts"])),
                Rate(**row["accuracy"]), _rates(row["sensitivity"]), _rates(row["specificity"]),
            )
            for row in table.get("confusions", ())
        ),
        Audit(
            tuple(Called(**row | {"shares": _rates(row["shares"])}) for row in audit.get("called", ())),
            tuple(
                ToldApart(**row | {"n": tuple(row["n"]), "auc": Rate(**row["auc"])})
                for row in audit.get("told_apart", ())
            ),
        ),
    )


def _rates(table: dict[str, Any]) -> dict[str, Rate]:
    return {name: Rate(**row) for name, row in table.items()}
