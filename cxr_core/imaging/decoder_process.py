"""The process in which compressed DICOM pixels are decoded; `decoder` starts it, feeds it and replaces it.

A decoder written in C++ may abort on a damaged file, and takes its process along. Here that is none but this one, and
it may take no more memory than the largest film needs. It imports nothing of ours, so that it is there in a moment.
"""

from __future__ import annotations

import io
import os
import struct
import sys
import warnings

import numpy as np
import pydicom

_TAGS = [
    "Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation", "SamplesPerPixel",
    "PhotometricInterpretation", "PlanarConfiguration", "NumberOfFrames", "PixelData",
]


def main() -> None:
    """Answer each file on stdin (its length in 8 bytes, then it) by an array as `.npy`, or by what went wrong, alike.

    The one argument is how many bytes of memory it may take.
    """
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # decoders print what they like
    warnings.simplefilter("ignore")
    _limit_memory(int(sys.argv[1]))
    while head := sys.stdin.buffer.read(8):
        answer = _decode(sys.stdin.buffer.read(struct.unpack(">Q", head)[0]))
        answers.write(struct.pack(">Q", len(answer)) + answer)
        answers.flush()


def _decode(data: bytes) -> bytes:
    try:
        pixels = pydicom.dcmread(io.BytesIO(data), force=True, specific_tags=_TAGS).pixel_array
    except Exception as problem:  # pydicom and its decoders raise almost anything on a damaged file
        return type(problem).__name__.encode()
    out = io.BytesIO()
    np.save(out, pixels, allow_pickle=False)
    return out.getvalue()


def _limit_memory(most: int) -> None:
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    except (ImportError, ValueError, OSError):  # Windows knows no such limits, macOS not this one
        pass


if __name__ == "__main__":
    main()
