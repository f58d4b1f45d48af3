"""How many sessions compute at the same time: each uses all cores, and more than two would only wait for each other."""

from __future__ import annotations

import threading

_AT_ONCE = threading.BoundedSemaphore(2)


class Slot:
    """The place of one thread among those that compute; only that thread may take it and give it."""

    def __init__(self) -> None:
        self.is_held = False

    def take(self) -> None:
        """Wait until there is one, unless it is held already."""
        if not self.is_held:
            _AT_ONCE.acquire()
            self.is_held = True

    def give(self) -> None:
        """Let another have it; nothing happens where none is held."""
        if self.is_held:
            self.is_held = False
            _AT_ONCE.release()
