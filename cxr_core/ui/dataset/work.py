"""Work that takes long: done in a thread beside the pages, with progress, and stopped when a reader says so."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, Protocol
from uuid import uuid4

import streamlit as st

from cxr_core.errors import CxrError

state = st.session_state
_LOG = logging.getLogger(__name__)
_POLL = 0.5  # s between two looks
_KEPT = 12  # results of works of one kind, the one asked for longest ago forgotten first
_LOCK = threading.RLock()  # two sessions may ask for one work at once


class OnStep(Protocol):
    """Told films done, films in all, and where one likes what is made so far: a stop leaves that."""

    def __call__(self, done: int, most: int, so_far: Any = None) -> None: ...


class _Stopped(Exception):
    """Raised in the thread by its own report of progress."""


class Work:
    """One piece of work: `make` is called with a function that it tells films done and films in all.

    `result` is what it told of so far, at first `so_far`; in the end what `make` returns.
    """

    def __init__(self, make: Callable[[OnStep], Any], so_far: Any = None) -> None:
        self.done, self.most = 0, 0
        self.wanted: set[str] = set()  # sessions that want it alone, by `begin_latest`
        self.result = so_far
        self.problem = ""
        self._make, self._stop = make, threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="dataset work")
        self._thread.start()

    @property
    def running(self) -> bool:
        return self._thread.is_alive()

    @property
    def stopped(self) -> bool:
        """Whether it was asked to stop; it does at its next step."""
        return self._stop.is_set()

    def stop(self) -> None:
        self._stop.set()

    def wait(self, seconds: float) -> None:
        """Wait a moment for the end."""
        self._thread.join(seconds)

    def _run(self) -> None:
        try:
            self.result = self._make(self._on_step)
        except _Stopped:
            return
        except CxrError as problem:
            self.problem = str(problem)
        except Exception:  # a thread has nobody to raise to; what the bug says may name a patient: for the log alone
            _LOG.exception("a work of the Dataset page failed")
            self.problem = "This failed by a bug in the program, not of the data. The log has it."

    def _on_step(self, done: int, most: int, so_far: Any = None) -> None:
        if so_far is not None:
            self.result = so_far
        if self._stop.is_set():
            raise _Stopped
        self.done, self.most = done, most


def begun(key: Hashable) -> Work | None:
    """The work known by `key`, where it was begun and not stopped."""
    with _LOCK:
        work = _works().get(key)
        if work is None or work.stopped:
            return None
        _works().move_to_end(key)
        return work


def is_stopped(key: Hashable) -> bool:
    """Whether a reader stopped the work known by `key`."""
    with _LOCK:
        work = _works().get(key)
        return work is not None and work.stopped


def left_by(key: Hashable) -> Any:
    """What the work known by `key` has made, ended, going on or stopped; None where it has made nothing."""
    with _LOCK:
        work = _works().get(key)
        return None if work is None else work.result


def begin(key: tuple, make: Callable[[OnStep], Any], *, anew: bool = False, so_far: Any = None) -> Work:
    """Begin a work unless it is begun: every session that asks for it waits for the same one.

    What a key begins with is its kind: results of one kind do not drive out those of another. `anew` begins it once
    more where it is done; `so_far` is its result until it tells of another.
    """
    with _LOCK:
        works = _works()
        there = begun(key)
        if there is not None and not there.problem and (there.running or not anew):
            return there
        works[key] = Work(make, so_far)
        works.move_to_end(key)
        alike = [one for one in works if one[:1] == key[:1]]
        for old in [one for one in alike[:-_KEPT] if not works[one].running]:
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
            if before.running and not before.wanted:
                before.stop()
                del _works()[state[kept]]  # nobody stopped it by hand: it begins anew when it is asked for again
        state[kept] = key
        work = begin(key, make)
        work.wanted.add(session)
        return work


def show_progress(work: Work, what: str, key: str) -> None:
    """A bar and a way to stop, looked at anew while the work goes on; then the page runs once."""

    def draw() -> None:
        share = work.done / work.most if work.most else 0.0
        with st.container(horizontal=True, vertical_alignment="center"):
            st.progress(min(share, 1.0), f"{what}: {work.done:,} of {work.most:,}" if work.most else f"{what} …")
            st.button("Stop", key=f"{key}_stop", on_click=work.stop)
        if not work.running or work.stopped:
            st.rerun()

    st.fragment(draw, run_every=_POLL)()


@st.cache_resource
def _works() -> OrderedDict[Hashable, Work]:
    return OrderedDict()
