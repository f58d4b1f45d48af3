"""Draws and weights: in proportion, each film once, classes balanced."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cxr_core.datasets.index import Index
from cxr_core.datasets.sampling import (
    class_weights, draw_by_findings, finding_frequency, findings_weights, positive_weights, upsample,
)
from cxr_core.errors import DataError

LABELS = ("No Finding", "Mass", "Mass|Nodule")


def films(*counts: int, labels: tuple[str, ...] = LABELS, split: str = "train") -> Index:
    texts = np.repeat(labels, counts)
    return Index(Path("."), pd.DataFrame({
        "image": [f"{n}.png" for n in range(len(texts))], "patient": np.arange(len(texts)), "labels": texts,
        "split": split, "sex": np.where(np.arange(len(texts)) % 2, "F", "M"),
    }))


def test_a_film_weighs_a_tenth_and_one_for_each_finding() -> None:
    assert findings_weights(films(1, 1, 1)) == pytest.approx([0.1, 1.1, 2.1])
    assert findings_weights(films(1, 1, 1), ("Nodule", "No Finding")) == pytest.approx([0.1, 0.1, 1.1])


def test_the_draw_is_in_proportion_to_the_weights() -> None:
    index = films(20_000, 20_000, 20_000)
    drawn = np.sum([draw_by_findings(index, 600, seed=seed).table["labels"].value_counts()[list(LABELS)]
                    for seed in range(10)], axis=0)
    expected = np.array([0.1, 1.1, 2.1]) / 3.3 * drawn.sum()
    assert np.abs(drawn - expected).max() < 5 * np.sqrt(expected.max())


def test_no_film_is_drawn_twice_and_the_same_seed_draws_the_same() -> None:
    index = films(300, 200, 100)
    drawn = draw_by_findings(index, 400)
    assert drawn.table["image"].is_unique and len(drawn) == 400
    assert list(drawn.table["image"]) == list(draw_by_findings(index, 400).table["image"])
    assert set(draw_by_findings(index, 600).table["image"]) == set(index.table["image"])
    with pytest.raises(DataError, match="601 films cannot be drawn from 600"):
        draw_by_findings(index, 601)


def test_the_draw_raises_the_frequency_of_findings() -> None:
    index = films(3000, 300, 100)
    before, after = finding_frequency(index), finding_frequency(draw_by_findings(index, 800))
    mass = before["finding"] == "Mass"
    assert before["films"][mass].item() == 400 and before["share"][mass].item() == pytest.approx(400 / 3400)
    assert after["share"][mass].item() > 2 * before["share"][mass].item()
    by_sex = finding_frequency(index, ("Mass",), by="sex")
    assert by_sex["films"].sum() == 400 and set(by_sex["sex"]) == {"F", "M"}


def test_upsampling_makes_classes_equal_and_repeats_films_evenly() -> None:
    index = films(50, 7, 20, labels=("Pneumonia", "COVID-19", "Normal"))
    table = upsample(index).table
    assert set(table["labels"].value_counts()) == {50}
    times = table.groupby("labels")["image"].value_counts()
    assert set(table["image"]) == set(index.table["image"])
    assert all(times[label].max() - times[label].min() <= 1 for label in table["labels"].unique())


def test_only_one_part_is_upsampled() -> None:
    both = pd.concat([films(3, 3, 3).table, films(3, 3, 3, split="test").table])
    with pytest.raises(DataError, match="train, test"):
        upsample(Index(Path("."), both))


def test_weighted_positives_weigh_as_much_as_negatives() -> None:
    targets = films(60, 30, 10).targets(("Mass", "Nodule"))
    weights = positive_weights(targets, ("Mass", "Nodule"))
    assert weights * targets.sum(axis=0) == pytest.approx((1 - targets).sum(axis=0))
    with pytest.raises(DataError, match="Hernia"):
        positive_weights(films(5, 5, 5).targets(("Mass", "Hernia")), ("Mass", "Hernia"))


def test_weighted_classes_weigh_the_same() -> None:
    index = films(60, 30, 10)
    weights = class_weights(index)
    total = {label: weights[label] * n for label, n in index.table["labels"].value_counts().items()}
    assert list(total.values()) == pytest.approx([len(index) / 3] * 3)
