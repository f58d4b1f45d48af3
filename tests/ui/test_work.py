"""Work beside the page: it ends, tells how far it is, stops when asked, and says what went wrong."""

from __future__ import annotations

import threading

import pytest

from cxr_core.errors import DataError
from cxr_core.ui.dataset.work import OnStep, Work


def test_work_gives_its_result_and_tells_how_far_it_is() -> None:
    def make(on_step: OnStep) -> int:
        for step in range(5):
            on_step(step + 1, 5)
        return 42

    work = Work(make)
    work.wait(30)
    assert not work.running and (work.result, work.done, work.most, work.problem) == (42, 5, 5, "")


def test_work_stops_at_its_next_step() -> None:
    begun, go, steps = threading.Event(), threading.Event(), []

    def make(on_step: OnStep) -> int:
        begun.set()
        go.wait(30)
        for step in range(3):
            on_step(step, 3)
            steps.append(step)
        return 1

    work = Work(make)
    begun.wait(30)
    work.stop()
    go.set()
    work.wait(30)
    assert not work.running and work.result is None and work.stopped and steps == []


@pytest.mark.parametrize(("problem", "words"), [
    (DataError("No film is left."), "No film is left."), (ZeroDivisionError("patient 7"), "failed (ZeroDivisionError)"),
])
def test_what_goes_wrong_is_said_in_words(problem: Exception, words: str) -> None:
    def make(on_step: OnStep) -> None:
        raise problem

    work = Work(make)
    work.wait(30)
    assert words in work.problem and "patient 7" not in work.problem
