"""Work that goes on while the reader looks: one thread for each session, each task advanced by a stage in its turn."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

from cxr_core.comparing.slot import Slot
from cxr_core.errors import CxrError, ModelError

PATIENCE = 15.0  # s without a word from the page, which has one each 1.2 s: the reader has closed the window
HOLD = 600.0  # s for which what is half made is kept in memory for a reader who is on another page
MOST = 64  # results kept; those that are wanted always are
_LOG = logging.getLogger(__name__)
OnStep = Callable[[int, int], None]


class Stage(Protocol):
    """A result that better ones may follow."""

    @property
    def is_last(self) -> bool: ...

    @property
    def steps(self) -> int: ...


@dataclass(frozen=True)
class Task:
    """Something to be made in stages; `stages` is given what it tells its steps to, which may raise to stop it.

    `ready` comes before the first of them and computes nothing, but may wait, as for a model that is being loaded:
    other sessions compute meanwhile. `is_at_hand` tells whether it would: one that would not comes first.
    """

    key: Hashable
    stages: Callable[[OnStep], Iterator[Stage]]
    ready: Callable[[], object] = lambda: None
    is_at_hand: Callable[[], bool] = lambda: True


@dataclass(frozen=True)
class Made:
    """What there is of a task: the best stage so far, the share that is done (0 to 1), or why there is none, in words.

    `version` grows with every new stage of any task. `may_pass` says of a problem that it may be gone at another try.
    """

    best: Stage | None = None
    share: float = 0.0
    done: bool = False
    problem: str = ""
    version: int = 0
    at: float = 0.0
    may_pass: bool = False


class _Stopped(Exception):
    """Nobody waits for it any more."""


class Work:
    """The tasks of one session. All methods may be called from any thread, and none of them waits for the work."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._tasks: dict[Hashable, Task] = {}
        self._made: dict[Hashable, Made] = {}
        self._stages: dict[Hashable, Iterator[Stage]] = {}  # the thread's own
        self._taken: dict[Hashable, int] = {}
        self._thread: threading.Thread | None = None
        self._slot = Slot()  # the thread's own
        self._paused = False
        self._cancelled: set[Hashable] = set()
        self._heard, self._version = 0.0, 0

    def want(self, tasks: Sequence[Task]) -> None:
        """Make these, the first first; what else was wanted is dropped, and what is made already stays.

        What failed and was not wanted just before is tried again. What was cancelled stays so until it is resumed.
        """
        with self._changed:
            wanted = {task.key: task for task in tasks}
            for key in wanted.keys() - self._tasks.keys():
                self._forget(key)
            self._cancelled &= wanted.keys()
            self._tasks, self._paused = wanted, False
            for key in [key for key in self._made if key not in wanted][:max(len(self._made) - MOST, 0)]:
                del self._made[key]
            self._hear()

    def touch(self) -> None:
        """The reader is still there."""
        with self._changed:
            self._hear()

    def pause(self) -> None:
        """Another page may be opened: compute nothing until something is wanted again."""
        with self._changed:
            self._paused = True

    def cancel(self) -> None:
        """Stop; what is made stays."""
        with self._changed:
            self._cancelled |= set(self._open())
            self._changed.notify_all()

    def resume(self) -> None:
        """Go on after `cancel`."""
        with self._changed:
            self._cancelled.clear()
            self._hear()

    def retry(self, key: Hashable) -> None:
        """Make this one, though it failed or was cancelled; the others stay as they are."""
        with self._changed:
            self._forget(key)
            self._cancelled.discard(key)
            self._hear()

    def find(self, key: Hashable) -> Made:
        """What there is of a task."""
        with self._changed:
            return self._made.get(key, Made())

    def is_stopped(self, key: Hashable) -> bool:
        """Whether this one was cancelled before it was made."""
        with self._changed:
            return key in self._cancelled and not self._made.get(key, Made()).done

    @property
    def is_cancelled(self) -> bool:
        """Whether something that is wanted was cancelled before it was made."""
        with self._changed:
            return any(key not in self._made or not self._made[key].done for key in self._cancelled)

    @property
    def is_busy(self) -> bool:
        """Whether something that is wanted is not yet made, and is being worked at."""
        with self._changed:
            return bool(self._open())

    @property
    def share(self) -> float:
        """How much of all that is wanted, and not cancelled, is done, 0 to 1."""
        with self._changed:
            made = [self._made.get(key, Made()) for key in self._tasks if key not in self._cancelled]
            return sum(1.0 if one.done else one.share for one in made) / max(len(made), 1)

    def _open(self) -> list[Hashable]:
        return [key for key in self._tasks if key not in self._cancelled and not self._made.get(key, Made()).done]

    def _forget(self, key: Hashable) -> None:
        if key in self._made and self._made[key].problem:
            del self._made[key]

    def _hear(self) -> None:
        self._heard = time.monotonic()
        self._changed.notify_all()
        if self._thread is None and self._open():
            self._thread = threading.Thread(target=self._run, daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while (task := self._next()) is not None:
            try:
                self._advance(task)
            finally:
                self._slot.give()

    def _next(self) -> Task | None:
        """The task that has had the fewest stages, so that every first map comes before any second.

        Of those that are at hand: the first model's map is refined while the second model is loaded.
        """
        with self._changed:
            for key in [key for key in self._stages if key not in self._tasks]:
                del self._stages[key], self._taken[key]
            waiting = self._open()
            if not waiting or not self._is_awaited():
                self._thread = None
                return None
            return self._tasks[min(waiting, key=lambda key: (not self._at_hand(key), self._taken.get(key, 0)))]

    def _at_hand(self, key: Hashable) -> bool:
        return key in self._stages or self._tasks[key].is_at_hand()

    def _is_awaited(self) -> bool:
        return not self._paused and time.monotonic() - self._heard < PATIENCE

    def _is_wanted(self, key: Hashable) -> bool:
        return key in self._tasks and key not in self._cancelled

    def _advance(self, task: Task) -> None:
        key = task.key
        try:
            if key not in self._stages:
                self._step(key)
                task.ready()
                self._stages[key], self._taken[key] = iter(task.stages(partial(self._step, key))), 0
            self._slot.take()
            stage = next(self._stages[key])
            self._taken[key] += 1
            self._keep(key, stage, done=stage.is_last)
        except StopIteration:
            self._keep(key, done=True)
        except _Stopped:  # what was half summed cannot be gone on with
            self._stages.pop(key, None)
            self._taken.pop(key, None)
        except CxrError as problem:  # a model's files may be mended
            self._keep(key, done=True, problem=str(problem), may_pass=isinstance(problem, ModelError))
        except MemoryError:
            self._keep(key, done=True, may_pass=True, problem="This machine ran out of memory while drawing this map. "
                                                              "Choose fewer models, or one with a smaller input.")
        except Exception as bug:  # one cell's bug must not take the others with it; it is in the log
            _LOG.exception("a task failed")
            self._keep(key, done=True, may_pass=True, problem="This failed because of a bug in the program "
                                                              f"({type(bug).__name__}), which is in its log.")

    def _step(self, key: Hashable, done: int = 0, most: int = 1) -> None:
        with self._changed:
            goes_on = self._is_awaited()
        if not goes_on:
            self._stand_by(key)
        with self._changed:
            if not self._is_wanted(key):
                raise _Stopped
            self._made[key] = replace(self._made.get(key, Made()), share=done / max(most, 1))

    def _stand_by(self, key: Hashable) -> None:
        """Let others compute until the reader is back; what is half made is kept, for so long."""
        computes = self._slot.is_held
        self._slot.give()
        with self._changed:
            if not self._changed.wait_for(lambda: self._is_awaited() or not self._is_wanted(key), HOLD):
                raise _Stopped
        if computes:
            self._slot.take()

    def _keep(
        self, key: Hashable, stage: Stage | None = None, *, done: bool, problem: str = "", may_pass: bool = False
    ) -> None:
        with self._changed:
            before = self._made.pop(key, Made())
            if stage is None or (before.best is not None and before.best.steps > stage.steps):
                stage = before.best  # begun anew after a pause: the better map stays until there is one as good
            self._version += 1
            share = 1.0 if done else before.share
            self._made[key] = Made(stage, share, done, problem, self._version, time.monotonic(), may_pass)
            if done:
                self._stages.pop(key, None)
                self._taken.pop(key, None)
