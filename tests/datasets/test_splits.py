"""Splits: no patient in two parts, unless the published split is asked for, which says so."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cxr_core.datasets.index import Index
from cxr_core.datasets.nih import read_nih
from cxr_core.datasets.splits import PUBLISHED, shared_patients, split_by_image, split_by_patient, split_official
from cxr_core.errors import DataError

PARTS = {"train": 0.7, "val": 0.1, "test": 0.2}


def films(patients: int, each: int = 3, split: str = "") -> Index:
    """Films of so many patients, `each` of each."""
    ids = np.repeat(np.arange(patients), each)
    return Index(Path("."), pd.DataFrame({
        "image": [f"{patient}_{n % each}" for n, patient in enumerate(ids)], "patient": ids, "labels": "No Finding",
        "split": split,
    }))


@pytest.mark.parametrize("seed", range(3))
def test_by_patient_no_patient_stands_in_two_parts_and_every_film_in_one(seed: int) -> None:
    split = split_by_patient(films(2000), PARTS, seed=seed)
    assert len(split.index) == 6000 and split.shared_patients == 0 and not split.leaky
    assert split.index.table.groupby("patient")["split"].nunique().max() == 1
    for part, share in PARTS.items():  # five standard deviations of a binomial
        spread = (share * (1 - share) / 2000) ** 0.5
        assert (split.index.table["split"] == part).mean() == pytest.approx(share, abs=5 * spread)


def test_a_patients_part_stays_when_others_join_and_moves_with_the_seed() -> None:
    few, many = split_by_patient(films(50)).index.table, split_by_patient(films(500)).index.table
    assert list(few["split"]) == list(many["split"][:len(few)])
    assert list(many["split"]) != list(split_by_patient(films(500), seed=2).index.table["split"])


def test_shares_that_do_not_sum_to_one_and_films_without_patient_are_refused() -> None:
    with pytest.raises(DataError, match="sum to 0.9"):
        split_by_patient(films(5), {"train": 0.7, "test": 0.2})
    with pytest.raises(DataError, match="3 films have no patient"):
        split_by_patient(Index(Path("."), films(3, 1).table.assign(patient="")))


@pytest.mark.parametrize("share", PUBLISHED.values())
def test_by_image_is_marked_leaky_with_the_patients_in_both_counted(share: float) -> None:
    split = split_by_image(films(400), share)
    table = split.index.table
    assert (table["split"] == "train").sum() == pytest.approx(share * len(table), abs=1)
    both = set(table["patient"][table["split"] == "train"]) & set(table["patient"][table["split"] == "test"])
    assert split.leaky and split.shared_patients == len(both) == len(shared_patients(table)) > 100
    assert "LEAKY" in split.in_words and f"{len(both)} of 400 patients" in split.in_words


def test_by_image_is_leaky_even_where_each_patient_has_one_film() -> None:
    split = split_by_image(films(40, each=1))
    assert split.shared_patients == 0 and split.leaky


def test_official_keeps_test_as_published_and_draws_val_by_patient() -> None:
    parts = np.where(np.arange(3000) // 3 < 800, "train_val", "test")
    parts[-3:] = ""
    index = films(1000)
    split = split_official(Index(index.root, index.table.assign(split=parts)), val=0.25)
    table = split.index.table
    assert len(table) == 2997 and list(table["split"] == "test") == list(parts[:-3] == "test")
    assert not split.leaky and (table["split"] == "val").sum() / 2400 == pytest.approx(0.25, abs=0.08)


def test_lists_that_share_a_patient_are_not_nihs() -> None:
    index = films(1, 2)
    with pytest.raises(DataError, match="1 patient stands in two official parts"):
        split_official(Index(index.root, index.table.assign(split=["train_val", "test"])))
    with pytest.raises(DataError, match="No film has an official part"):
        split_official(index)


@pytest.mark.realdata
def test_on_all_of_nih_the_official_split_is_clean_and_the_published_ones_are_not(data_folder: Path) -> None:
    folder = data_folder / "nih"
    index, _ = read_nih(folder, table=folder / "Data_Entry_2017_v2020.csv.gz", need_films=False)
    official = split_official(index).index.table["split"].value_counts()
    assert official["test"] == 25_596 and official["train"] + official["val"] == 86_524
    several = (index.table["patient"].value_counts() > 1).sum()
    for share in PUBLISHED.values():
        leaky = split_by_image(index, share)
        assert 0.3 * several < leaky.shared_patients <= several
