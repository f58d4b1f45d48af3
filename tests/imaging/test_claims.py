"""Files that ask for gigabytes or for hours in a few bytes are refused in words, and whole ones are read as before."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

import cv2
import numpy as np
import pytest
from film_files import RAMP, dicom, png, saved
from PIL import Image
from pydicom.encaps import encapsulate
from pydicom.uid import (
    UID, DeflatedExplicitVRLittleEndian, JPEG2000Lossless, JPEGBaseline8Bit, JPEGLSLossless, RLELossless,
)

from cxr_core.errors import CxrError, FilmTooLarge, UnreadableFilm, UnsupportedFilm
from cxr_core.imaging.claims import png_picture
from cxr_core.imaging.read import read_radiograph

GREY = (RAMP // 16).astype(np.uint8)
HEADER = 33  # bytes of a PNG before its second chunk


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def progressive() -> bytes:
    return cv2.imencode(".jpg", GREY, [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])[1].tobytes()


def scanned(times: int) -> bytes:
    """A JPEG whose last scan comes so many times more."""
    whole = progressive()
    return whole[:-2] + whole[whole.rfind(b"\xff\xda"):-2] * times + b"\xff\xd9"


def codestream(size: int = 0) -> bytes:
    """A film of JPEG 2000, in its boxes as OpenCV writes it; it claims `size` pixels a side, if given."""
    whole = bytearray(cv2.imencode(".jp2", GREY)[1].tobytes())
    start = whole.index(b"\xff\x4f\xff\x51")
    if size:
        whole[start + 8:start + 16] = struct.pack(">II", size, size)
    return bytes(whole)


def compressed(syntax: UID, frame: bytes) -> bytes:
    """A DICOM file of a grey film of 64 x 64 pixels, as it says, with these compressed pixels."""
    dataset = dicom(GREY)
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.PixelData = encapsulate([frame])
    dataset["PixelData"].is_undefined_length = True
    return saved(dataset)


def deflated(padding: int) -> bytes:
    dataset = dicom(RAMP, stored=12)
    dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    if padding:
        dataset.add_new(0xFFFCFFFC, "OB", bytes(padding))  # trailing padding
    return saved(dataset)


def boxed() -> bytes:
    return compressed(JPEG2000Lossless, codestream())


def bare() -> bytes:
    whole = codestream()
    return compressed(JPEG2000Lossless, whole[whole.index(b"\xff\x4f\xff\x51"):])


@pytest.mark.parametrize(("data", "kind", "words"), [
    (png(RAMP)[:HEADER] + b"\xf7\0\0\0" + png(RAMP)[HEADER + 4:], UnreadableFilm, "truncated"),
    (png(RAMP)[:HEADER] + chunk(b"IDAT", b"") * 100_001 + png(RAMP)[HEADER:], UnsupportedFilm, "100,000 parts"),
    (scanned(100), UnsupportedFilm, "scans; at most 100"),
    (compressed(JPEGBaseline8Bit, scanned(100)), UnsupportedFilm, "scans; at most 100"),
    (deflated(110_000_000), FilmTooLarge, "unpacks to over"),
    (compressed(JPEG2000Lossless, codestream(60_000)), FilmTooLarge, "60000 x 60000"),
    (compressed(JPEGBaseline8Bit, cv2.imencode(".jpg", np.zeros((7100, 7100), np.uint8))[1].tobytes()), FilmTooLarge,
     "7100 x 7100"),
    (compressed(RLELossless, struct.pack("<16I", 1, 64, *[0] * 14) + b"\x81\0" * 1000), UnreadableFilm, "unpacks to more"),
    (compressed(JPEG2000Lossless, b"no codestream" * 9), UnreadableFilm, "no JPEG, JPEG-LS"),
    (compressed(JPEG2000Lossless, cv2.imencode(".jp2", np.dstack([GREY] * 3))[1].tobytes()), UnsupportedFilm, "3 samples"),
], ids=["chunk of 4 GB", "chunks", "scans", "scans in DICOM", "deflated", "JPEG 2000", "JPEG in DICOM", "RLE", "syntax",
        "colour"])
def test_a_claim_is_refused_before_it_is_believed(data: bytes, kind: type[CxrError], words: str) -> None:
    with pytest.raises(kind, match=words):
        read_radiograph(data)


def test_texts_of_a_png_never_reach_the_decoder() -> None:
    """Each would unpack to 8 MB; OpenCV took a minute over a file of 7 MB."""
    text = chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(7_900_000)))
    whole = png(RAMP * 16)
    assert png_picture(whole[:HEADER] + text * 9 + whole[HEADER:] + b"what follows the end") == png_picture(whole)
    np.testing.assert_array_equal(read_radiograph(whole[:HEADER] + text + whole[HEADER:]).pixels, RAMP * 16)


def test_a_png_of_any_kind_is_the_picture_that_another_hand_wrote() -> None:
    """Pillow's: by a palette, with a transparent colour, with text, moving."""
    picture, out = Image.fromarray(GREY), [BytesIO() for _ in range(3)]
    picture.convert("P").save(out[0], "PNG", transparency=3)
    picture.save(out[1], "PNG", transparency=3, dpi=(300, 300))
    picture.save(out[2], "PNG", save_all=True, append_images=[Image.fromarray(255 - GREY)])
    for file in out:
        np.testing.assert_array_equal(read_radiograph(file.getvalue()).pixels, GREY)


@pytest.mark.parametrize(("data", "pixels"), [
    (scanned(0), None), (compressed(JPEGBaseline8Bit, cv2.imencode(".jpg", GREY)[1].tobytes()), None),
    (deflated(0), RAMP), (boxed(), GREY), (bare(), GREY),
], ids=["progressive", "JPEG in DICOM", "deflated", "JPEG 2000 in boxes", "JPEG 2000"])
def test_what_claims_no_more_than_it_holds_is_read(data: bytes, pixels: np.ndarray | None) -> None:
    film = read_radiograph(data).pixels
    if pixels is None:
        assert np.abs(film.astype(int) - GREY).max() <= 12  # a JPEG of quality 95
    else:
        np.testing.assert_array_equal(film, pixels)


@pytest.mark.parametrize("syntax", [RLELossless, JPEGLSLossless, JPEG2000Lossless])
def test_a_film_that_compresses_best_is_read(syntax: UID) -> None:
    """All one value: the most that honest pixels unpack to."""
    dataset = dicom(np.full((500, 400), 7, np.uint16), stored=12)
    dataset.compress(syntax)
    assert (read_radiograph(saved(dataset)).pixels == 7).all()
