"""Work in parts: the same results in the same order, whoever does it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol, TypeVar

Part = TypeVar("Part")
Done = TypeVar("Done")

FILMS_IN_A_PART = 32  # what is done again when a worker dies, and what is in memory at once


class Job(Protocol[Part, Done]):
    """What a process is sent: small, for it travels; the model is loaded where `open` is called."""

    def open(self) -> Callable[[Part], Done]:
        """Load what the work needs, and return what does one part."""


def run_here(job: Job[Part, Done], parts: Iterable[Part]) -> Iterator[Done]:
    """Do the parts one by one in this process."""
    work = job.open()
    for part in parts:
        yield work(part)


def cut(whole: Sequence, size: int = FILMS_IN_A_PART) -> Iterator[Sequence]:
    """Consecutive pieces of at most `size`."""
    for start in range(0, len(whole), size):
        yield whole[start:start + size]
