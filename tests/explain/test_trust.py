"""Agreement and faithfulness: true maps pass, planted false ones are flagged."""

from __future__ import annotations

import numpy as np
import pytest

from cxr_core.explain.agreement import Agreement, agree, consensus, sentence
from cxr_core.explain.faithfulness import cascade, deletion, insertion, random_heatmap, stability
from cxr_core.geometry import Box

RNG = np.random.default_rng(0)
SIDE = 64
FILM = RNG.uniform(0, 1, (SIDE, SIDE, 1)).astype(np.float32)
EMPTY = np.zeros_like(FILM)
PART = np.zeros((SIDE, SIDE, 1), np.float32)
PART[10:26, 30:50] = 1  # all that the network looks at


def outputs(batch: np.ndarray) -> np.ndarray:
    return (batch * PART).sum(axis=(1, 2, 3))


def bump(down: int, across: int, wide: float = 6) -> np.ndarray:
    y, x = np.mgrid[:SIDE, :SIDE]
    return np.exp(-((y - down) ** 2 + (x - across) ** 2) / (2 * wide**2)).astype(np.float32)


def test_a_map_agrees_with_itself_and_with_itself_at_another_size() -> None:
    same = agree(bump(20, 30), bump(20, 30))
    assert (same.spearman, same.top, same.distance) == (pytest.approx(1), 1, 0) and np.isnan(same.boxes)
    assert agree(bump(20, 30), np.kron(bump(20, 30), np.ones((3, 3)))).top > 0.95


def test_maps_of_two_corners_disagree_and_their_centres_are_as_far_as_they_are() -> None:
    apart = agree(bump(12, 12, 3), bump(52, 52, 3))
    assert apart.top == 0 and apart.spearman < 0
    assert apart.distance == pytest.approx(40 / 64, abs=0.02)


def test_unrelated_maps_share_what_chance_gives() -> None:
    tops = [agree(RNG.random((SIDE, SIDE)), RNG.random((SIDE, SIDE))).top for _ in range(40)]
    assert np.mean(tops) == pytest.approx(0.1, abs=0.01)
    assert agree(RNG.random((SIDE, SIDE)), RNG.random((SIDE, SIDE))).chance == pytest.approx(0.1, abs=0.001)


def test_two_maps_that_share_half_of_their_brightest_tenth_are_said_to_share_half() -> None:
    one, other = (np.zeros((SIDE, SIDE)) for _ in range(2))
    one[:13, :32], other[:13, 16:48] = (1 + RNG.random((13, 32)) for _ in range(2))  # each a tenth of the place
    found = agree(one, other)
    assert found.top == pytest.approx(0.5, abs=0.03)
    assert sentence([found]) == (f"The maps partly look at the same place: they share {found.top:.0%} of their "
                                 "brightest tenth; chance alone gives 10%.")


def test_a_flat_map_agrees_with_nothing() -> None:
    flat = agree(np.ones((SIDE, SIDE)), bump(20, 20), [Box(0, 0, 10, 10)], [Box(5, 0, 10, 10)])
    assert np.isnan(flat.spearman) and flat.boxes == pytest.approx(1 / 3)
    assert "empty" in sentence([flat]) and "no two maps" not in sentence([flat]) and "no two maps" in sentence([])
    same = agree(bump(20, 20), bump(20, 20))
    assert sentence([same, flat, flat]).endswith("Maps that are empty are left out.")


@pytest.mark.parametrize("share", [0.02, 0.1, 0.25, 0.6])
def test_a_map_with_a_plateau_shares_all_with_itself_and_with_another_plateau_what_chance_gives(share: float) -> None:
    plateau, other = ((RNG.random((SIDE, SIDE)) < share).astype(np.float32) for _ in range(2))
    assert agree(plateau, plateau).top == 1 and "same place" in sentence([agree(plateau, plateau)])
    apart = agree(plateau, other)
    assert apart.top == pytest.approx(apart.chance, abs=0.05) and "different places" in sentence([apart])


def test_the_sentence_follows_the_overlap() -> None:
    same, apart = agree(bump(20, 20), bump(20, 20)), agree(bump(12, 12), bump(52, 52))
    assert "same place: they share 100%" in sentence([same]) and "different places: they share" in sentence([apart])
    assert "same place: every pair shares 100%" in sentence([same, same])
    assert "different places: the median pair shares" in sentence([apart, apart, same])


@pytest.mark.parametrize(("overlap", "words"), [
    (0.41, "look at the same place"), (0.39, "partly look"), (0.165, "partly look"), (0.15, "look at different places"),
])
def test_what_counts_as_the_same_place_hangs_on_the_overlap_of_the_tenths(overlap: float, words: str) -> None:
    shared = 2 * overlap / (1 + overlap)  # `overlap` is intersection over union
    assert f"The maps {words}" in sentence([Agreement(0.5, shared, 0.1, float("nan"))])


def test_the_consensus_is_highest_where_all_look() -> None:
    together = consensus([bump(20, 20), bump(20, 20, 9), bump(24, 20)])
    assert np.hypot(*(np.array(np.unravel_index(together.argmax(), together.shape)) - (21, 20))) < 4


def test_deletion_and_insertion_of_the_true_map_are_as_far_apart_as_can_be() -> None:
    true = PART[..., 0] * FILM[..., 0]
    true_area, blind = (
        [check(outputs, FILM, EMPTY, heat) for check in (deletion, insertion)] for heat in (true, random_heatmap(SIDE, 1))
    )
    assert true_area[0].area < 0.06 < 0.25 < blind[0].area
    assert true_area[1].area > 0.94 > 0.75 > blind[1].area


def test_deletion_and_insertion_of_an_additive_network_add_up_to_one() -> None:
    heat = random_heatmap(SIDE, 3)
    both = deletion(outputs, FILM, EMPTY, heat).area + insertion(outputs, FILM, EMPTY, heat).area
    assert both == pytest.approx(1, abs=1e-5)


def test_the_curve_begins_with_the_film_and_ends_with_the_baseline() -> None:
    curve = deletion(outputs, FILM, EMPTY, random_heatmap(SIDE), steps=10, inner_batch=3)
    assert len(curve.values) == 11 and curve.share[0] == 0 and curve.share[-1] == 1
    assert curve.values[0] == pytest.approx(float(outputs(FILM[None])[0]), rel=1e-5) and curve.values[-1] == 0


def test_a_film_that_is_its_baseline_has_no_area() -> None:
    assert np.isnan(deletion(outputs, FILM, FILM, random_heatmap(SIDE)).area)


def test_a_planted_constant_map_is_flagged_by_randomisation_and_a_true_one_is_not() -> None:
    edges = np.abs(np.diff(FILM[..., 0], axis=1, append=0))  # an edge detector: what the network knows does not matter
    *_, blind = cascade(edges, [("top", edges), ("middle", edges * 1.1), ("bottom", edges + 0.01)])
    *_, true = cascade(bump(20, 20), [("top", bump(20, 24)), ("bottom", random_heatmap(SIDE, 5))])
    assert blind.is_blind and not true.is_blind
    assert true.layers == ("top", "bottom") and true.likeness[0] > true.likeness[1]


def test_a_map_that_jumps_is_flagged_and_one_that_moves_with_the_film_is_not() -> None:
    def steady(film: np.ndarray) -> np.ndarray:
        return film[..., 0] * PART[..., 0] + bump(20, 40)

    seeds = iter(range(100))

    def jumping(film: np.ndarray) -> np.ndarray:
        return random_heatmap(SIDE, next(seeds))

    smooth = bump(30, 30, 12)[..., None]
    assert stability(steady, smooth, steady(smooth)).stays and not stability(steady, smooth, steady(smooth)).jumps
    assert stability(jumping, smooth, jumping(smooth)).jumps and not stability(jumping, smooth, jumping(smooth)).stays


@pytest.mark.parametrize("axis", [0, 1])
def test_a_map_that_jumps_with_a_shift_in_one_direction_alone_is_flagged(axis: int) -> None:
    smooth = bump(30, 26, 12)[..., None]

    def jumping(film: np.ndarray) -> np.ndarray:  # knows nothing once the film lies a pixel further along this axis
        return random_heatmap(SIDE, 7) if np.argmax(film.max(axis=(1 - axis, 2))) > (30, 26)[axis] else bump(20, 40)

    found = stability(jumping, smooth, jumping(smooth))
    likeness = found.down, found.across
    assert found.jumps and likeness[axis] < 0.5 < likeness[1 - axis]
