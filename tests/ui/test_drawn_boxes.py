"""What the sentence above the drawn boxes says: who is ahead of a control, and who is behind it."""

from __future__ import annotations

import numpy as np

from cxr_core.evaluation.localisation import CONTROLS, MEASURES, Localisation
from cxr_core.ui.trust.drawn_boxes import sentence


def judged(**share: float) -> Localisation:
    """Maps of methods that hit this share of 60 boxes of 60 patients."""
    order, rows = np.random.default_rng(3).permutation(60), len(share)
    hits = np.concatenate([np.repeat((order < 60 * one)[:, None], len(MEASURES), axis=1) for one in share.values()])
    methods = np.array(list(share)).repeat(60)
    return Localisation.of(np.full(60 * rows, "Mass"), methods, np.tile(np.arange(60), rows), hits.astype(float))


def test_a_method_that_hits_less_than_a_random_map_is_said_to() -> None:
    told = judged(ig=0.05, grad_cam=0.9, gradient=0.5, random=0.5, centre=0.5)
    said = sentence(told, ["ig", "grad_cam", "gradient", *CONTROLS], "iobb_0.25")
    ahead, behind = said.split("Behind beyond chance: ")
    assert "Grad-CAM (+0.40) beyond a random map; Grad-CAM (+0.40) beyond the middle of the film." in ahead
    assert behind.startswith("IG (-0.45) behind a random map; IG (-0.45) behind the middle of the film.")
    assert "IG" not in ahead and "Gradient" not in said and "Each measure is corrected alone, here for 6" in behind


def test_methods_that_hit_as_often_are_neither_and_without_controls_nothing_is_said() -> None:
    said = sentence(judged(ig=0.5, random=0.5, centre=0.5), ["ig", *CONTROLS], "iobb_0.25")
    assert "Ahead beyond chance: no method. Behind beyond chance: no method." in said
    assert sentence(judged(ig=0.5), ["ig"], "iobb_0.25") .startswith("No control was judged")
