"""Jobs that sessions share: who asks for the same gets the same, and one stops when nobody wants it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

import streamlit as st

from cxr_core.ui.dataset import work as works
from cxr_core.ui.dataset.work import Work
from cxr_core.ui.job import OnStep


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> dict:
    """No work is begun, and a session's state is a dict."""
    st.cache_resource.clear()
    monkeypatch.setattr(works, "state", state := {})
    return state


def until(go: threading.Event) -> Callable[[OnStep], str]:
    def make(on_step: OnStep) -> str:
        go.wait(30)
        on_step(1, 1)
        return "done"

    return make


def test_results_of_one_kind_do_not_drive_out_those_of_another(session: dict) -> None:
    works.begin(("duplicates", "nih"), lambda on_step: "pairs").wait(30)
    for number in range(30):
        works.begin(("traits", number), lambda on_step: number).wait(30)
        works.begun(("traits", 0))  # it is looked at, and stays
    assert works.begun(("duplicates", "nih")).made == "pairs"
    assert works.begun(("traits", 0)) and works.begun(("traits", 29)) and not works.begun(("traits", 5))


def test_two_who_ask_at_once_get_the_same_work(session: dict) -> None:
    asked, begun, go = threading.Barrier(8), [], threading.Event()

    def make(on_step: OnStep) -> None:
        begun.append(1)
        go.wait(30)

    def ask(_: int) -> Work:
        asked.wait(30)
        return works.begin(("duplicates", "nih"), make)

    with ThreadPoolExecutor(8) as pool:
        there = set(pool.map(ask, range(8)))
    go.set()
    assert len(there) == len(begun) == 1


def test_another_filter_stops_the_work_of_the_last_unless_somebody_else_waits(
    session: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = threading.Event()
    first, second = works.begin_latest(("traits", 1), until(go)), works.begin_latest(("traits", 2), until(go))
    assert first.is_stopped and second.is_running and not second.is_stopped
    monkeypatch.setattr(works, "state", {})  # another session
    assert works.begin_latest(("traits", 2), until(go)) is second
    monkeypatch.setattr(works, "state", session)
    again = works.begin_latest(("traits", 1), until(go))
    assert again is not first and not again.is_stopped and not second.is_stopped
    go.set()
    for one in (first, second, again):
        one.wait(30)
    assert (first.made, second.made, again.made) == (None, "done", "done")


def test_what_a_reader_stopped_stays_stopped_until_it_is_asked_for_anew(session: dict) -> None:
    go = threading.Event()
    works.begin(("traits", 1), until(go)).stop()
    go.set()
    assert works.is_stopped(("traits", 1)) and works.begun(("traits", 1)) is None
    assert not works.begin(("traits", 1), until(go)).is_stopped and not works.is_stopped(("traits", 1))


def test_a_work_stopped_by_hand_stays_so_when_the_reader_turns_to_another(session: dict) -> None:
    """Even where its step still goes on: forgotten, it would begin anew by itself as they come back."""
    go = threading.Event()
    works.begin_latest(("traits", 1), until(go)).stop()
    works.begin_latest(("traits", 2), until(go))
    assert works.is_stopped(("traits", 1))
    go.set()


def test_what_was_made_when_a_work_stops_is_kept_and_the_next_begins_with_it(session: dict) -> None:
    begun, go = threading.Event(), threading.Event()

    def make(on_step: OnStep) -> tuple[int, ...]:
        on_step(1, 3, (1,))
        begun.set()
        go.wait(30)
        on_step(2, 3, (1, 2))
        on_step(3, 3, (1, 2, 3))
        return 1, 2, 3

    key = ("counted", "here")
    work = works.begin(key, make)
    begun.wait(30)
    assert works.left_by(key) == (1,)
    work.stop()
    go.set()
    work.wait(30)
    assert works.begun(key) is None and works.left_by(key) == (1, 2) and not work.problem
    waits = threading.Event()
    again = works.begin(key, lambda on_step: waits.wait(30) and (1, 2, 3), so_far=works.left_by(key))
    assert again is not work and works.left_by(key) == (1, 2)  # nothing is gone while the next has told of nothing
    waits.set()
    again.wait(30)
    assert works.left_by(key) == (1, 2, 3) and works.left_by(("counted", "elsewhere")) is None
