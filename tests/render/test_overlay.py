"""The overlay as arithmetic: what is clear, what is opaque, where a box lies."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from cxr_core.geometry import Box
from cxr_core.render.overlay import add_caption, draw_overlay, encode_png, heat_colours


@pytest.fixture
def film() -> np.ndarray:
    return np.linspace(0, 1, 400 * 300, dtype=np.float32).reshape(400, 300)


def grey(film: np.ndarray) -> np.ndarray:
    return np.round(np.repeat(film[..., None] * 255, 3, axis=2)).astype(np.uint8)


def test_a_film_without_a_map_is_itself(film: np.ndarray) -> None:
    assert (draw_overlay(film, None) == grey(film)).all()


@pytest.mark.parametrize("value", [0.0, 0.15])
def test_a_faint_map_is_clear(film: np.ndarray, value: float) -> None:
    assert (draw_overlay(film, np.full((8, 8), value, np.float32)) == grey(film)).all()


def test_a_full_map_is_mixed_in_by_its_opacity(film: np.ndarray) -> None:
    drawn = draw_overlay(film, np.ones((8, 8), np.float32), opacity=0.25)
    mixed = film[..., None] * 255 * 0.75 + heat_colours()[255] * 0.25
    assert drawn == pytest.approx(mixed, abs=0.51)
    assert (draw_overlay(film, np.ones((8, 8), np.float32), opacity=0.0) == grey(film)).all()


def test_a_map_lies_on_the_film_as_on_its_grid(film: np.ndarray) -> None:
    heat = np.zeros((8, 8), np.float32)
    heat[:2, 6:] = 1  # top right
    changed = (draw_overlay(film, heat) != grey(film)).any(axis=2)
    assert changed[:60, 250:].all() and not changed[200:].any() and not changed[:, :150].any()


def test_a_box_is_drawn_on_its_edge_and_nowhere_inside(film: np.ndarray) -> None:
    drawn = draw_overlay(film, None, [Box(50, 120, 100, 80)])
    changed = (drawn != grey(film)).any(axis=2)
    assert changed[120, 50:151].all() and changed[120:201, 150].all()
    assert not changed[125:195, 55:145].any() and not changed[210:].any()


def test_a_box_that_a_person_drew_is_dashed_and_named(film: np.ndarray) -> None:
    picture = draw_overlay(film, None, drawn=[Box(50, 120, 100, 80, "Mass")])
    changed = (picture != grey(film)).any(axis=2)
    assert 0.3 < changed[120, 50:151].mean() < 0.8 and not changed[125:195, 55:145].any()
    assert changed[202:225].any() and not changed[:118].any()  # its name stands under it


def test_a_caption_adds_lines_and_leaves_the_film_alone(film: np.ndarray) -> None:
    picture = grey(film)
    one, two = (add_caption(picture, ["model, sha256"] * lines) for lines in (1, 2))
    assert (one[:400] == picture).all() and two.shape[0] > one.shape[0] > 400 and one.shape[1] == 300
    assert one[400:].max() > 150


def test_a_png_keeps_every_pixel_and_its_colours(film: np.ndarray) -> None:
    picture = draw_overlay(film, np.ones((4, 4), np.float32))
    back = cv2.imdecode(np.frombuffer(encode_png(picture), np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
    assert (back == picture).all()


def test_stronger_heat_is_lighter() -> None:
    lightness = cv2.cvtColor(heat_colours()[None], cv2.COLOR_RGB2LAB)[0, :, 0].astype(int)
    assert (np.diff(lightness) >= -1).all() and lightness[-1] - lightness[0] > 80
