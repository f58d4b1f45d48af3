"""Draws and weights: in proportion, each film once, classes balanced."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cxr_core.datasets.index import Index
from cxr_core.datasets.sampling import draw_by_findings, findings_weights, positive_weights, upsampled_places
from cxr_core.errors import DataError
from cxr_core.findings import NIH14

LABELS = ("No Finding", "Mass", "Mass|Nodule")


def films(*counts: int, labels: tuple[str, ...] = LABELS) -> Index:
    texts = np.repeat(labels, counts)
    return Index(Path("."), pd.DataFrame({
        "image": [f"{n}.png" for n in range(len(texts))], "patient": np.arange(len(texts)), "labels": texts,
        "split": "train",
    }))


def test_a_film_weighs_a_tenth_and_one_for_each_finding() -> None:
    assert findings_weights(films(1, 1, 1).targets(NIH14)) == pytest.approx([0.1, 1.1, 2.1])


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


def test_the_draw_raises_the_frequency_of_findings_it_counts() -> None:
    index = films(3000, 300, 100)
    share = {
        findings: draw_by_findings(index, 800, findings=findings).targets(("Mass", "Nodule")).mean(axis=0)
        for findings in (NIH14, ("Nodule", "No Finding"))
    }
    before = index.targets(("Mass", "Nodule")).mean(axis=0)
    assert (share[NIH14] > 2 * before).all()
    assert share["Nodule", "No Finding"][0] < 0.7 * share[NIH14][0]  # there a film with a Mass alone weighs a tenth


def test_upsampling_makes_classes_equal_and_repeats_films_evenly() -> None:
    labels = films(50, 7, 20, labels=("Pneumonia", "COVID-19", "Normal")).table["labels"].to_numpy()
    places = upsampled_places(labels)
    assert set(pd.Series(labels[places]).value_counts()) == {50} and set(places) == set(range(77))
    times = pd.Series(places).value_counts()
    for label in set(labels):
        own = times[np.flatnonzero(labels == label)]
        assert own.max() - own.min() <= 1


def test_weighted_positives_weigh_as_much_as_negatives() -> None:
    targets = films(60, 30, 10).targets(("Mass", "Nodule"))
    weights = positive_weights(targets, ("Mass", "Nodule"))
    assert weights * targets.sum(axis=0) == pytest.approx((1 - targets).sum(axis=0))
    with pytest.raises(DataError, match="Hernia"):
        positive_weights(films(5, 5, 5).targets(("Mass", "Hernia")), ("Mass", "Hernia"))
