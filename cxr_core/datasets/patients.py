"""The patients of a data set: who has how many films, with which findings, in which order."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cxr_core.datasets.collection import Collection
from cxr_core.findings import title_of

COLUMNS = ("patient", "films", "from", "to", "sex", "findings")


def list_patients(films: Collection, places: np.ndarray) -> pd.DataFrame:
    """A row per patient with a film among `places`, those with most films first; films of nobody's are left out.

    `films` counts those among `places`, `from` and `to` are the ages on these (years, NaN unknown), `findings` all
    that any of them is labelled with, in words.
    """
    places = places[(films.index.table["patient"].iloc[places] != "").to_numpy()]
    table = films.index.table.iloc[places]
    codes, patients = pd.factorize(table["patient"])
    bits = np.zeros(len(patients), np.int64)
    np.bitwise_or.at(bits, codes, films.traits["findings"].to_numpy(np.int64)[places])
    age = table["age"].groupby(codes)
    names = [title_of(name) for name in films.summary.findings]
    words = {code: ", ".join(name for bit, name in enumerate(names) if code >> bit & 1) for code in np.unique(bits)}
    listed = pd.DataFrame({
        "patient": patients, "films": np.bincount(codes, minlength=len(patients)), "from": age.min().to_numpy(),
        "to": age.max().to_numpy(), "sex": table["sex"].astype(str).groupby(codes).first().to_numpy(),
        "findings": [words[code] or title_of(films.summary.none) for code in bits],
    })
    return listed.sort_values("films", ascending=False, kind="stable", ignore_index=True)


def films_per_patient(films: Collection, places: np.ndarray) -> dict[int, int]:
    """How many patients have so many of the films at `places`; films of nobody known are left out."""
    patients = films.index.table["patient"].iloc[places]
    each = patients[patients != ""].value_counts()
    return {int(number): int(count) for number, count in each[each > 0].value_counts().sort_index().items()}


def films_of(films: Collection, patient: str) -> np.ndarray:
    """All films of a patient as places, in order of follow-up and then of name."""
    places = np.flatnonzero((films.index.table["patient"] == patient).to_numpy())
    table = films.index.table.iloc[places]
    return places[np.lexsort((pd.factorize(table["image"], sort=True)[0], table["follow_up"].to_numpy()))]
