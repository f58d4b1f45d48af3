"""Operating points by rule against every threshold tried one by one, and the films that stand behind a cell."""

from __future__ import annotations

import numpy as np
import pytest

from cxr_core.evaluation.behind import Cell, films_behind, films_confused
from cxr_core.evaluation.operating import (
    consequences, cost_point, f1_point, rates_by_patient, sensitivity_point, specificity_point, youden_point,
)

RNG = np.random.default_rng(7)
POSITIVE = RNG.integers(0, 2, 200)
PROBABILITY = np.round(np.clip(0.5 * POSITIVE * RNG.random(200) + 0.5 * RNG.random(200), 0, 1), 2)  # with ties
EVERY = np.r_[np.unique(PROBABILITY), 1.0]


def tried(measure) -> np.ndarray:
    """A measure at every threshold there can be."""
    return np.array([measure(consequences(POSITIVE, PROBABILITY, one, 0.1)) for one in EVERY])


def test_a_fixed_sensitivity_has_the_highest_threshold_that_reaches_it() -> None:
    for least in (0.5, 0.9, 0.95, 1.0):
        reached = EVERY[tried(lambda led: led.sensitivity) >= least]
        assert sensitivity_point(POSITIVE, PROBABILITY, least) == reached.max()


def test_a_fixed_specificity_has_the_lowest_threshold_that_reaches_it() -> None:
    for least in (0.5, 0.9, 0.95, 1.0):
        reached = EVERY[tried(lambda led: led.specificity) >= least]
        assert specificity_point(POSITIVE, PROBABILITY, least) == reached.min()


def test_no_threshold_has_a_better_f1_or_youden_or_a_lower_cost() -> None:
    f1 = tried(lambda led: 2 * led.true_positive / (2 * led.true_positive + led.false_positive + led.false_negative))
    assert f1[EVERY == f1_point(POSITIVE, PROBABILITY)] == f1.max()
    youden = tried(lambda led: led.sensitivity + led.specificity)
    assert youden[EVERY == youden_point(POSITIVE, PROBABILITY)] == youden.max()
    for ratio, prevalence in ((1, 0.5), (20, 0.1), (0.2, 0.3)):
        cost = tried(lambda led: ratio * prevalence * (1 - led.sensitivity) + (1 - prevalence) * (1 - led.specificity))
        assert cost[EVERY == cost_point(POSITIVE, PROBABILITY, ratio, prevalence)] == pytest.approx(cost.min())


def test_a_dearer_miss_never_raises_the_threshold_and_a_priceless_one_calls_all() -> None:
    points = [cost_point(POSITIVE, PROBABILITY, ratio, 0.1) for ratio in (0, 1, 5, 20, 100, 1e6)]
    assert points == sorted(points, reverse=True)
    assert points[0] == 1.0 and points[-1] == sensitivity_point(POSITIVE, PROBABILITY, 1.0)


@pytest.mark.parametrize("score", [0.0, 0.3, 1.0])
def test_constant_scores_call_all_or_none(score: float) -> None:
    constant = np.full(200, score)
    assert sensitivity_point(POSITIVE, constant, 0.9) == score
    assert specificity_point(POSITIVE, constant, 0.9) == 1.0
    assert f1_point(POSITIVE, constant) == score


@pytest.mark.parametrize("rule", [lambda p, s: sensitivity_point(p, s, 0.9), f1_point])
def test_one_class_and_scores_that_are_no_numbers_are_refused(rule) -> None:
    with pytest.raises(ValueError, match="both classes"):
        rule(np.zeros(4), np.full(4, 0.5))
    with pytest.raises(ValueError, match="not a number"):
        rule(np.array([0, 1, 0, 1]), np.array([0.1, np.nan, 0.2, 0.3]))


def test_the_cells_hold_every_film_once_and_the_worst_stand_first() -> None:
    places = {cell: films_behind(POSITIVE, PROBABILITY, 0.4, cell) for cell in Cell}
    assert sorted(np.concatenate(list(places.values()))) == list(range(200))
    led = consequences(POSITIVE, PROBABILITY, 0.4, 0.1)
    assert [len(places[cell]) for cell in (Cell.found, Cell.false_alarm, Cell.missed, Cell.cleared)] == [
        led.true_positive, led.false_positive, led.false_negative, led.true_negative,
    ]
    alarms, missed = PROBABILITY[places[Cell.false_alarm]], PROBABILITY[places[Cell.missed]]
    assert alarms[0] == PROBABILITY[POSITIVE == 0].max() and missed[0] == PROBABILITY[POSITIVE == 1].min()
    assert (np.diff(alarms) <= 0).all() and (np.diff(missed) >= 0).all()


def test_the_surest_of_films_of_a_wrong_class_stand_first() -> None:
    true = np.array([0, 0, 1, 0])
    share = np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [0.1, 0.9]])
    assert list(films_confused(true, share, 0, 1)) == [3, 1] and list(films_confused(true, share, 0, 0)) == [0]


def test_rates_are_the_counted_ones_and_widen_where_films_share_patients() -> None:
    alone, together = np.arange(200), np.arange(200) // 10
    led = consequences(POSITIVE, PROBABILITY, 0.4, 0.1)
    sensitivity, specificity = rates_by_patient(POSITIVE, PROBABILITY, 0.4, alone)
    assert (sensitivity.value, specificity.value) == (pytest.approx(led.sensitivity), pytest.approx(led.specificity))
    assert sensitivity.low < sensitivity.value < sensitivity.high
    copied = [one.repeat(10) for one in (POSITIVE[:20], PROBABILITY[:20])]
    by_film, by_patient = (rates_by_patient(*copied, 0.4, one)[0] for one in (alone, together))
    assert by_patient.high - by_patient.low > 2 * (by_film.high - by_film.low)
    assert rates_by_patient(np.zeros(5), np.linspace(0, 1, 5), 0.4, np.arange(5))[0] is None
