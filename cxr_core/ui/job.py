"""A job beside the page: a function in a thread of its own, that says how far it is and stops when a reader says so."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar

from cxr_core.errors import CxrError

T = TypeVar("T")
_LOG = logging.getLogger(__name__)


class OnStep(Protocol):
    """Told steps done, steps in all, and where one likes what is made so far: a stop leaves that."""

    def __call__(self, done: int, most: int, so_far: Any = None) -> None: ...


class _Stopped(Exception):
    """Raised in the thread by its own report of progress."""


class Job(Generic[T]):
    """`make` is called in a thread, with a function that it tells how far it is. A job runs, is stopped, or is done.

    `done` of `most` are its steps, films mostly; `most` is 0 until it tells of them. `made` is what it told of so far,
    at first `so_far`; in the end what `make` returns. `problem` says in words what went wrong, and is empty otherwise.
    """

    def __init__(self, make: Callable[[OnStep], T], so_far: T | None = None) -> None:
        self.made, self.problem = so_far, ""
        self.ended: float | None = None  # s on `time.monotonic`'s clock: when it came to its end, well or not
        self._make, self._stop, self._resuming = make, threading.Event(), threading.Lock()
        self._begin()

    @property
    def is_done(self) -> bool:
        """Whether it came to its end, well or not."""
        return self.ended is not None

    @property
    def is_stopped(self) -> bool:
        """Whether it was asked to stop before its end; it does at its next step."""
        return self._stop.is_set() and not self.is_done

    @property
    def is_running(self) -> bool:
        """Whether it goes on: neither done nor stopped."""
        return not self.is_done and not self.is_stopped

    @property
    def share(self) -> float:
        """How far it is, 0 to 1."""
        return min(self.done / max(self.most, 1), 1.0)

    def stop(self) -> None:
        """Go no further than the next step; of what was made, what it told of is left."""
        self._stop.set()

    def resume(self) -> None:
        """Begin it anew where it was stopped."""
        with self._resuming:  # two readers may let it go on at once
            if self.is_stopped:
                self.wait()  # it ends at its next step
            if self.is_stopped:
                self._begin()

    def wait(self, seconds: float | None = None) -> None:
        """Wait for the end or for the stop, no longer than this."""
        self._thread.join(seconds)

    def result(self) -> T:
        """What it makes, waited for, and begun anew where it was stopped; CxrError with the words of `problem`."""
        while not self.is_done:  # another reader may stop it while this one waits
            self.resume()
            self.wait()
        if self.problem:
            raise CxrError(self.problem)
        return self.made

    def _begin(self) -> None:
        self.done, self.most = 0, 0
        self._stop.clear()
        self._thread = threading.Thread(target=self._run, daemon=True, name="job")
        self._thread.start()

    def _run(self) -> None:
        try:
            self.made = self._make(self._on_step)
        except _Stopped:
            return
        except CxrError as problem:
            self.problem = str(problem)
        except MemoryError:
            self.problem = "This machine ran out of memory. Choose fewer films, or close what else runs on it."
        except Exception:  # a thread has nobody to raise to; what the bug says may name a patient: for the log alone
            _LOG.exception("a job beside the page failed")
            self.problem = "This failed by a bug in the program, not of the data. The log has it."
        self.ended = time.monotonic()

    def _on_step(self, done: int, most: int, so_far: Any = None) -> None:
        if so_far is not None:
            self.made = so_far
        if self._stop.is_set():
            raise _Stopped
        self.done, self.most = done, most
