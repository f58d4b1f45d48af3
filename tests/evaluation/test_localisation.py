"""Localisation on counted boxes."""

from __future__ import annotations

import numpy as np
import pytest

from cxr_core.evaluation.localisation import MEASURES, centre_box, hit_rates, judge_map
from cxr_core.explain.faithfulness import random_heatmap
from cxr_core.geometry import Box

TRUTH = Box(10, 10, 10, 10, "Mass")


def peak_at(down: int, across: int) -> np.ndarray:
    heat = np.zeros((64, 64), np.float32)
    heat[down, across] = 1
    return heat


def test_overlaps_of_counted_boxes() -> None:
    found = judge_map(peak_at(12, 12), [Box(15, 10, 10, 10), Box(40, 40, 5, 5)], TRUTH)
    assert (found.iobb, found.iou, found.pointed) == (0.5, pytest.approx(1 / 3), True)
    assert found.hits().tolist() == [1, 1, 0, 1, 1, 0, 1]  # a half is not over a half


def test_a_small_box_inside_has_all_of_itself_and_little_of_the_truth() -> None:
    found = judge_map(peak_at(0, 0), [Box(12, 12, 2, 2)], TRUTH)
    assert (found.iobb, found.iou, found.pointed) == (1.0, pytest.approx(0.04), False)


def test_the_best_box_counts_and_none_is_a_miss() -> None:
    assert judge_map(peak_at(0, 0), [Box(50, 50, 4, 4), TRUTH], TRUTH).iou == 1
    assert judge_map(peak_at(0, 0), [], TRUTH).hits().sum() == 0


@pytest.mark.parametrize(
    ("down", "across", "inside"), [(10, 10, True), (19, 19, True), (9, 15, False), (20, 15, False)]
)
def test_the_pointing_game_asks_for_the_middle_of_the_highest_cell(down: int, across: int, inside: bool) -> None:
    assert judge_map(peak_at(down, across), [], TRUTH).pointed is inside


def test_a_flat_map_points_nowhere() -> None:
    assert not judge_map(np.full((64, 64), 0.3), [], centre_box(64, "Mass")).pointed


def test_rates_and_intervals_by_patient() -> None:
    hits = np.zeros((40, len(MEASURES)))
    hits[:20] = 1
    by_box = {rate.measure: rate for rate in hit_rates(hits, np.arange(40))}
    by_two = {rate.measure: rate for rate in hit_rates(hits, np.arange(40) // 20)}
    assert by_box["pointing"].value == by_two["pointing"].value == 0.5
    assert 0.3 < by_box["iou_0.5"].low < 0.45 and 0.55 < by_box["iou_0.5"].high < 0.7
    assert (by_two["iou_0.5"].low, by_two["iou_0.5"].high) == (0, 1)  # two patients tell next to nothing
    assert (by_two["pointing"].boxes, by_two["pointing"].patients) == (40, 2)


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    rng, held, truth = np.random.default_rng(4), 0, 0.4
    for draw in range(300):
        hits = np.repeat((rng.random(80) < truth)[:, None], len(MEASURES), axis=1).astype(float)
        rate = hit_rates(hits, np.arange(80), replicates=300, seed=draw)[0]
        held += rate.low <= truth <= rate.high
    assert 0.91 <= held / 300 <= 0.98


def test_no_box_gives_no_number() -> None:
    assert all(np.isnan(rate.value) for rate in hit_rates(np.zeros((0, len(MEASURES))), np.zeros(0)))


def test_the_controls_know_nothing() -> None:
    points = [judge_map(random_heatmap(64, seed), [], Box(0, 0, 32, 64)).pointed for seed in range(400)]
    assert 0.42 < np.mean(points) < 0.58
    assert centre_box(64, "Mass") == Box(16, 16, 32, 32, "Mass")
