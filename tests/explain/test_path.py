"""Nodes of a path: where they go, what each stands for, and how far the map is from that of endless steps."""

from __future__ import annotations

import numpy as np
import pytest

from cxr_core.explain.integrated_gradients import refine
from cxr_core.explain.path import even_nodes, more_nodes, squared_errors, weights_of

FINE = 4096


def walk(seed: int, rates: np.ndarray, places: int = 400) -> np.ndarray:
    """Random walks along the path, shape (FINE, places): as the gradient of a network of many ReLUs moves."""
    steps = np.random.default_rng(seed).normal(size=(FINE, places)) * np.sqrt(rates / FINE)[:, None]
    return np.cumsum(steps, axis=0)


def walking(walks: np.ndarray):
    """The gradient function of a film of ones whose gradient is the walk."""
    def gradients(batch: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        place = np.minimum((batch.reshape(len(batch), -1)[:, 0] * FINE).astype(int), FINE - 1)
        return np.zeros((len(batch), 1)), walks[place].reshape(1, len(batch), 20, 20, 1).astype(np.float32)

    return gradients


FILM, EMPTY = np.ones((20, 20, 1), np.float32), np.zeros((1, 20, 20, 1), np.float32)


def test_weights_add_up_to_the_path_and_even_nodes_weigh_alike() -> None:
    np.testing.assert_allclose(weights_of(even_nodes(8)), np.full(8, 1 / 8))
    nodes = np.sort(np.random.default_rng(0).uniform(size=17))
    assert weights_of(nodes).sum() == pytest.approx(1) and (weights_of(nodes) > 0).all()


def test_new_nodes_halve_what_leaves_out_most_and_cut_open_ends_at_a_third() -> None:
    nodes = np.array([0.1, 0.5, 0.9])
    np.testing.assert_allclose(more_nodes(nodes, np.array([0, 1, 0, 0.0]), 3), [0.3, 0.2, 0.4])
    np.testing.assert_allclose(more_nodes(nodes, np.array([1, 0, 0, 0.5]), 2), [0.1 / 3, 1 - 0.1 / 3])
    errors = squared_errors(nodes, np.array([4.0, 4.0]))
    np.testing.assert_allclose(errors[1:3], 4 * 0.4**2 / 12)
    np.testing.assert_allclose(errors[[0, 3]], 4 / 0.4 * 0.1**3 / 3)


@pytest.mark.parametrize("seed", range(3))
def test_the_error_of_a_walks_map_is_told_without_a_reference(seed: int) -> None:
    walks = walk(seed, np.ones(FINE)) + 1
    truth = walks.mean(axis=0).reshape(20, 20)
    for stage in refine(walking(walks), FILM, EMPTY, steps=64, tolerance=0):
        error = np.linalg.norm(stage.values[0] - truth) / np.linalg.norm(truth)
        assert stage.receipt.error[0] == pytest.approx(error, rel=0.15)


def test_a_path_that_moves_in_one_part_is_known_better_than_by_even_nodes() -> None:
    rates = np.full(FINE, 0.02)
    rates[:FINE // 8] = 8
    walks = walk(7, rates)
    truth, errors = walks.mean(axis=0), []
    for nodes in (64, None):
        if nodes:
            values = walks[(even_nodes(nodes) * FINE).astype(int)].mean(axis=0)
        else:
            *_, last = refine(walking(walks), FILM, EMPTY, steps=64, tolerance=0)
            values = last.values[0].ravel()
        errors.append(np.linalg.norm(values - truth))
    assert errors[1] < 0.5 * errors[0]
