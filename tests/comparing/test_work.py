"""Work in the background: in turn, stopped when nobody waits, and one task's failure is no other's."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest

from cxr_core.comparing import work as rules
from cxr_core.comparing.work import OnStep, Task, Work
from cxr_core.errors import ExplanationError

WAIT = 30.0  # s, of which all but a few ms are for a machine that is busy with something else


@dataclass(frozen=True)
class Stage:
    steps: int
    is_last: bool


def until(told: Callable[[], bool]) -> None:
    for _ in range(int(WAIT * 200)):
        if told():
            return
        time.sleep(0.005)
    raise AssertionError("it never came about")


def staged(key: str, log: list[str], count: int = 3) -> Task:
    def stages(on_step: OnStep) -> Iterator[Stage]:
        for step in range(1, count + 1):
            on_step(step, count)
            log.append(f"{key}{step}")
            yield Stage(step, step == count)

    return Task(key, stages)


def endless(key: str) -> Task:
    def stages(on_step: OnStep) -> Iterator[Stage]:
        while True:
            time.sleep(0.002)
            on_step(1, 10)
            if False:
                yield

    return Task(key, stages)


def test_every_first_map_comes_before_any_second() -> None:
    log: list[str] = []
    work = Work()
    work.want([staged("a", log), staged("b", log), staged("c", log)])
    until(lambda: not work.is_busy)
    assert log == ["a1", "b1", "c1", "a2", "b2", "c2", "a3", "b3", "c3"]
    assert work.find("a").done and work.find("a").best == Stage(3, True) and work.share == 1


def test_what_is_at_hand_is_refined_while_something_else_is_waited_for() -> None:
    log: list[str] = []
    here = threading.Event()
    work = Work()
    late = replace(staged("late", log), ready=here.wait, is_at_hand=here.is_set)
    work.want([late, staged("a", log), staged("b", log)])
    until(lambda: work.find("b").done)
    assert log == ["a1", "b1", "a2", "b2", "a3", "b3"]
    here.set()
    until(lambda: not work.is_busy)
    assert log[6:] == ["late1", "late2", "late3"]


def test_what_comes_to_hand_has_its_first_map_before_others_have_their_next() -> None:
    log: list[str] = []
    here = threading.Event()

    def stages(on_step: OnStep) -> Iterator[Stage]:
        for step in range(1, 4):
            if step == 2:
                here.set()
            log.append(f"a{step}")
            yield Stage(step, step == 3)

    work = Work()
    work.want([replace(staged("late", log), ready=here.wait, is_at_hand=here.is_set), Task("a", stages)])
    until(lambda: not work.is_busy)
    assert log[:3] == ["a1", "a2", "late1"] and len(log) == 6


@pytest.mark.parametrize(("problem", "words"), [
    (ExplanationError("The gradient is not a number."), "not a number"),
    (MemoryError(), "ran out of memory"),
    (RuntimeError("secret of a library"), "because of a bug in the program"),
])
def test_a_task_that_fails_says_so_and_the_others_go_on(problem: Exception, words: str) -> None:
    def failing(on_step: OnStep) -> Iterator[Stage]:
        on_step(1, 2)
        raise problem
        yield

    work = Work()
    work.want([Task("bad", failing), staged("good", [])])
    until(lambda: not work.is_busy)
    assert words in work.find("bad").problem and "secret" not in work.find("bad").problem
    assert work.find("good").done and not work.find("good").problem


def test_cancel_stops_within_a_step_keeps_what_is_made_and_can_be_taken_back() -> None:
    work, log = Work(), []
    work.want([staged("quick", log, 1), endless("slow")])
    until(lambda: work.find("quick").done and work.find("slow").share > 0)
    work.cancel()
    until(lambda: work._thread is None)
    assert work.is_cancelled and not work.is_busy and work.find("quick").done and not work.find("slow").done
    assert work.is_stopped("slow") and not work.is_stopped("quick")
    work.resume()
    until(lambda: work._thread is not None)
    assert work.is_busy
    work.want([])
    until(lambda: work._thread is None)


def test_what_is_no_longer_wanted_is_dropped_and_what_was_made_is_found_again() -> None:
    work, log = Work(), []
    work.want([endless("old")])
    until(lambda: work.find("old").share > 0)
    work.want([staged("new", log)])
    until(lambda: not work.is_busy)
    work.want([staged("new", log)])
    assert not work.is_busy and log == ["new1", "new2", "new3"]


def test_another_page_stops_the_work_and_coming_back_goes_on_where_it_stood() -> None:
    began, steps = [], []

    def stages(on_step: OnStep) -> Iterator[Stage]:
        began.append(1)
        while True:
            time.sleep(0.002)
            on_step(1, 10)
            steps.append(1)
            if False:
                yield

    work, task = Work(), Task("slow", stages)
    work.want([task])
    until(lambda: len(steps) > 2)
    work.pause()
    until(lambda: not work._slot.is_held)  # it stands by
    stood = len(steps)
    time.sleep(2.2)  # longer than a page takes to be drawn
    assert len(steps) == stood and work.find("slow").share > 0  # nothing is computed beside the other page
    work.want([task])
    until(lambda: len(steps) > stood + 2)
    assert len(began) == 1  # what was half summed was not thrown away
    work.want([])
    until(lambda: work._thread is None)


def test_what_is_half_made_is_not_kept_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "HOLD", 0.1)
    work = Work()
    work.want([endless("slow")])
    until(lambda: work.find("slow").share > 0)
    work.pause()
    until(lambda: work._thread is None)
    assert not work._stages
    work.want([endless("slow")])
    until(lambda: work._thread is not None)
    work.want([])
    until(lambda: work._thread is None)


def test_readers_on_other_pages_and_models_that_are_loading_keep_nobody_from_computing() -> None:
    go, away, loading = threading.Event(), [Work(), Work()], [Work(), Work()]
    for work in away:
        work.want([endless("slow")])
        until(lambda work=work: work.find("slow").share > 0)
        work.pause()
    begun: list[int] = []
    for place, work in enumerate(loading):
        work.want([replace(staged("late", []), ready=lambda place=place: (begun.append(place), go.wait(WAIT)))])
    until(lambda: len(begun) == 2)
    here = Work()
    here.want([staged("a", [])])
    until(lambda: here.find("a").done)
    go.set()
    for work in loading:
        until(lambda work=work: work.find("late").done)
    for work in away:
        work.want([])
        until(lambda work=work: work._thread is None)


def test_what_failed_is_tried_again_when_it_is_asked_for_anew_or_wanted_anew() -> None:
    tries: list[int] = []

    def short(on_step: OnStep) -> Iterator[Stage]:
        tries.append(1)
        if len(tries) < 4:
            raise MemoryError
        yield Stage(1, True)

    work, bad, good = Work(), Task("bad", short), staged("good", [])
    work.want([bad, good])
    until(lambda: not work.is_busy)
    work.want([bad, good])  # the same page drawn anew is no new wish
    assert not work.is_busy and work.find("bad").may_pass and len(tries) == 1
    work.retry("bad")
    until(lambda: not work.is_busy)
    assert len(tries) == 2 and "memory" in work.find("bad").problem
    work.want([good])
    work.want([bad, good])
    until(lambda: not work.is_busy)
    assert len(tries) == 3
    work.retry("bad")
    until(lambda: not work.is_busy)
    assert work.find("bad").best == Stage(1, True) and not work.find("bad").problem


def test_something_new_after_a_cancel_does_not_begin_the_cancelled_again() -> None:
    work, slow = Work(), endless("slow")
    work.want([slow])
    until(lambda: work.find("slow").share > 0)
    work.cancel()
    until(lambda: work._thread is None)
    work.retry("check")
    work.want([slow, staged("check", [])])
    until(lambda: work.find("check").done)
    assert work.is_stopped("slow") and work.is_cancelled and not work.is_busy and work.share == 1
    work.resume()
    assert work.is_busy
    work.want([])
    until(lambda: work._thread is None)


def test_the_same_page_drawn_anew_does_not_stop_the_work() -> None:
    began: list[int] = []

    def stages(on_step: OnStep) -> Iterator[Stage]:
        began.append(1)
        yield from endless("slow").stages(on_step)

    work = Work()
    for _ in range(5):
        work.pause()
        work.want([Task("slow", stages)])
        time.sleep(0.02)
    until(lambda: began)
    assert len(began) == 1 and work.is_busy
    work.want([])
    until(lambda: work._thread is None)


def test_a_window_that_was_closed_stops_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "PATIENCE", 0.1)
    monkeypatch.setattr(rules, "HOLD", 0.1)
    work = Work()
    work.want([endless("slow")])
    until(lambda: work._thread is None)
    assert not work.find("slow").done


def test_a_closed_window_keeps_its_place_among_those_that_compute_for_no_longer_than_the_patience() -> None:
    assert rules.PATIENCE <= 15
    closed = [Work(), Work()]
    for work in closed:
        work.want([endless("slow")])
        until(lambda work=work: work.find("slow").share > 0)
        work._heard -= rules.PATIENCE  # nothing was heard of its window for so long
    here = Work()
    here.want([staged("a", [])])
    until(lambda: here.find("a").done)
    for work in closed:
        work.want([])
        until(lambda work=work: work._thread is None)


def test_results_are_bounded_but_what_is_wanted_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "MOST", 4)
    work = Work()
    for first in range(0, 12, 3):
        work.want([staged(str(first + place), [], 1) for place in range(3)])
        until(lambda: not work.is_busy)
    work.want([staged("11", [], 1)])
    assert not work.is_busy and len(work._made) <= 4 and not work.find("0").done


def test_a_map_begun_anew_does_not_replace_a_better_one() -> None:
    again, go = threading.Event(), threading.Event()

    def stages(on_step: OnStep) -> Iterator[Stage]:
        yield Stage(1 if again.is_set() else 8, False)
        while not go.is_set():
            time.sleep(0.002)
            on_step(1, 10)
        yield Stage(16, True)

    work = Work()
    work.want([Task("a", stages)])
    until(lambda: work.find("a").best is not None)
    work.cancel()
    until(lambda: work._thread is None)
    again.set()
    before = work.find("a").version
    work.resume()
    until(lambda: work.find("a").version > before)
    assert work.find("a").best == Stage(8, False)
    go.set()
    until(lambda: work.find("a").done)
    assert work.find("a").best == Stage(16, True)
