"""Bytes -> Radiograph, by the bytes themselves and never by a name."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import cv2
import numpy as np

from cxr_core.errors import FilmTooLarge, UnreadableFilm, UnsupportedFilm
from cxr_core.imaging.claims import check_jpeg, png_picture
from cxr_core.imaging.dicom import looks_like_dicom, read_dicom
from cxr_core.imaging.radiograph import Radiograph
from cxr_core.imaging.records import in_record, read_image
from cxr_core.imaging.window import full_window

MAX_BYTES = 64 * 2**20
_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"


def read_radiograph(data: bytes) -> Radiograph:
    """Read a PNG, a JPEG or a DICOM file.

    Parameters
    ----------
    data : bytes
        The whole file, at most 64 MiB; its film at most 50 million pixels.

    Raises
    ------
    UnreadableFilm, UnsupportedFilm, FilmTooLarge
    """
    if not data:
        raise UnreadableFilm("The file is empty. Choose a chest film as PNG, JPEG or DICOM.")
    if len(data) > MAX_BYTES:
        raise FilmTooLarge(f"The file has {len(data) / 2**20:.0f} MiB; at most {MAX_BYTES // 2**20} MiB are read.")
    digest = hashlib.sha256(data).hexdigest()
    if data.startswith(_PNG):
        return _decode(png_picture(data), "PNG", digest)
    if data.startswith(_JPEG):
        check_jpeg(data)
        if b"\xff\xd9" not in data[-1024:]:
            raise UnreadableFilm("The JPEG ends before its last part: it is truncated. Export or copy it again.")
        return _decode(data, "JPEG", digest)
    if looks_like_dicom(data):
        return read_dicom(data, digest)
    raise UnreadableFilm(
        f"This is no PNG, JPEG or DICOM file (it begins with {data[:4].hex(' ')}). Export the film as one of these."
    )


def load_bytes(file: Path) -> bytes:
    """The bytes of a film's file, at most one more than a film may have, so that a huge file is refused, not loaded.

    Of a film within a TFRecord file (`000-438.tfrec@17042`) those of its record.

    Raises
    ------
    UnreadableFilm
        When the file cannot be opened, or holds no such record.
    """
    if (place := in_record(file)) is not None and not file.is_file():
        return read_image(*place)
    try:
        with file.open("rb") as handle:
            size = min(os.fstat(handle.fileno()).st_size, MAX_BYTES)  # read() sets aside all that it is asked for
            return handle.read(size + 1)
    except OSError as problem:
        why = problem.strerror or "the system does not say why"
        raise UnreadableFilm(f"The file could not be opened: {why}. Check its name and permissions.") from None


def _decode(data: bytes, kind: str, digest: str) -> Radiograph:
    flags = cv2.IMREAD_UNCHANGED if kind == "PNG" else cv2.IMREAD_ANYDEPTH | cv2.IMREAD_COLOR
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error as problem:
        raise UnreadableFilm(f"The {kind} cannot be decoded: it is damaged. Export or copy it again.") from problem
    if image is None or image.dtype not in (np.uint8, np.uint16):
        raise UnreadableFilm(f"The {kind} cannot be decoded: it is damaged. Export or copy it again.")
    grey, coloured = _to_grey(image)
    bits = 8 * grey.dtype.itemsize
    return Radiograph(grey, bits, full_window(bits), kind, digest, coloured=coloured)


def _to_grey(image: np.ndarray) -> tuple[np.ndarray, float]:
    """A grey film and the source's mean chroma, 0 to 1. An alpha channel is dropped."""
    if image.ndim == 2:
        return image, 0.0
    if image.shape[2] == 2:
        return np.ascontiguousarray(image[..., 0]), 0.0
    if image.shape[2] not in (3, 4):
        raise UnsupportedFilm(f"The image has {image.shape[2]} channels; a film has one, or three of the same grey.")
    colour = image[..., :3]
    chroma = (colour.max(axis=2).astype(np.int32) - colour.min(axis=2)).mean() / np.iinfo(image.dtype).max
    if chroma == 0:
        return np.ascontiguousarray(colour[..., 0]), 0.0
    return cv2.cvtColor(np.ascontiguousarray(colour), cv2.COLOR_BGR2GRAY), float(chroma)
