"""Files that ask for gigabytes or for hours in a few bytes are refused in words, and whole ones are read as before."""

from __future__ import annotations

import zlib
from io import BytesIO

import cv2
import numpy as np
import pytest
from film_files import RAMP, chunk, dicom, png, saved
from PIL import Image
from pydicom.uid import DeflatedExplicitVRLittleEndian

from cxr_core.errors import CxrError, FilmTooLarge, UnreadableFilm, UnsupportedFilm
from cxr_core.imaging.claims import png_picture
from cxr_core.imaging.read import read_radiograph

GREY = (RAMP // 16).astype(np.uint8)
HEADER = 33  # bytes of a PNG before its second chunk


def scanned(times: int) -> bytes:
    """A JPEG whose last scan comes so many times more."""
    whole = cv2.imencode(".jpg", GREY, [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])[1].tobytes()
    return whole[:-2] + whole[whole.rfind(b"\xff\xda"):-2] * times + b"\xff\xd9"


def deflated(padding: int) -> bytes:
    dataset = dicom(RAMP, stored=12)
    dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    if padding:
        dataset.add_new(0xFFFCFFFC, "OB", bytes(padding))  # trailing padding
    return saved(dataset)


@pytest.mark.parametrize(("data", "kind", "words"), [
    (png(RAMP)[:HEADER] + b"\xf7\0\0\0" + png(RAMP)[HEADER + 4:], UnreadableFilm, "truncated"),
    (png(RAMP)[:HEADER] + chunk(b"IDAT", b"") * 100_001 + png(RAMP)[HEADER:], UnsupportedFilm, "100,000 parts"),
    (scanned(100), UnsupportedFilm, "scans; at most 100"),
    (deflated(110_000_000), FilmTooLarge, "unpacks to over"),
], ids=["chunk of 4 GB", "chunks", "scans", "deflated"])
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


def test_a_progressive_jpeg_is_read() -> None:
    assert np.abs(read_radiograph(scanned(0)).pixels.astype(int) - GREY).max() <= 12  # of quality 95


def test_a_deflated_film_is_read() -> None:
    np.testing.assert_array_equal(read_radiograph(deflated(0)).pixels, RAMP)
