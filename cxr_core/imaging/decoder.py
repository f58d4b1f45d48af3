"""Compressed DICOM pixels, decoded in a process of their own that a hostile file may end, and the app outlives."""

from __future__ import annotations

import io
import logging
import os
import struct
import subprocess
import sys
from pathlib import Path
from threading import Lock, Timer

import numpy as np

from cxr_core.errors import UnreadableFilm

MEMORY = 4 * 2**30  # bytes of addresses; a film of 49 million pixels took 1.4 GB
SECONDS = 60.0  # a film of 49 million pixels took 9 to 16 on two slow cores, a training beside
_LOG = logging.getLogger(__name__)
_MAGIC = b"\x93NUMPY"
_one_at_a_time = Lock()
_process: subprocess.Popen | None = None


def decode(data: bytes) -> np.ndarray:
    """The stored pixels of a DICOM file, as `Dataset.pixel_array` gives them.

    Raises
    ------
    UnreadableFilm
        When they cannot be decoded, also when the decoder died of them, or was at it for a minute.
    """
    with _one_at_a_time:
        answer = _ask(data)
    if answer.startswith(_MAGIC):
        return np.load(io.BytesIO(answer), allow_pickle=False)
    _LOG.info("compressed pixels were not decoded: %s", answer.decode())
    raise undecodable("" if answer else " (its decoder broke off)")


def undecodable(why: str = "") -> UnreadableFilm:
    return UnreadableFilm(
        f"The DICOM file cannot be decoded{why}: it is damaged, or of a syntax that is not read. Read are "
        "uncompressed, RLE, JPEG, JPEG-LS and JPEG 2000 images."
    )


def _ask(data: bytes) -> bytes:
    """The answer of the process, that is started where none runs; empty when it died."""
    global _process
    if _process is None or _process.poll() is not None:
        _process = _start()
    watch, answer = Timer(SECONDS, _process.kill), b""
    watch.start()
    try:
        _process.stdin.write(struct.pack(">Q", len(data)))
        _process.stdin.write(data)
        _process.stdin.flush()
        length, = struct.unpack(">Q", _process.stdout.read(8))
        answer = _process.stdout.read(length)
    except (OSError, struct.error):
        pass  # it is gone, or was made to go
    finally:
        watch.cancel()
        if not answer:  # also of one who was interrupted: what it says next would be taken for another film's
            _process.kill()
            _process.wait()
    return answer


def _start() -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-P", str(Path(__file__).with_name("decoder_process.py")), str(MEMORY)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},  # each thread would count against its memory
    )
