"""The laws of Integrated Gradients, and of the maps and boxes made from it."""

from __future__ import annotations

import numpy as np
import pytest

from cxr_core.errors import ExplanationError
from cxr_core.explain.baselines import make_baselines
from cxr_core.explain.boxes import find_boxes
from cxr_core.explain.heatmap import make_heatmap, not_drawn
from cxr_core.explain.integrated_gradients import integrated_gradients, refine
from cxr_core.geometry import Box, Frame, iobb, iou

RNG = np.random.default_rng(0)
FILM = RNG.normal(size=(6, 6, 1)).astype(np.float32)
ZERO = np.zeros((1, 6, 6, 1), np.float32)
WEIGHTS = RNG.normal(size=(6, 6, 1)).astype(np.float32)


def linear(batch):
    return (batch * WEIGHTS).sum(axis=(1, 2, 3))[:, None], np.repeat(WEIGHTS[None, None], len(batch), axis=1)


def cubic(batch):
    return (batch**3).sum(axis=(1, 2, 3))[:, None], 3 * batch[None] ** 2


def test_a_linear_model_is_explained_exactly_in_one_step() -> None:
    map_ = integrated_gradients(linear, FILM, ZERO, steps=1)
    np.testing.assert_allclose(map_.values[0], (FILM * WEIGHTS)[..., 0], rtol=1e-5)
    assert map_.receipt.gap[0] < 1e-5


def test_the_gap_goes_to_zero_with_steps() -> None:
    gaps = [integrated_gradients(cubic, FILM, ZERO, steps=n, tolerance=0).receipt.gap[0] for n in (8, 32, 128, 512)]
    assert gaps == sorted(gaps, reverse=True) and gaps[-1] < 0.005


def test_pixels_that_act_alike_get_alike_shares() -> None:
    alike = np.full((6, 6, 1), 0.7, np.float32)
    values = integrated_gradients(cubic, alike, ZERO, steps=16).values
    np.testing.assert_allclose(values, values[0, 0, 0], rtol=1e-6)


def test_a_pixel_that_nothing_hangs_on_gets_nothing() -> None:
    part = np.zeros((6, 6, 1), np.float32)
    part[1:4, 2:5] = 1

    def partly(batch):
        return (part * batch**3).sum(axis=(1, 2, 3))[:, None], 3 * (part * batch**2)[None]

    values = integrated_gradients(partly, FILM, ZERO, steps=32, tolerance=0).values[0]
    assert not values[part[..., 0] == 0].any() and values[part[..., 0] > 0].all()


def test_the_one_pixel_that_differs_from_the_baseline_gets_the_whole_change() -> None:
    film = ZERO[0].copy()
    film[2, 3] = 1.5
    made = integrated_gradients(cubic, film, ZERO, steps=256, tolerance=0)
    assert made.values[0, 2, 3] == pytest.approx(1.5**3, rel=1e-3) and np.count_nonzero(made.values) == 1


def mixed(batch):
    """Twice the cubic and thrice the linear model."""
    both = cubic(batch), linear(batch)
    return 2 * both[0][0] + 3 * both[1][0], 2 * both[0][1] + 3 * both[1][1]


@pytest.mark.parametrize(("first", "within"), [(64, 1e-5), (8, 0.01)], ids=["the same nodes", "each its own nodes"])
def test_the_map_of_a_sum_is_the_sum_of_the_maps(first: int, within: float) -> None:
    """To the last bit of float32 where all three lie on the same nodes; where each has its own, to their error."""
    made = [integrated_gradients(one, FILM, ZERO, steps=64, first=first, tolerance=0).values[0]
            for one in (mixed, cubic, linear)]
    assert np.linalg.norm(made[0] - (2 * made[1] + 3 * made[2])) / np.linalg.norm(made[0]) < within


def test_two_networks_that_compute_the_same_are_explained_alike() -> None:
    def plain(batch):  # log(1 + e^x)
        return np.logaddexp(0, batch * WEIGHTS).sum(axis=(1, 2, 3))[:, None], (
            WEIGHTS / (1 + np.exp(-batch * WEIGHTS)))[None]

    def mirrored(batch):  # x + log(1 + e^-x): two branches where the other has one
        turned = np.exp(-batch * WEIGHTS)
        return (batch * WEIGHTS + np.log1p(turned)).sum(axis=(1, 2, 3))[:, None], (
            WEIGHTS - WEIGHTS * turned / (1 + turned))[None]

    one, other = (integrated_gradients(network, FILM, ZERO, steps=32, tolerance=0) for network in (plain, mirrored))
    np.testing.assert_allclose(one.values, other.values, atol=1e-6)


def test_the_inner_batch_bounds_memory_and_changes_nothing() -> None:
    seen = []

    def counted(batch):
        seen.append(len(batch))
        return cubic(batch)

    small = integrated_gradients(counted, FILM, ZERO, steps=32, inner_batch=3, tolerance=0)
    assert max(seen) <= 3
    np.testing.assert_allclose(small.values, integrated_gradients(cubic, FILM, ZERO, steps=32, tolerance=0).values, rtol=1e-5)


def test_a_first_map_comes_after_eight_steps_and_refining_stops_at_the_tolerance() -> None:
    stages = list(refine(cubic, FILM, ZERO, steps=512, tolerance=0.0005))
    assert stages[0].receipt.steps == 8 and all(one.receipt.error[0] < 0.05 for one in stages[-1:])
    assert stages[-1].receipt.gap[0] < 0.0005 <= stages[-2].receipt.gap[0]


def test_a_gap_that_closes_by_chance_does_not_stop_the_refining() -> None:
    def turning(batch: np.ndarray) -> tuple[np.ndarray, np.ndarray]:  # two places that undo each other's change
        along = (batch / FILM).mean(axis=(1, 2, 3))
        slopes = np.zeros((1, *batch.shape), np.float32)
        slopes[0, :, 0, 0, 0], slopes[0, :, 0, 1, 0] = (along > 0.7) / FILM[0, 0, 0], (along < 0.7) / FILM[0, 1, 0]
        return np.maximum(along, 0)[:, None], slopes

    stages = list(refine(turning, FILM, ZERO, steps=64, tolerance=0.02, precision=0.01))
    assert stages[0].receipt.gap[0] < 1e-6 and stages[-1].receipt.steps > 8
    last = stages[-1]
    truth = np.zeros((6, 6))
    truth[0, 0], truth[0, 1] = 0.3, 0.7
    assert np.linalg.norm(last.values[0] - truth) / np.linalg.norm(truth) < 0.01 and last.receipt.error[0] < 0.01


def test_several_baselines_are_averaged() -> None:
    baselines = make_baselines(FILM, (np.zeros(FILM.shape[-1]), np.ones(FILM.shape[-1])), "all")
    each = [integrated_gradients(cubic, FILM, one[None], steps=16, tolerance=0).values for one in baselines]
    together = integrated_gradients(cubic, FILM, baselines, steps=16, tolerance=0).values
    np.testing.assert_allclose(together, np.mean(each, axis=0), rtol=1e-4, atol=1e-5)


def test_a_gradient_that_is_no_number_is_an_error_in_words() -> None:
    with pytest.raises(ExplanationError, match="not a number"):
        integrated_gradients(lambda batch: (np.zeros((len(batch), 1)), np.full((1, *batch.shape), np.nan)), FILM, ZERO)


def test_a_flat_map_is_empty_and_draws_no_box() -> None:
    assert make_heatmap(np.zeros((32, 32))).max() == 0
    assert find_boxes(np.zeros((32, 32), np.float32), Frame(320, 320, 32), "Mass") == []


def test_a_planted_square_is_boxed_in_film_pixels() -> None:
    values = np.zeros((32, 32), np.float32)
    values[8:16, 4:12] = 1
    (box,) = find_boxes(values, Frame(640, 320, 32), "Mass")
    assert (box.x, box.y, box.w, box.h, box.share) == (40, 160, 80, 160, 1.0)


def test_overlaps_of_counted_boxes() -> None:
    a, b = Box(0, 0, 10, 10), Box(5, 0, 10, 10)
    assert iou(a, b) == pytest.approx(1 / 3) and iobb(a, b) == 0.5


def test_how_much_speaks_against_a_finding_is_told_beside_a_map_that_does_not_draw_it() -> None:
    values = np.zeros((8, 8))
    values[0], values[1] = 50 / 8, -48.4 / 8
    assert not_drawn(values) == (
        "Drawn: what speaks for the finding. What speaks against it, here 97% as much, is not drawn.")
    assert "here 10 times as much" in not_drawn(np.where(values > 0, values / 10.33, values))
    assert not_drawn(np.abs(values)) == not_drawn(0 * values) == ""  # no sign, or no map
    assert "Nothing speaks for the finding" in not_drawn(-np.abs(values))
