"""Small pictures: true to the film, bounded in bytes, and a film that is none is said."""

from __future__ import annotations

import cv2
import numpy as np

from cxr_core.imaging.phantom import make_phantom
from cxr_core.ui.dataset.thumbnails import Thumbnails, make_thumbnail


def film(height: int, width: int, level: int) -> bytes:
    return cv2.imencode(".png", np.full((height, width), level, np.uint8))[1].tobytes()


def test_a_picture_keeps_the_shape_and_the_grey_of_its_film() -> None:
    made = make_thumbnail(film(600, 300, 90))
    grey = cv2.imdecode(np.frombuffer(made.content, np.uint8), cv2.IMREAD_UNCHANGED)
    assert grey.shape == (256, 128) and abs(int(grey.mean()) - 90) <= 1
    assert (made.width, made.height) == (300, 600)


def test_a_small_film_is_not_blown_up() -> None:
    made = make_thumbnail(make_phantom(64))
    assert cv2.imdecode(np.frombuffer(made.content, np.uint8), cv2.IMREAD_UNCHANGED).shape == (64, 64)


def test_memory_is_bounded_and_what_was_looked_at_last_is_kept() -> None:
    one = len(make_thumbnail(make_phantom(256)).content)
    kept = Thumbnails(limit=3 * one + one // 2)
    for key in range(5):
        kept.ask([(key, lambda: make_phantom(256))])
        assert kept.wait([key], 60)
        kept.get(1)
    assert kept.size <= 3 * one + one // 2
    assert [kept.get(key) is not None for key in range(5)] == [False, True, False, True, True]


def test_what_cannot_be_read_says_why_and_stops_nobody() -> None:
    kept = Thumbnails()
    kept.ask([("broken", lambda: b"no film"), ("gone", lambda: (_ for _ in ()).throw(OSError("gone"))),
              ("good", lambda: make_phantom(64))])
    assert kept.wait(["broken", "gone", "good"], 60)
    assert "no PNG, JPEG or DICOM" in kept.get("broken").problem and "OSError" in kept.get("gone").problem
    assert kept.get("good").content and not kept.get("good").problem
