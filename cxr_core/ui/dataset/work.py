"""Work that takes long: done in a thread beside the pages, with progress, and stopped when a reader says so."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any

import streamlit as st

from cxr_core.errors import CxrError

_POLL = 0.5  # s between two looks
_KEPT = 12  # results of works, the oldest forgotten first
OnStep = Callable[[int, int], None]


class _Stopped(Exception):
    """Raised in the thread by its own report of progress."""


class Work:
    """One piece of work: `make` is called with a function that it tells films done and films in all."""

    def __init__(self, make: Callable[[OnStep], Any]) -> None:
        self.done, self.most = 0, 0
        self.result: Any = None
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
        except Exception as problem:  # noqa: BLE001 - a thread has nobody to raise to; the page says what it was
            self.problem = f"This failed ({type(problem).__name__}): a fault of the program, not of the data."

    def _on_step(self, done: int, most: int) -> None:
        if self._stop.is_set():
            raise _Stopped
        self.done, self.most = done, most


def begun(key: Hashable) -> Work | None:
    """The work known by `key`, where it was begun and not stopped."""
    work = _works().get(key)
    return None if work is None or work.stopped else work


def begin(key: Hashable, make: Callable[[OnStep], Any]) -> Work:
    """Begin a work unless it is begun: every session that asks for it waits for the same one."""
    works = _works()
    if (there := begun(key)) is not None and not there.problem:
        return there
    works[key] = Work(make)
    works.move_to_end(key)
    for old in [one for one in list(works)[:-_KEPT] if not works[one].running]:
        del works[old]
    return works[key]


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
