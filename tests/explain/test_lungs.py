"""The lungs are where they were drawn, and where readers drew findings; where there are none, none are found."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cxr_core.datasets.boxes import SIDE as NIH_SIDE, read_boxes
from cxr_core.explain.lungs import SIDE, find_lungs, lung_share
from cxr_core.imaging.phantom import make_phantom
from cxr_core.imaging.read import read_radiograph

PHANTOM = read_radiograph(make_phantom(512)).display()


def test_the_phantoms_lungs_are_found_where_they_are_drawn_and_its_letters_and_arms_are_outside() -> None:
    lungs = find_lungs(PHANTOM)
    assert lungs is not None and lungs.shape == (SIDE, SIDE) and lungs.dtype == bool
    for x, y in ((0.29, 0.46), (0.71, 0.46), (0.5, 0.46)):  # the middles of both, and between them
        assert lungs[int(y * SIDE), int(x * SIDE)]
    for x, y in ((0.15, 0.05), (0.08, 0.5), (0.92, 0.5), (0.5, 0.95)):
        assert not lungs[int(y * SIDE), int(x * SIDE)]


def test_a_lung_that_is_white_in_its_lower_half_is_as_large_as_the_other() -> None:
    half = PHANTOM.copy()
    half[int(0.5 * 512):, :256] = np.maximum(half[int(0.5 * 512):, :256], 0.75)
    whole, found = find_lungs(PHANTOM), find_lungs(half)
    assert found is not None
    assert (whole & found).sum() / (whole | found).sum() > 0.85


@pytest.mark.parametrize("picture", [
    np.zeros((300, 300), np.float32), np.ones((300, 300), np.float32),
    np.tile(np.linspace(0, 1, 300, dtype=np.float32), (300, 1)),
], ids=["black", "white", "ramp"])
def test_where_no_lungs_are_none_are_found(picture: np.ndarray) -> None:
    assert find_lungs(picture) is None


def test_the_share_of_a_map_is_what_lies_inside_and_that_of_a_flat_one_is_the_area() -> None:
    lungs = np.zeros((SIDE, SIDE), bool)
    lungs[32:96, 32:96] = True
    inside = np.kron(lungs, np.ones((2, 2))).astype(np.float32)
    flat = [np.ones((40, 40), np.float32)]
    share = lung_share(inside, flat, lungs)
    assert (share.share, share.area) == (1, 0.25) and share.control == pytest.approx(0.25)
    assert share.is_inside and not share.is_outside
    outside = lung_share(1 - inside, flat, lungs)
    assert outside.share == 0 and outside.is_outside and not outside.is_inside
    assert np.isnan(lung_share(0 * inside, flat, lungs).share)


def test_a_share_is_told_from_the_controls_only_beyond_what_they_differ_by() -> None:
    lungs = np.zeros((SIDE, SIDE), bool)
    lungs[:, :64] = True

    def halves(left: float) -> np.ndarray:
        return np.where(lungs, left, 1 - left).astype(np.float32)

    near = lung_share(halves(0.499), [halves(0.5)], lungs)
    assert not near.is_outside and not near.is_inside and near.share < near.control
    spread = [halves(0.3), halves(0.5), halves(0.7)]
    assert lung_share(halves(0.4), spread, lungs).margin == pytest.approx(0.4)
    assert not lung_share(halves(0.2), spread, lungs).is_outside and lung_share(halves(0.05), spread, lungs).is_outside


@pytest.mark.realdata
def test_findings_that_readers_drew_lie_in_the_region(data_folder: Path) -> None:
    inside, found, films = [], 0, 0
    for name, boxes in read_boxes(data_folder / "nih_download" / "BBox_List_2017.csv").items():
        path = data_folder / "nih_download" / "images_001" / "images" / f"{name}.png"
        if not path.is_file():
            continue
        lungs = find_lungs(read_radiograph(path.read_bytes()).display())
        films, found = films + 1, found + (lungs is not None)
        if lungs is not None:
            inside += [lungs[int((box.y + box.h / 2) / NIH_SIDE * SIDE), int((box.x + box.w / 2) / NIH_SIDE * SIDE)]
                       for box in boxes]
    assert films == 20 and found >= 0.75 * films  # all are ill, and most lie in bed
    assert np.mean(inside) > 0.85
