"""Subgroups: counted groups, planted gaps found, and no gap cried where there is none."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from cxr_core.evaluation.bootstrap import auc
from cxr_core.evaluation.delong import holm
from cxr_core.evaluation.subgroups import auc_gaps, groups_of, missed_illness_gaps, sensitivity_gaps


def draw_films(count: int, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame({
        "patient": np.arange(count) // 2, "sex": rng.choice(["F", "M"], count), "age": rng.integers(5, 95, count),
        "view": rng.choice(["AP", "PA"], count),
    })


def of(gaps, name):
    return next(gap for gap in gaps if gap.group == name)


def test_groups_hold_the_films_they_name() -> None:
    films = draw_films(600)
    groups = {group.name: group.rows for group in groups_of(films)}
    assert (groups["F"] == (films["sex"] == "F")).all()
    assert (groups["60 to 79"] == films["age"].between(60, 79)).all()
    assert (groups["F, AP"] == ((films["sex"] == "F") & (films["view"] == "AP"))).all()
    crossings = {"sex and age", "sex and view", "age and view"}
    assert {group.trait for group in groups_of(films)} == {"sex", "age", "view"} | crossings


def test_what_is_unknown_belongs_to_no_group_and_small_groups_are_left_out() -> None:
    films = draw_films(100).assign(sex=None, age=np.nan)
    films.loc[:18, "view"] = "AP"
    films.loc[19:, "view"] = "PA"
    assert [group.name for group in groups_of(films)] == ["PA"]


def test_a_group_s_auc_is_the_auc_of_its_films() -> None:
    films, rng = draw_films(400), np.random.default_rng(1)
    positive = rng.random(400) < 0.3
    probability = rng.random(400) + 0.4 * positive
    gap, women = of(auc_gaps(films, positive, probability), "F"), (films["sex"] == "F").to_numpy()
    assert gap.value == pytest.approx(auc(positive[women], probability[women]))
    assert gap.others == pytest.approx(auc(positive[~women], probability[~women]))
    assert gap.low < gap.value < gap.high and gap.films == women.sum()


def test_a_planted_gap_is_named() -> None:
    films, rng = draw_films(1200), np.random.default_rng(2)
    positive = rng.random(1200) < 0.5
    women = (films["sex"] == "F").to_numpy()
    called = positive & (rng.random(1200) < np.where(women, 0.4, 0.8))
    gaps = sensitivity_gaps(films, positive, called)
    assert of(gaps, "F").exceeds_chance and of(gaps, "F").value == pytest.approx(0.4, abs=0.06)
    assert of(gaps, "M").others == of(gaps, "F").value and of(gaps, "M").exceeds_chance


@pytest.mark.parametrize("measure", ["sensitivity", "auc"])
def test_chance_alone_is_seldom_named_whatever_the_trait(measure: str) -> None:
    """Two films of a patient are alike. Corrected within each trait one page of seven would name some group."""
    named, pages = 0, 200
    for seed in range(pages):
        films, rng = draw_films(600, seed), np.random.default_rng(1000 + seed)
        scores = rng.normal(size=300).repeat(2) + rng.normal(size=600)
        if measure == "auc":
            ill = rng.random(600) < 0.4
            gaps = auc_gaps(films, ill, scores + ill)
        else:
            gaps = sensitivity_gaps(films, np.ones(600, bool), scores > 0)
        named += any(gap.exceeds_chance for gap in gaps)
    assert 1 <= named <= 0.08 * pages


def test_a_gap_of_few_ill_films_is_no_claim_and_not_counted() -> None:
    """AP: 30 films, 2 of them ill and scored last, among 600: an AUC of 0 that two films make."""
    films = draw_films(600).assign(patient=np.arange(600), view=np.where(np.arange(600) < 30, "AP", "PA"))
    positive = (np.arange(600) < 2) | (np.arange(600) >= 400)
    probability = np.random.default_rng(4).random(600) + positive
    probability[:2] = 0
    told = auc_gaps(films, positive, probability)
    gap, rest = of(told, "AP"), of(told, "PA")
    assert (gap.films, gap.ill, gap.others_ill, gap.fewest, gap.value) == (30, 2, 200, 2, 0)
    assert not gap.claims and np.isnan([gap.p, gap.corrected]).all() and not gap.exceeds_chance
    assert rest.fewest == 2 and not rest.exceeds_chance  # what lies outside of it are those two films
    called = np.where(np.arange(600) < 30, False, positive)
    assert not any(one.exceeds_chance for one in sensitivity_gaps(films, positive, called)
                   if one.trait == "view")


def test_few_well_films_are_no_claim_of_an_auc_and_one_of_sensitivity() -> None:
    films = draw_films(600).assign(patient=np.arange(600), view=np.where(np.arange(600) < 100, "AP", "PA"))
    positive = (np.arange(600) >= 5) & ((np.arange(600) < 100) | (np.arange(600) % 2 == 0))
    probability = np.random.default_rng(5).random(600)
    assert of(auc_gaps(films, positive, probability), "AP").fewest == 5
    assert of(sensitivity_gaps(films, positive, probability > 0.5), "AP").fewest == 95


def test_correction_is_over_all_groups_that_claim_and_counts_two_sides_of_one_split_once() -> None:
    films, rng = draw_films(900), np.random.default_rng(6)
    positive = np.ones(900, bool)
    positive[films["age"].to_numpy() < 20] = False  # a band without the finding is not tested
    called = rng.random(900) < np.where(films["sex"] == "F", 0.5, 0.6)
    told = sensitivity_gaps(films, positive, called)
    tested = [gap for gap in told if np.isfinite(gap.p) and gap.group not in ("M", "PA")]
    np.testing.assert_allclose([gap.corrected for gap in tested], holm(np.array([gap.p for gap in tested])))
    assert len(tested) == 1 + 4 + 1 + 8 + 4 + 8
    for one, other in (("F", "M"), ("AP", "PA")):
        sides = ((gap.p, gap.corrected) for gap in (of(told, one), of(told, other)))
        assert next(sides) == pytest.approx(next(sides))
    unknown = films.assign(sex=np.where(np.arange(900) < 60, "", films["sex"]))
    of_three = sensitivity_gaps(unknown, positive, called)  # women against the rest are not men against the rest
    assert of(of_three, "F").p != pytest.approx(of(of_three, "M").p)
    tested = [gap for gap in of_three if np.isfinite(gap.p) and gap.group != "PA"]
    np.testing.assert_allclose([gap.corrected for gap in tested], holm(np.array([gap.p for gap in tested])))


def test_missed_illness_counts_the_ill_alone() -> None:
    films = draw_films(200)
    ill = np.arange(200) % 2 == 0
    gaps = missed_illness_gaps(films, ill, np.ones(200, bool))
    assert all(gap.value == 1 for gap in gaps) and of(gaps, "F").of == ((films["sex"] == "F") & ill).sum()


def test_nobody_called_among_few_is_no_gap_and_among_many_is_one() -> None:
    """None of 12 ill patients, where 6 of 100 are called elsewhere, happens as often as not; none of 300 does not."""
    for few, exceeds in ((12, False), (300, True)):
        films = draw_films(1200).assign(patient=np.arange(1200), sex=np.where(np.arange(1200) < few, "F", "M"))
        called = (np.arange(1200) >= few) & (np.arange(1200) % 16 == 0)
        films = pd.concat([films, films.iloc[:20].assign(sex="F", patient=2000)])  # well films: the group is shown
        ill, called = np.arange(1220) < 1200, np.concatenate([called, np.zeros(20, bool)])
        told = sensitivity_gaps(films, ill, called)
        women, men = of(told, "F"), of(told, "M")
        assert women.value == 0 and women.p == pytest.approx(min(1, 2 * (1 - women.others) ** few)) == men.p
        assert women.exceeds_chance is men.exceeds_chance is exceeds


def test_a_group_without_the_finding_gets_no_number() -> None:
    films = draw_films(300)
    positive = (films["sex"] == "M").to_numpy()
    gap = of(sensitivity_gaps(films, positive, positive), "F")
    assert np.isnan([gap.value, gap.low, gap.p, gap.corrected]).all() and not gap.exceeds_chance
