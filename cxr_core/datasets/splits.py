"""Which films train and which test: NIH's own split, by patient, and by image as it was published (and leaks)."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from cxr_core.datasets.index import Index
from cxr_core.errors import DataError
from cxr_core.words import counted

PUBLISHED = {"75:25": 0.75, "80:20": 0.80}  # train's share by image: Mondal 2019, Khan 2018


@dataclass(frozen=True)
class Split:
    """An index whose `split` column says each film's part, and how far its parts are apart.

    `shared_patients` counts the patients with films in more than one part, of `patients` in all, who are 0 where nobody
    knows whose films they are. A split that was not drawn by patient is `leaky` whatever that count: its figures say
    nothing about patients the network has not seen.
    """

    name: str
    index: Index
    patients: int
    shared_patients: int
    heeds_patients: bool = True

    @property
    def leaky(self) -> bool:
        return not self.heeds_patients or self.shared_patients > 0

    @property
    def in_words(self) -> str:
        sizes = ", ".join(f"{part} {n:,}" for part, n in self.index.table["split"].value_counts(sort=False).items())
        if not self.leaky:
            return f"{self.name}: {sizes} films; no patient stands in two parts."
        if not self.patients:
            return (
                f"{self.name}, LEAKY: {sizes} films; whose they are is not known, so patients may stand in more than "
                "one part, and figures be too good for patients who were never seen."
            )
        return (
            f"{self.name}, LEAKY: {sizes} films; {self.shared_patients:,} of {self.patients:,} patients stand in more "
            "than one part, so figures on test are too good for patients who were never seen."
        )


def split_official(index: Index, *, val: float = 0.1, seed: int = 1) -> Split:
    """NIH's lists: test as published, and a share `val` of the patients of train_val set aside.

    Films in neither list are left out.

    Raises
    ------
    DataError
        When no film has an official part, or a patient stands in both.
    """
    listed = index.where(index.table["split"].isin(["train_val", "train", "val", "test"]))
    if not len(listed):
        raise DataError("No film has an official part. Put train_val_list.txt and test_list.txt beside the label file.")
    table = listed.table
    drawn = np.where(_places(table["patient"], seed) < val, "val", "train")
    parts = np.where(table["split"] == "train_val", drawn, table["split"])
    split = _split(f"official, {val:.0%} of train_val's patients as val, seed {seed}", listed, parts)
    if split.shared_patients:
        raise DataError(
            f"{counted(split.shared_patients, 'patient stands', 'patients stand')} in two official parts: these are "
            "not NIH's. Fetch the lists again."
        )
    return split


def split_by_patient(index: Index, shares: Mapping[str, float] | None = None, *, seed: int = 1) -> Split:
    """A random split of the patients: `shares` of them for each part (train .7, val .1, test .2 by default).

    A patient's part depends on the patient's id and the seed alone, so that it stays when films or patients join later.

    Raises
    ------
    DataError
        When the shares do not sum to 1, or a film has no patient.
    """
    shares = shares or {"train": 0.7, "val": 0.1, "test": 0.2}
    if not math.isclose(sum(shares.values()), 1) or min(shares.values()) < 0:
        raise DataError(f"The shares of a split must sum to 1; these sum to {sum(shares.values()):g}.")
    nameless = ~_has_patient(index.table)
    if nameless.any():
        raise DataError(f"{int(nameless.sum())} films have no patient: they cannot be split by patient.")
    ends = np.cumsum(list(shares.values()))
    ends[-1] = np.inf
    parts = np.array(list(shares))[np.searchsorted(ends, _places(index.table["patient"], seed), side="right")]
    text = ":".join(f"{100 * share:g}" for share in shares.values())
    return _split(f"by patient {text}, seed {seed}", index, parts)


def split_by_image(
    index: Index, train: float = PUBLISHED["75:25"], *, val: float = 0.0, seed: int = 1, test: str = "test",
) -> Split:
    """The published kind of split: films at random, whoever's they are, by scikit-learn. It is leaky, and says so.

    Of train's films a share `val` is set aside, at random as well. `test` is what the rest is called.
    """
    from sklearn.model_selection import train_test_split

    if not 0 < train < 1:
        raise DataError(f"Train's share must lie between 0 and 1; it is {train:g}.")
    if len(index) < 2:
        raise DataError(f"{len(index)} film cannot be split in two parts.")
    rows, _ = train_test_split(np.arange(len(index)), train_size=train, random_state=seed)
    parts = np.full(len(index), test, dtype=object)
    parts[rows] = "train"
    parts[rows[: round(val * len(rows))]] = "val"  # in the order that they were drawn, which is random
    aside = f", {val:.0%} of train as val" if val else ""
    split = _split(f"by image {100 * train:g}:{100 - 100 * train:g}{aside}, seed {seed}", index, parts)
    return replace(split, heeds_patients=False)


def split_by_file(index: Index, files: pd.Series, *, val: float = 0.1, seed: int = 1) -> Split:
    """Whole TFRecord files to val or train, as published (Srikar 2021), where nobody knows whose films they are.

    Of the `files`, which name each film's, a share `val` is drawn for val, one at least; which share was published is
    not said. It is leaky as far as anybody can tell, and says so.

    Raises
    ------
    DataError
        When all films are in one file.
    """
    names = np.sort(files.unique())
    if len(names) < 2:
        raise DataError("All films are in one file: there is none for val. Write them in more (--shards).")
    count = min(max(1, round(val * len(names))), len(names) - 1)
    aside = np.random.default_rng(seed).permutation(names)[:count]
    split = _split(f"by file, {count} of {len(names)} as val, seed {seed}", index,
                   np.where(files.isin(aside), "val", "train"))
    return replace(split, heeds_patients=False)


def shared_patients(table: pd.DataFrame) -> pd.DataFrame:
    """The patients with films in more than one part, as a table patient x part of counts of films."""
    table = table[_has_patient(table)]
    if table.empty:
        return pd.DataFrame()
    counts = pd.crosstab(table["patient"], table["split"])
    return counts[(counts > 0).sum(axis=1) > 1]


def known_patients(table: pd.DataFrame) -> int:
    """How many patients the films are of, as far as it is known."""
    return int(table["patient"][_has_patient(table)].nunique())


def _has_patient(table: pd.DataFrame) -> pd.Series:
    return table["patient"].notna() & (table["patient"].astype(str) != "")


def _split(name: str, index: Index, parts: np.ndarray) -> Split:
    index = replace(index, table=index.table.assign(split=parts))
    return Split(name, index, known_patients(index.table), len(shared_patients(index.table)))


def _places(patients: pd.Series, seed: int) -> np.ndarray:
    """Each film's place between 0 and 1, the same for all films of a patient: of sha256 over seed and patient."""
    ids = patients.unique()
    digests = (hashlib.sha256(f"{seed}:{patient}".encode()).digest() for patient in ids)
    place = {patient: int.from_bytes(digest[:6], "big") / 2**48 for patient, digest in zip(ids, digests, strict=True)}
    return patients.map(place).to_numpy(float)
