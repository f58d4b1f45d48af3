"""Compressed DICOM pixels: whole ones are read, and those that end or stall their decoder harm nobody but it."""

from __future__ import annotations

import struct
from collections.abc import Callable
from io import BytesIO

import cv2
import numpy as np
import pytest
from film_files import RAMP, dicom, saved
from PIL import Image
from pydicom.encaps import encapsulate
from pydicom.uid import UID, JPEG2000Lossless, JPEGBaseline8Bit, JPEGLSLossless, RLELossless

from cxr_core.errors import UnreadableFilm
from cxr_core.imaging import decoder
from cxr_core.imaging.read import read_radiograph

GREY = (RAMP // 16).astype(np.uint8)


def compressed(syntax: UID, frame: bytes, size: int = 64) -> bytes:
    """A DICOM file of a grey film with these compressed pixels, as many a side as it says."""
    dataset = dicom(GREY)
    dataset.Rows = dataset.Columns = size
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.PixelData = encapsulate([frame])
    dataset["PixelData"].is_undefined_length = True
    return saved(dataset)


def codestream() -> bytearray:
    """The ramp in JPEG 2000, without the boxes that OpenCV puts around it."""
    whole = cv2.imencode(".jp2", GREY)[1].tobytes()
    return bytearray(whole[whole.index(b"\xff\x4f\xff\x51"):])


def deep() -> bytes:
    """It claims 256 bits a pixel, of which GDCM dies: an exception that nobody catches."""
    whole = codestream()
    whole[42] = 255
    return compressed(JPEG2000Lossless, bytes(whole))


def in_parts() -> bytes:
    """Some hundred bytes that claim a film of 7,000 x 7,000 in parts of 2 x 2; OpenJPEG took 7 GB for parts of 4 x 4."""
    whole = codestream()
    for place in (8, 12, 24, 28):  # the image, and its one tile
        whole[place:place + 4] = struct.pack(">I", 7000)
    start = whole.index(b"\xff\x52")
    length, = struct.unpack(">H", whole[start + 2:start + 4])
    sizes = b"\x11" * (whole[start + 9] + 1)
    whole[start + 2:start + 5] = struct.pack(">HB", length + len(sizes), 1)
    whole[start + 2 + length:start + 2 + length] = sizes
    return compressed(JPEG2000Lossless, bytes(whole), 7000)


def runs() -> bytes:
    """16 MB of RLE that unpack to 1 GB, for a film of 64 x 64."""
    return compressed(RLELossless, struct.pack("<16I", 1, 64, *[0] * 14) + b"\x81\0" * 8_500_000)


def whole() -> bytes:
    return compressed(JPEGBaseline8Bit, cv2.imencode(".jpg", GREY)[1].tobytes())


@pytest.mark.parametrize("data", [deep(), compressed(JPEG2000Lossless, b"no codestream" * 9)],
                         ids=["deep", "no codestream"])
def test_pixels_that_end_their_decoder_are_refused_and_the_next_film_is_read(data: bytes) -> None:
    with pytest.raises(UnreadableFilm, match="cannot be decoded") as problem:
        read_radiograph(data)
    assert "Error" not in str(problem.value)
    assert np.abs(read_radiograph(whole()).pixels.astype(int) - GREY).max() <= 12  # of quality 95


@pytest.mark.parametrize("make", [in_parts, runs])
def test_its_memory_has_an_end(make: Callable[[], bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoder, "_process", None)  # another one
    monkeypatch.setattr(decoder, "MEMORY", 2**30)
    with pytest.raises(UnreadableFilm, match="cannot be decoded"):
        read_radiograph(make())
    assert read_radiograph(whole()).pixels.shape == GREY.shape


def test_its_time_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoder, "_process", None)  # another one, that takes longer to start than it has
    monkeypatch.setattr(decoder, "SECONDS", 0.0)
    with pytest.raises(UnreadableFilm, match="broke off"):
        read_radiograph(whole())
    monkeypatch.undo()
    assert read_radiograph(whole()).pixels.shape == GREY.shape


def test_an_interrupted_reader_leaves_no_answer_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    read_radiograph(whole())

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(decoder.struct, "unpack", interrupted)  # the film is sent, its answer not yet read
    with pytest.raises(KeyboardInterrupt):
        decoder.decode(whole())
    monkeypatch.undo()
    dataset = dicom(np.full((50, 40), 7, np.uint16), stored=12)
    dataset.compress(RLELossless)
    assert read_radiograph(saved(dataset)).pixels.shape == (50, 40)


def test_jpeg_2000_of_many_parts_and_in_boxes_is_read() -> None:
    """By Pillow: of tiles, precincts, resolutions and layers."""
    for bare in (True, False):
        out = BytesIO()
        Image.fromarray(GREY).save(
            out, "JPEG2000", no_jp2=bare, tile_size=(32, 32), precinct_size=(16, 16), num_resolutions=3,
            quality_layers=[20, 5, 0],
        )
        np.testing.assert_array_equal(read_radiograph(compressed(JPEG2000Lossless, out.getvalue())).pixels, GREY)


@pytest.mark.parametrize("syntax", [RLELossless, JPEGLSLossless, JPEG2000Lossless])
def test_a_film_that_compresses_best_is_read(syntax: UID) -> None:
    """All one value: the most that honest pixels unpack to."""
    dataset = dicom(np.full((500, 400), 7, np.uint16), stored=12)
    dataset.compress(syntax)
    assert (read_radiograph(saved(dataset)).pixels == 7).all()
