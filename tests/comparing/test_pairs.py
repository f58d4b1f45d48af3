"""Every pair is compared once, and the maps of all together."""

from __future__ import annotations

import numpy as np
import pytest

from cxr_core.comparing.cells import CellMap
from cxr_core.comparing.pairs import compare_pairs, consensus_map, contains, without_ensembles
from cxr_core.explain.agreement import agree, difference
from cxr_core.geometry import Box
from cxr_core.models.prediction import Score
from cxr_core.models.registry import MODELS
from cxr_core.reading import Receipt

SIDE = 64
RESNET, KHAN, XCEPTION, ENSEMBLE = "resnet18-128-nih14", "mobilenet-128-nih6", "xception-128-nih14", "ensemble-nih14"


def bump(down: int, across: int) -> np.ndarray:
    y, x = np.mgrid[:SIDE, :SIDE]
    return np.exp(-((y - down) ** 2 + (x - across) ** 2) / 72).astype(np.float32)


def cell(
    heatmap: np.ndarray, *boxes: Box, model: str = "resnet18-128-nih14", method: str = "ig"
) -> CellMap:
    score, receipt = Score("Mass", 0.5, 0.5, 0.4, None), Receipt("ig", "logit", "black", 8, (), 0.1, "CPU")
    return CellMap(score, method, heatmap, heatmap, boxes, receipt, True, model, "0" * 64)


def test_the_rows_hold_every_pair_once_and_the_verdict_is_over_all_models() -> None:
    cells = [cell(bump(20, 20), Box(0, 0, 10, 10), model=RESNET), cell(bump(20, 20), Box(0, 0, 10, 10), model=KHAN),
             cell(bump(50, 50), model=XCEPTION)]
    pairs = compare_pairs(cells)
    assert [len(row) for row in pairs.rows] == [0, 1, 2]
    assert pairs.rows[1][0].top == 1 and pairs.rows[1][0].boxes == 1
    assert pairs.rows[2][0].top == pytest.approx(agree(bump(50, 50), bump(20, 20)).top)
    assert np.isnan(pairs.rows[2][1].boxes)
    assert "different places" in pairs.verdicts[0].text
    assert "same place" in compare_pairs(cells[:2]).verdicts[0].text


def test_two_methods_of_one_model_say_nothing_of_whether_models_agree() -> None:
    apart = [cell(bump(20, 20), model=RESNET, method="ig"), cell(bump(20, 20), model=RESNET, method="grad_cam")]
    assert compare_pairs(apart).verdicts == () and compare_pairs(apart).rows[1][0].top == 1
    both = [*apart, cell(bump(50, 50), model=KHAN, method="ig"), cell(bump(20, 20), model=KHAN, method="grad_cam")]
    told = {one.method: one.text for one in compare_pairs(both).verdicts}
    assert "different places" in told["ig"] and "same place: they share" in told["grad_cam"]


def test_that_an_ensemble_agrees_with_its_own_members_is_no_evidence() -> None:
    assert [one for one in MODELS if contains(ENSEMBLE, one)] == [RESNET, "inceptionv3-299-nih15"]
    cells = [cell(bump(20, 20), model=RESNET), cell(bump(20, 20), model=ENSEMBLE)]
    assert compare_pairs(cells).verdicts == () and without_ensembles(cells) == cells[:1]
    other = cell(bump(50, 50), model=XCEPTION)
    assert "different places" in compare_pairs([*cells, other]).verdicts[0].text
    assert without_ensembles([cells[1], other]) == [cells[1], other]  # none of its members is beside it


def test_that_two_ensembles_agree_which_share_members_is_no_evidence() -> None:
    small, large = cell(bump(20, 20), model=ENSEMBLE), cell(bump(20, 20), model=f"{ENSEMBLE}-clinical")
    assert compare_pairs([small, large]).verdicts == ()
    assert contains(large.model_id, ENSEMBLE) and contains(large.model_id, RESNET)
    assert not contains(ENSEMBLE, large.model_id) and not contains(ENSEMBLE, ENSEMBLE)
    assert without_ensembles([small, large]) == [small]
    other = cell(bump(50, 50), model="densenet121-224-nih14-clinical")
    assert "different places" in compare_pairs([large, other]).verdicts[0].text


def test_the_consensus_is_bright_where_all_look_and_flat_maps_say_nothing() -> None:
    together = consensus_map([cell(bump(20, 20)), cell(bump(22, 20)), cell(np.zeros((SIDE, SIDE), np.float32))])
    assert np.hypot(*np.subtract(np.unravel_index(together.argmax(), together.shape), (21, 20))) < 3
    assert together.max() > 0.95 and together.min() == 0
    assert not consensus_map([cell(np.zeros((SIDE, SIDE), np.float32))]).any()


def test_the_difference_is_over_zero_where_the_first_is_brighter_whatever_their_grids() -> None:
    apart = difference(bump(20, 20), np.kron(bump(50, 50), np.ones((2, 2), np.float32)))
    assert apart[20, 20] > 0.9 and apart[50, 50] < -0.9 and abs(apart[5, 60]) < 0.05
    assert not difference(bump(20, 20), bump(20, 20)).any()
