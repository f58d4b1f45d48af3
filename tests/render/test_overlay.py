"""The overlay as arithmetic: what is clear, what is opaque, where a box lies."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from cxr_core.geometry import Box
from cxr_core.models.clinical import ClinicalInputs
from cxr_core.reading import caption
from cxr_core.render import overlay
from cxr_core.render.overlay import add_caption, draw_overlay, encode_png, heat_colours, place_label


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


Written = list[tuple[str, tuple[int, int], float, int]]


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Written:
    """What is written on pictures: words, where, their size and how thick."""
    said: Written = []
    draw = cv2.putText

    def write(picture, words, at, font, size, colour, thick, kind):
        said.append((words, at, size, thick))
        return draw(picture, words, at, font, size, colour, thick, kind)

    monkeypatch.setattr(overlay.cv2, "putText", write)
    return said


def test_a_box_says_that_its_share_is_of_the_map_and_no_probability(film: np.ndarray, written: Written) -> None:
    draw_overlay(film, None, [Box(50, 120, 100, 80, "Pleural_Thickening", 0.32)], drawn=[Box(60, 130, 100, 80, "Mass")])
    assert [words for words, *_ in written] == ["Pleural thickening, 32% of the map", "Mass, drawn by NIH"]


@pytest.mark.parametrize("side", [128, 320, 1024])
def test_no_word_of_the_longest_caption_is_cut_off(side: int, written: Written) -> None:
    told = ClinicalInputs(67, "F", "AP", ("Mass", "Effusion"))
    said = ("densenet121-224-nih14-clinical smooth_ig_squared: Pleural thickening (nearest class to Child pneumonia) 12%, "
            "operating point 12% (your operating point: highest Youden index on val, by Dr. Roe, 2026-11-21)")
    lines = caption(said, scored_anyway=True, clinical=told)
    picture = add_caption(np.zeros((side, side, 3), np.uint8), lines)
    assert " ".join(words for words, *_ in written) == " ".join(lines)
    for words, (x, y), size, thick in written:
        assert x + cv2.getTextSize(words, cv2.FONT_HERSHEY_SIMPLEX, size, thick)[0][0] <= side and y < picture.shape[0]
    assert (picture[side:, -2:] == 12).all()


def test_labels_of_boxes_in_one_place_stand_apart_inside_the_film() -> None:
    taken: list[Box] = []
    for _ in range(4):
        taken.append(place_label(Box(90, 95, 40, 10), taken, 100, 100))
    assert len({(one.x, one.y) for one in taken}) == 4
    for place, one in enumerate(taken):
        assert 0 <= one.x <= 60 and 0 <= one.y <= 90
        assert not any(one.intersection(other) for other in taken[:place])
    assert place_label(Box(10, 20, 40, 10), [], 100, 100) == Box(10, 20, 40, 10)


def test_a_label_lies_on_a_dark_plate() -> None:
    white = np.ones((400, 300), np.float32)
    picture = draw_overlay(white, None, [Box(50, 120, 200, 80, "Mass", 0.5)])
    assert (picture[95:118, 50:150].max(axis=2) < 60).mean() > 0.3


def test_a_png_keeps_every_pixel_and_its_colours(film: np.ndarray) -> None:
    picture = draw_overlay(film, np.ones((4, 4), np.float32))
    back = cv2.imdecode(np.frombuffer(encode_png(picture), np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
    assert (back == picture).all()


def test_stronger_heat_is_lighter() -> None:
    lightness = cv2.cvtColor(heat_colours()[None], cv2.COLOR_RGB2LAB)[0, :, 0].astype(int)
    assert (np.diff(lightness) >= -1).all() and lightness[-1] - lightness[0] > 80
