"""What a model said of the films of a data set, from stored results; and films in an order that helps the eye."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cxr_core.datasets.index import Index
from cxr_core.evaluation.results import ENDINGS, NIH_NAME, Results
from cxr_core.findings import NO_FINDING

LEAST = 1e-4  # a probability under this is held to be this: no single film outweighs all others
ORDERS = {
    "patient": "Patient and follow-up", "young": "Youngest first", "old": "Oldest first", "labels": "Most labels first",
    "score": "Highest score first", "doubt": "Label and score disagree most",
}
BY_SCORE = ("score", "doubt")


@dataclass(frozen=True)
class FilmScores:
    """Calibrated probabilities of a model, float32 of shape (films, findings); NaN for a film it has not scored."""

    findings: tuple[str, ...]
    probability: np.ndarray

    @property
    def films(self) -> int:
        """How many films have scores."""
        return int(np.isfinite(self.probability).any(axis=1).sum())

    def of(self, finding: str) -> np.ndarray:
        """Probabilities of one finding, shape (films,)."""
        return self.probability[:, self.findings.index(finding)]


def match_scores(index: Index, results: Results) -> FilmScores:
    """Stored results as rows of an index.

    A film of NIH is known by its name wherever it lies. Other names may mean other films elsewhere: there the path must
    be the same as well.
    """
    names = index.table["image"].str.replace(ENDINGS, "", regex=True)
    theirs = pd.Series(results.names)
    is_nih = names.map(lambda name: NIH_NAME.fullmatch(name) is not None).to_numpy(bool)
    by_name = pd.Series(np.arange(len(theirs)), index=theirs)
    by_name = by_name[~by_name.index.duplicated()]
    rows = np.full(len(index), -1)
    rows[is_nih] = by_name.reindex(names[is_nih]).fillna(-1).to_numpy(int)
    if "path" in results.films and not is_nih.all():
        paths = results.films["path"].astype(str) + "\n" + theirs
        by_path = pd.Series(np.arange(len(theirs)), index=paths)
        by_path = by_path[~by_path.index.duplicated() & (results.films["path"].astype(str) != "").to_numpy()]
        wanted = index.table["path"].astype(str) + "\n" + names
        rows[~is_nih] = by_path.reindex(wanted[~is_nih]).fillna(-1).to_numpy(int)
    probability = np.full((len(index), len(results.findings)), np.nan, np.float32)
    probability[rows >= 0] = results.probability[rows[rows >= 0]]
    return FilmScores(results.findings, probability)


def disagreement(labels: np.ndarray, probability: np.ndarray) -> np.ndarray:
    """How much a label surprises one who believes the model, in bits: -log2 of the label's probability.

    Parameters
    ----------
    labels : ndarray of shape (films,), 0 or 1
    probability : ndarray of shape (films,), 0 to 1; NaN stays NaN
    """
    believed = np.where(labels > 0.5, probability, 1 - probability)
    return -np.log2(np.clip(believed, LEAST, 1))


def order_films(
    index: Index, places: np.ndarray, order: str, scores: FilmScores | None = None, finding: str = ""
) -> np.ndarray:
    """Places of films in one of `ORDERS`; the orders by score leave out films without one.

    Films that are alike in what is asked stay in order of patient and follow-up; those of unknown age come last.
    """
    table = index.table.iloc[places]
    patient = pd.to_numeric(table["patient"], errors="coerce")
    by_patient = (table["follow_up"].to_numpy(), patient.fillna(np.inf).to_numpy() if patient.notna().any() else
                  pd.factorize(table["patient"], sort=True)[0])
    if order in BY_SCORE:
        if scores is None:
            return places[:0]
        value = scores.of(finding)[places]
        if order == "doubt":
            value = disagreement(index.take(places).targets((finding,))[:, 0], value)
        sorted_ = np.lexsort((*by_patient, -value))
        return places[sorted_[np.isfinite(value[sorted_])]]
    age = table["age"].to_numpy(float)
    labels = table["labels"].astype(str).str.count(r"\|").to_numpy() + (table["labels"] != NO_FINDING).to_numpy()
    first = {"young": age, "old": -age, "labels": -labels}.get(order)
    return places[np.lexsort(by_patient if first is None else (*by_patient, first))]
