"""Localisation on counted boxes."""

from __future__ import annotations

import numpy as np
import pytest

from cxr_core.evaluation.localisation import ALL, MEAN, MEASURES, Localisation, Rate, centre_box, judge_map
from cxr_core.explain.faithfulness import random_heatmap
from cxr_core.geometry import Box

TRUTH = Box(10, 10, 10, 10, "Mass")


def hit_rates(hits: np.ndarray, patients: np.ndarray, **options: int) -> tuple[Rate, ...]:
    """Rates of one method on the boxes of one finding."""
    same = np.full(len(hits), "one")
    return Localisation.of(same, same, patients, hits, **options).rates("one", "one")


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


def hits_of(*rows: tuple[str, str, int, int]) -> Localisation:
    """Boxes as (finding, method, patient, hit), the same hit by every measure."""
    finding, method, patient, hit = map(np.array, zip(*rows, strict=True))
    return Localisation.of(finding, method, patient, np.repeat(hit[:, None], len(MEASURES), axis=1).astype(float))


def test_the_mean_of_the_findings_counts_each_the_same_and_all_boxes_each_box() -> None:
    told = hits_of(*[("Mass", "ig", n, 1) for n in range(9)], ("Nodule", "ig", 9, 0))
    assert told.rates("ig", "Mass")[0].value == 1 and told.rates("ig", "Nodule")[0].value == 0
    assert told.rates("ig", MEAN)[0].value == 0.5 and told.rates("ig", ALL)[0].value == 0.9
    assert [told.rates("ig", key)[0].boxes for key in (MEAN, ALL, "Mass", "Nodule")] == [10, 10, 9, 1]
    assert told.rates("ig", "Mass")[0].patients == 9 and np.isnan(told.rates("xrai", "Mass")[0].value)


def test_a_lead_is_paired_by_patient() -> None:
    """Both methods hit the same half of the patients, one of them two more: alone each is far less sure."""
    rows = [("Mass", method, n, int(n < 30 + 6 * (method == "ig"))) for n in range(60) for method in ("ig", "random")]
    told = hits_of(*rows)
    lead, alone = told.leads("ig", "random")[0], told.rates("ig")[0]
    assert lead.difference == pytest.approx(0.1) and 0 < lead.low < 0.1 < lead.high < 0.2
    assert lead.high - lead.low < alone.high - alone.low and lead.p < 0.05
    behind = told.leads("random", "ig")[0]
    assert (behind.difference, behind.low) == (pytest.approx(-0.1), pytest.approx(-lead.high))


def test_a_method_is_not_ahead_of_its_like() -> None:
    rng, called, draws = np.random.default_rng(3), 0, 200
    for _ in range(draws):
        rows = [("Mass", method, n, int(rng.random() < 0.4)) for n in range(50) for method in ("ig", "random")]
        called += hits_of(*rows).leads("ig", "random")[0].p < 0.05
    assert called / draws < 0.1


def test_the_controls_know_nothing() -> None:
    points = [judge_map(random_heatmap(64, seed), [], Box(0, 0, 32, 64)).pointed for seed in range(400)]
    assert 0.42 < np.mean(points) < 0.58
    assert centre_box(64, "Mass") == Box(16, 16, 32, 32, "Mass")
