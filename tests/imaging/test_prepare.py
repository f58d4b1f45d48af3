"""Pixels on their way into a network."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cxr_core.explain.baselines import make_baselines
from cxr_core.imaging.phantom import make_phantom
from cxr_core.imaging.prepare import ends, network_view, prepare, scale
from cxr_core.imaging.read import read_radiograph
from cxr_core.models.registry import FOREIGN

CHEXNET = FOREIGN["densenet121-224-nih14"]


def test_imagenet_scaling_is_that_of_the_published_networks() -> None:
    """Black, mid-grey and white as torchvision's Normalize gives them."""
    scaled = scale(np.array([[[0.0, 0.5, 1.0]]], np.float32), CHEXNET)[0, 0]
    mean, deviation = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    np.testing.assert_allclose(scaled, (np.array([[0.0], [0.5], [1.0]]) - mean) / deviation, rtol=1e-5)


@pytest.mark.parametrize("scaling", ["unit", "symmetric", "imagenet"])
def test_what_the_network_saw_is_the_film_whatever_the_scaling(scaling: str) -> None:
    spec, film = replace(CHEXNET, scaling=scaling), read_radiograph(make_phantom(300))
    plain = replace(CHEXNET, scaling="unit")
    batch = prepare(film, spec)
    np.testing.assert_array_equal(network_view(batch, spec), np.round(prepare(film, plain)[0, ..., 0] * 255))
    low, high = ends(spec)
    assert (batch >= low - 1e-5).all() and (batch <= high + 1e-5).all()
    black, white, *_ = make_baselines(batch[0], ends(spec), "all")
    np.testing.assert_array_equal(black, np.broadcast_to(low, black.shape))
    np.testing.assert_array_equal(white, np.broadcast_to(high, white.shape))
