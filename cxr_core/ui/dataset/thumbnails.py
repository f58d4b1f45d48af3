"""Small pictures of films: made on a few threads beside the page, kept in memory up to a bound, never on disk."""

from __future__ import annotations

import base64
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np
import streamlit as st

from cxr_core.errors import CxrError
from cxr_core.imaging.read import read_radiograph

_LOG = logging.getLogger(__name__)
SIDE = 256  # px, the longer side
LIMIT = 48 * 2**20  # bytes: about five thousand films
_THREADS = 2
_QUALITY = 82
_FORGIVEN = 60.0  # s after which a film that could not be read is read again when it is asked for


@dataclass(frozen=True)
class Thumbnail:
    """A small JPEG of a film of `width` x `height` pixels, or why the film cannot be read."""

    content: bytes
    width: int = 0
    height: int = 0
    problem: str = ""

    @property
    def address(self) -> str:
        """The picture inside the page itself."""
        return "data:image/jpeg;base64," + base64.b64encode(self.content).decode("ascii") if self.content else ""


def make_thumbnail(data: bytes, side: int = SIDE) -> Thumbnail:
    """A film's picture, its longer side `side` px.

    Raises
    ------
    FilmError
        When the bytes are no film.
    """
    film = read_radiograph(data)
    grey = np.round(film.display() * 255).astype(np.uint8)
    shrink = min(side / max(grey.shape), 1)
    if shrink < 1:
        size = max(round(film.width * shrink), 1), max(round(film.height * shrink), 1)
        grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    _, content = cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return Thumbnail(content.tobytes(), film.width, film.height)


class Thumbnails:
    """Pictures by key, the ones that were asked for longest ago forgotten first; problems after `forgiven` s."""

    def __init__(self, limit: int = LIMIT, forgiven: float = _FORGIVEN) -> None:
        self._limit, self._bytes, self._forgiven = limit, 0, forgiven
        self._made: OrderedDict[Hashable, Thumbnail] = OrderedDict()
        self._failed: dict[Hashable, float] = {}  # when, s; of what is in `_made` without a picture
        self._asked: dict[Hashable, Future[None]] = {}
        self._askers: dict[Hashable, set[Hashable]] = {}
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="thumbnail")

    @property
    def size(self) -> int:
        """Bytes kept."""
        return self._bytes

    def get(self, key: Hashable) -> Thumbnail | None:
        """The picture, or None while there is none."""
        with self._lock:
            if key in self._made:
                self._made.move_to_end(key)
            return self._made.get(key)

    def ask(self, films: Iterable[tuple[Hashable, Callable[[], bytes]]], asker: Hashable = None) -> None:
        """Have the pictures of these films made for an asker, in the stead of all that it asked for earlier.

        What others wait for goes on.
        """
        with self._lock:
            self._forgive()
            wanted = {key: load for key, load in films if key not in self._made}
            for key in [key for key, askers in self._askers.items() if asker in askers and key not in wanted]:
                self._askers[key].discard(asker)
                if not self._askers[key] and self._asked[key].cancel():
                    del self._asked[key], self._askers[key]
            for key, load in wanted.items():
                self._askers.setdefault(key, set()).add(asker)
                if key not in self._asked:
                    self._asked[key] = self._pool.submit(self._make, key, load)

    def wait(self, keys: Iterable[Hashable], seconds: float) -> bool:
        """Wait a moment for pictures; whether all are there."""
        missing, end = list(keys), time.monotonic() + seconds
        while missing := [key for key in missing if self.get(key) is None]:
            if time.monotonic() > end:
                return False
            time.sleep(0.02)
        return True

    def _forgive(self) -> None:
        """Forget what went wrong long ago: a disk that was away may be back."""
        now = time.monotonic()
        for key in [key for key, when in self._failed.items() if now - when >= self._forgiven]:
            del self._failed[key]
            self._made.pop(key, None)

    def _make(self, key: Hashable, load: Callable[[], bytes]) -> None:
        try:
            made = make_thumbnail(load())
        except CxrError as problem:
            made = Thumbnail(b"", problem=str(problem))
        except Exception:  # a thread has nobody to raise to; what the bug says may name a patient: for the log alone
            _LOG.exception("a film's small picture failed")
            made = Thumbnail(b"", problem="No picture, by a bug in the program, not of the film. The log has it.")
        with self._lock:
            self._asked.pop(key, None)
            self._askers.pop(key, None)
            self._made[key] = made
            if made.problem:
                self._failed[key] = time.monotonic()
            self._bytes += len(made.content)
            while self._bytes > self._limit and len(self._made) > 1:
                forgotten, picture = self._made.popitem(last=False)
                self._bytes -= len(picture.content)
                self._failed.pop(forgotten, None)  # or it would be held against a picture that is made of it later


@st.cache_resource
def thumbnails() -> Thumbnails:
    """Those of this server."""
    return Thumbnails()
