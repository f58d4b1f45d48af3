"""Small pictures of films: made on a few threads beside the page, kept in memory up to a bound, never on disk."""

from __future__ import annotations

import base64
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

SIDE = 256  # px, the longer side
LIMIT = 48 * 2**20  # bytes: about five thousand films
_THREADS = 2
_QUALITY = 82


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
    """Pictures by key, the ones that were asked for longest ago forgotten first."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit, self._bytes = limit, 0
        self._made: OrderedDict[Hashable, Thumbnail] = OrderedDict()
        self._asked: dict[Hashable, Future[None]] = {}
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

    def ask(self, films: Iterable[tuple[Hashable, Callable[[], bytes]]]) -> None:
        """Have the pictures of these films made, before all that was asked for earlier and has not begun."""
        with self._lock:
            wanted = {key: load for key, load in films if key not in self._made}
            for key in [key for key, one in self._asked.items() if key not in wanted and one.cancel()]:
                del self._asked[key]
            for key, load in wanted.items():
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

    def _make(self, key: Hashable, load: Callable[[], bytes]) -> None:
        try:
            made = make_thumbnail(load())
        except CxrError as problem:
            made = Thumbnail(b"", problem=str(problem))
        except Exception as problem:  # noqa: BLE001 - a thread has nobody to raise to; the tile says what it was
            made = Thumbnail(b"", problem=f"The film cannot be read ({type(problem).__name__}).")
        with self._lock:
            self._asked.pop(key, None)
            self._made[key] = made
            self._bytes += len(made.content)
            while self._bytes > self._limit and len(self._made) > 1:
                self._bytes -= len(self._made.popitem(last=False)[1].content)


@st.cache_resource
def thumbnails() -> Thumbnails:
    """Those of this server."""
    return Thumbnails()
