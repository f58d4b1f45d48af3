"""A trait that is the finding predicts it, one that knows nothing does not, and intervals are taken by patient."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from cxr_core.evaluation.bootstrap import auc, bootstrap_auc, interval
from cxr_core.evaluation.delong import delong
from cxr_core.evaluation.traits import clustered_auc, into_bins, predict_by_traits


def test_planted_shortcuts_are_found_and_noise_is_not() -> None:
    rng = np.random.default_rng(3)
    films, patients = 6000, np.repeat(np.arange(2000), 3)
    mass = rng.random(films) < 0.3
    traits = pd.DataFrame({
        "view": np.where(mass ^ (rng.random(films) < 0.1), "AP", "PA"), "noise": rng.normal(size=films),
        "size": np.where(mass, rng.choice([1000.0, 3000.0], films), 2000.0),  # no order would show it
        "unknown": np.full(films, np.nan),
    })
    told = {one.trait: one for one in predict_by_traits(traits, mass[:, None], ("Mass",), patients)}
    assert set(told) == {"view", "noise", "size"}
    assert told["view"].auc == pytest.approx(0.9, abs=0.02) and told["view"].is_shortcut
    assert told["size"].auc > 0.99 and told["size"].low > 0.98
    assert told["noise"].low < 0.5 < told["noise"].high + 0.02 and not told["noise"].is_shortcut


def test_a_trait_that_says_who_a_patient_is_does_not_predict_a_new_patient() -> None:
    patients = np.repeat(np.arange(40), 30)
    mass = np.random.default_rng(5).permutation(np.repeat([0.0, 1.0], 20))[patients]
    told = predict_by_traits(pd.DataFrame({"who": patients.astype(float)}), mass[:, None], ("Mass",), patients)
    assert len(told) == 1 and not told[0].is_shortcut
    assert auc(mass, np.array([mass[patients == one].mean() for one in patients])) == 1  # as a naive look would say


def test_a_trait_that_knows_nothing_is_near_chance_where_films_are_few() -> None:
    areas = []
    for seed in range(30):
        rng = np.random.default_rng(seed)
        mass = rng.permutation(np.repeat([1.0, 0.0], (30, 270)))
        told = predict_by_traits(pd.DataFrame({"noise": rng.normal(size=300)}), mass[:, None], ("Mass",), np.arange(300))
        areas.append(told[0].auc)
    assert 0.45 < np.mean(areas) < 0.55


def test_films_of_one_patient_each_have_delongs_interval() -> None:
    rng = np.random.default_rng(1)
    positive = rng.random(400) < 0.4
    scores = rng.normal(size=400) + positive
    area, low, high = clustered_auc(positive, scores, np.arange(400))
    exact = delong(positive, scores)
    assert area == pytest.approx(exact.auc[0]) == pytest.approx(auc(positive, scores))
    assert ((high - low) / 2 / 1.959964) ** 2 == pytest.approx(exact.covariance[0, 0], rel=0.02)


def test_the_interval_by_patient_is_that_of_a_bootstrap_by_patient() -> None:
    rng = np.random.default_rng(2)
    patients = np.repeat(np.arange(300), 5)
    person = rng.normal(size=300)[patients]
    positive = (person + rng.normal(size=1500)) > 0.5
    scores = person + rng.normal(size=1500)
    area, low, high = clustered_auc(positive, scores, patients)
    drawn = interval(bootstrap_auc(positive[:, None], scores[:, None], patients, replicates=600)[:, 0])
    assert (low, high) == pytest.approx(drawn, abs=0.008)
    naive = delong(positive, scores).interval()
    assert high - low > (naive[1] - naive[0]) * 1.1


def test_bins_are_values_where_there_are_few_and_parts_where_there_are_many() -> None:
    assert into_bins(pd.Series([3.0, np.nan, 1.0, 3.0])).tolist() == [0, -1, 1, 0]
    assert into_bins(pd.Series(["PA", "", "AP"])).tolist() == [0, -1, 1]
    many = into_bins(pd.Series(np.arange(1000.0)))
    assert np.bincount(many).tolist() == [50] * 20
