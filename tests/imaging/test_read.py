"""Bytes to radiograph: real files, every depth, and hostile bytes."""

from __future__ import annotations

import re
import struct
from io import BytesIO
from pathlib import Path
from time import thread_time

import cv2
import numpy as np
import pydicom
import pytest
from film_files import RAMP, chunk, dicom, png, saved
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from pydicom.uid import ImplicitVRLittleEndian, JPEG2000Lossless, JPEGLSLossless, RLELossless

from cxr_core.errors import CxrError, FilmTooLarge, UnreadableFilm, UnsupportedFilm
from cxr_core.imaging.phantom import make_phantom
from cxr_core.imaging.read import MAX_BYTES, read_radiograph


def test_a_16_bit_png_keeps_its_depth() -> None:
    film = read_radiograph(png(RAMP * 16))
    assert film.bits == 16 and film.pixels.dtype == np.uint16
    np.testing.assert_array_equal(film.pixels, RAMP * 16)


def test_grey_stored_as_colour_is_grey_and_colour_is_measured() -> None:
    grey = (RAMP % 256).astype(np.uint8)
    assert read_radiograph(png(np.dstack([grey] * 3))).coloured == 0
    assert read_radiograph(png(np.dstack([grey, grey * 0, grey]))).coloured > 0.1


@pytest.mark.parametrize("syntax", [None, RLELossless, JPEGLSLossless, JPEG2000Lossless])
def test_a_12_bit_dicom_is_the_same_in_every_lossless_syntax(syntax: str | None) -> None:
    dataset = dicom(RAMP, stored=12)
    if syntax:
        dataset.compress(syntax)
    film = read_radiograph(saved(dataset))
    np.testing.assert_array_equal(film.pixels, RAMP)
    assert film.bits == 12


@pytest.mark.realdata
@pytest.mark.parametrize("syntax", ["JPEGLosslessProcess14_1", "JPEGLSLossless", "JPEG2000Lossless", "RLELossless"])
def test_a_real_film_transcoded_is_the_same_film(data_folder: Path, tmp_path: Path, syntax: str) -> None:
    """gdcm transcodes, so that lossless JPEG is written by another hand than the one that reads RLE or JPEG-LS."""
    gdcm = pytest.importorskip("gdcm")
    source = next(
        file for file in sorted((data_folder / "dicom").glob("*.dcm"))
        if pydicom.dcmread(file, stop_before_pixels=True).file_meta.TransferSyntaxUID == ImplicitVRLittleEndian
    )
    reader = gdcm.ImageReader()
    reader.SetFileName(str(source))
    assert reader.Read()
    change = gdcm.ImageChangeTransferSyntax()
    change.SetTransferSyntax(gdcm.TransferSyntax(getattr(gdcm.TransferSyntax, syntax)))
    change.SetInput(reader.GetImage())
    assert change.Change()
    writer = gdcm.ImageWriter()
    writer.SetFileName(str(tmp_path / "film"))
    writer.SetFile(reader.GetFile())
    writer.SetImage(change.GetOutput())
    assert writer.Write()
    film, original = (read_radiograph(path.read_bytes()) for path in (tmp_path / "film", source))
    np.testing.assert_array_equal(film.pixels, original.pixels)
    assert (film.bits, film.window) == (original.bits, original.window)


@pytest.mark.parametrize(("orientation", "turned"), [(1, 0), (3, 2), (6, 3), (8, 1)])
def test_a_jpeg_is_turned_as_its_camera_says(orientation: int, turned: int) -> None:
    pixels = cv2.resize((RAMP // 16).astype(np.uint8), (64, 48))
    out, exif = BytesIO(), Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(pixels).save(out, "JPEG", quality=100, exif=exif)
    film = read_radiograph(out.getvalue()).pixels.astype(int)
    assert np.abs(film - np.rot90(pixels.astype(int), turned)).max() <= 4


def test_signed_values_are_moved_to_zero_with_their_window() -> None:
    film = read_radiograph(saved(dicom((RAMP.astype(np.int16) - 2048), stored=12, WindowCenter=0, WindowWidth=1000)))
    np.testing.assert_array_equal(film.pixels, RAMP)
    assert (film.window.center, film.window.width) == (2048, 1000)


def test_monochrome1_is_inverted_last() -> None:
    film = read_radiograph(saved(dicom(RAMP, photometric="MONOCHROME1", stored=12, WindowCenter=1000, WindowWidth=500)))
    np.testing.assert_array_equal(film.pixels, 4095 - RAMP)
    assert film.window.center == 3095 and film.was_monochrome1


def test_no_name_or_id_outlives_the_reading() -> None:
    film = read_radiograph(saved(dicom(RAMP, PatientAge="058Y", PatientSex="F", StudyDate="20240229", ViewPosition="PA")))
    assert (film.age, film.sex, film.date, film.view) == (58, "F", "2024-02-29", "PA")
    assert "Doe" not in repr(film) and "SECRET" not in repr(film)


@pytest.mark.parametrize(("tags", "spacing", "at_detector"), [
    ({}, None, False),
    ({"PixelSpacing": [0.2, 0.1]}, (0.2, 0.1), False),
    ({"ImagerPixelSpacing": [0.2, 0.1]}, (0.2, 0.1), True),
    ({"PixelSpacing": [0.2, 0.1], "ImagerPixelSpacing": [0.2, 0.1]}, (0.2, 0.1), True),  # not corrected
    ({"PixelSpacing": [0.18, 0.09], "ImagerPixelSpacing": [0.2, 0.1]}, (0.18, 0.09), False),
    ({"PixelSpacing": [0, 0], "ImagerPixelSpacing": [0.2, 0.1]}, (0.2, 0.1), True),
])
def test_a_spacing_is_the_patients_or_the_detectors(
    tags: dict, spacing: tuple[float, float] | None, at_detector: bool
) -> None:
    film = read_radiograph(saved(dicom(RAMP, **tags)))
    assert (film.spacing_mm, film.spacing_at_detector) == (spacing, at_detector)


def test_a_missing_preamble_does_no_harm() -> None:
    whole = saved(dicom(RAMP))
    np.testing.assert_array_equal(read_radiograph(whole[132:]).pixels, RAMP)


def bare(dataset: pydicom.Dataset, *, implicit: bool) -> bytes:
    """The data set alone: no preamble, and nothing that says how it is encoded."""
    out = BytesIO()
    del dataset.file_meta
    pydicom.dcmwrite(out, dataset, implicit_vr=implicit, little_endian=True)
    return out.getvalue()


@pytest.mark.parametrize("implicit", [True, False])
def test_a_bare_data_set_is_read_by_its_own_encoding(implicit: bool) -> None:
    film = read_radiograph(bare(dicom(RAMP, stored=12, PatientAge="058Y"), implicit=implicit))
    np.testing.assert_array_equal(film.pixels, RAMP)
    assert film.bits == 12 and film.age == 58


def test_a_bare_data_set_of_compressed_pixels_is_refused_as_it_does_not_say_how() -> None:
    dataset = dicom(RAMP, stored=12)
    dataset.compress(RLELossless)
    with pytest.raises(UnsupportedFilm, match="no transfer syntax"):
        read_radiograph(bare(dataset, implicit=False))


def bomb(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)) + b"IEND\0\0\0\0"


@pytest.mark.parametrize(("data", "kind"), [
    (b"", UnreadableFilm), (b"PK\x03\x04 a zip", UnreadableFilm), (b"%PDF-1.7", UnreadableFilm),
    (bomb(100_000, 100_000), FilmTooLarge), (bomb(0, 5), UnreadableFilm), (bytes(MAX_BYTES + 1), FilmTooLarge),
    (png(RAMP)[:-60], UnreadableFilm),
    (saved(dicom(RAMP, NumberOfFrames=9)), UnsupportedFilm),
    (saved(dicom(RAMP, SamplesPerPixel=3, PhotometricInterpretation="RGB")), UnsupportedFilm),
    (saved(dicom(RAMP, Rows=65535, Columns=65535)), FilmTooLarge),
    (saved(dicom(RAMP)).replace(b"\x08\0\x60\0CS", b"\x08\0\x60\0C\0"), UnreadableFilm),  # a tag of no kind there is
])
def test_hostile_bytes_are_refused_in_words(data: bytes, kind: type[CxrError]) -> None:
    with pytest.raises(kind) as problem:
        read_radiograph(data)
    assert len(str(problem.value)) > 20 and not re.search("Doe|Error", str(problem.value))


def test_a_dicom_without_pixels_is_unsupported() -> None:
    dataset = dicom(RAMP)
    del dataset.PixelData
    with pytest.raises(UnsupportedFilm, match="no image"):
        read_radiograph(saved(dataset))


def resident_mb() -> float:
    """What this process holds, in MB; 0 where the system does not say."""
    statm = Path("/proc/self/statm")
    return int(statm.read_text().split()[1]) * 4096 / 2**20 if statm.exists() else 0.0


def packed(syntax: str) -> bytes:
    dataset = dicom(RAMP[:32, :32])
    dataset.compress(syntax)
    return saved(dataset)


_SEEDS = [
    png(RAMP[:32, :32]), cv2.imencode(".jpg", (RAMP[:32, :32] % 256).astype(np.uint8))[1].tobytes(),
    saved(dicom(RAMP[:32, :32])), bare(dicom(RAMP[:32, :32]), implicit=True),
    *map(packed, (JPEG2000Lossless, JPEGLSLossless, RLELossless)),
]


def test_mutated_files_are_read_or_refused_and_nothing_else() -> None:
    start = resident_mb()

    @settings(max_examples=2000, deadline=None, suppress_health_check=list(HealthCheck))
    @given(seed=st.sampled_from(_SEEDS), cut=st.integers(1, 10_000),
           changes=st.lists(st.tuples(st.integers(0, 10_000), st.binary(max_size=8)), max_size=6))
    def read_mutated(seed: bytes, cut: int, changes: list[tuple[int, bytes]]) -> None:
        data = bytearray(seed)
        for place, new in changes:
            place %= len(data)
            data[place:place + len(new)] = new
        began = thread_time()
        try:
            read_radiograph(bytes(data[:cut]))
        except CxrError:
            pass
        assert thread_time() - began < 5  # s of this thread's own: a machine that keeps it waiting is no fault of ours

    read_mutated()
    assert resident_mb() < start + 300  # the decoders' own libraries; a leak of one film a case would be gigabytes


@pytest.mark.realdata
def test_every_real_dicom_is_read(data_folder: Path) -> None:
    files = sorted((data_folder / "dicom").glob("*.dcm"))
    assert len(files) == 7
    for file in files:
        film = read_radiograph(file.read_bytes())
        assert film.pixels.min() < film.pixels.max() < 2**film.bits


def test_the_phantom_says_that_it_is_one_and_is_repeatable() -> None:
    assert make_phantom(256) == make_phantom(256) != make_phantom(256, seed=1)
