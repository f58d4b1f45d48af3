"""Small pictures: true to the film, bounded in bytes, and a film that is none is said."""

from __future__ import annotations

import threading
import time
from functools import partial

import cv2
import numpy as np
import pytest

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


def test_what_others_wait_for_goes_on_and_ones_own_is_taken_back() -> None:
    kept, begin, made = Thumbnails(), threading.Event(), []

    def load(name: str) -> bytes:
        begin.wait(30)
        made.append(name)
        return make_phantom(64)

    kept.ask([(name, partial(load, name)) for name in "ab"])  # both threads are busy until `begin`
    kept.ask([(name, partial(load, name)) for name in "xyz"], "mine")
    kept.ask([(name, partial(load, name)) for name in "yv"], "theirs")
    kept.ask([("z", partial(load, "z"))], "mine")  # x is wanted no more, y by them alone
    begin.set()
    assert kept.wait("abyvz", 60) and sorted(made) == list("abvyz") and kept.get("x") is None


def test_what_could_not_be_read_once_is_read_again_later() -> None:
    films = [lambda: (_ for _ in ()).throw(OSError("away")), lambda: make_phantom(64)]
    for forgiven, tries in ((0.0, 2), (60.0, 1)):
        kept, left = Thumbnails(forgiven=forgiven), list(films)
        for _ in range(2):
            kept.ask([("film", lambda: left.pop(0)())])
            assert kept.wait(["film"], 60)
        assert len(films) - len(left) == tries and bool(kept.get("film").content) == (tries == 2)


def test_a_picture_that_was_made_after_all_is_kept_and_counted() -> None:
    """Its film failed and was forgotten for others before: neither outlives the picture."""
    picture = make_thumbnail(make_phantom(64)).content
    kept, films = Thumbnails(limit=len(picture), forgiven=1.0), [b"no film", make_phantom(64)]
    kept.ask([("film", lambda: films.pop(0))])
    assert kept.wait(["film"], 60) and kept.get("film").problem
    for key, load in (("other", lambda: make_phantom(64)), ("another", lambda: make_phantom(64)),
                      ("film", lambda: films.pop(0))):
        kept.ask([(key, load)])
        assert kept.wait([key], 60)
    time.sleep(1.0)
    kept.ask([])
    assert kept.get("film") is not None and kept.get("film").content == picture and kept.size == len(picture)


def test_what_cannot_be_read_says_why_and_stops_nobody(caplog: pytest.LogCaptureFixture) -> None:
    kept, bug = Thumbnails(), ZeroDivisionError("patient 7")
    kept.ask([("broken", lambda: b"no film"), ("bug", lambda: (_ for _ in ()).throw(bug)),
              ("good", lambda: make_phantom(64))])
    assert kept.wait(["broken", "bug", "good"], 60)
    assert "no PNG, JPEG or DICOM" in kept.get("broken").problem
    assert "bug in the program" in kept.get("bug").problem and "Error" not in kept.get("bug").problem
    assert [record.exc_info[1] for record in caplog.records] == [bug]
    assert not any("patient" in said for said in caplog.messages)
    assert kept.get("good").content and not kept.get("good").problem
