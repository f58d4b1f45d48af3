"""Jobs of the Dataset page: sessions that ask for the same share one, and it stops when a reader says so."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any
from uuid import uuid4

import streamlit as st

from cxr_core.ui.job import Job, OnStep

state = st.session_state
_POLL = 0.5  # s between two looks
_KEPT = 12  # results of works of one kind, the one asked for longest ago forgotten first
_LOCK = threading.RLock()  # two sessions may ask for one work at once


class Work(Job[Any]):
    """A job that sessions share, and which of them want it alone, by `begin_latest`."""

    def __init__(self, make: Callable[[OnStep], Any], so_far: Any = None) -> None:
        super().__init__(make, so_far)
        self.wanted: set[str] = set()


def begun(key: Hashable) -> Work | None:
    """The work known by `key`, where it was begun and not stopped."""
    with _LOCK:
        work = _works().get(key)
        if work is None or work.is_stopped:
            return None
        _works().move_to_end(key)
        return work


def is_stopped(key: Hashable) -> bool:
    """Whether a reader stopped the work known by `key`."""
    with _LOCK:
        work = _works().get(key)
        return work is not None and work.is_stopped


def left_by(key: Hashable) -> Any:
    """What the work known by `key` has made, ended, going on or stopped; None where it has made nothing."""
    with _LOCK:
        work = _works().get(key)
        return None if work is None else work.made


def begin(key: tuple, make: Callable[[OnStep], Any], *, anew: bool = False, so_far: Any = None) -> Work:
    """Begin a work unless it is begun: every session that asks for it waits for the same one.

    What a key begins with is its kind: results of one kind do not drive out those of another. `anew` begins it once
    more where it is done; `so_far` is its result until it tells of another.
    """
    with _LOCK:
        works = _works()
        there = begun(key)
        if there is not None and not there.problem and (there.is_running or not anew):
            return there
        works[key] = Work(make, so_far)
        works.move_to_end(key)
        alike = [one for one in works if one[:1] == key[:1]]
        for old in [one for one in alike[:-_KEPT] if not works[one].is_running]:
            del works[old]
        return works[key]


def begin_latest(key: tuple, make: Callable[[OnStep], Any]) -> Work:
    """Begin a work of a kind of which a session wants one at a time: the one it wanted before stops.

    It goes on where another session wants it too.
    """
    session = state.setdefault("work_session", uuid4().hex)
    kept = f"work_{key[0]}"
    with _LOCK:
        before = _works().get(state[kept]) if state.get(kept, key) != key else None
        if before is not None:
            before.wanted.discard(session)
            if before.is_running and not before.wanted:
                before.stop()
                del _works()[state[kept]]  # nobody stopped it by hand: it begins anew when it is asked for again
        state[kept] = key
        work = begin(key, make)
        work.wanted.add(session)
        return work


def show_progress(work: Work, what: str, key: str) -> None:
    """A bar and a way to stop, looked at anew while the work goes on; then the page runs once."""

    def draw() -> None:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.progress(work.share, f"{what}: {work.done:,} of {work.most:,}" if work.most else f"{what} …")
            st.button("Stop", key=f"{key}_stop", on_click=work.stop)
        if not work.is_running:
            st.rerun()

    st.fragment(draw, run_every=_POLL)()


@st.cache_resource
def _works() -> OrderedDict[Hashable, Work]:
    return OrderedDict()
