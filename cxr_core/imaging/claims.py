"""What a file claims in a few bytes, held against what is read here before a decoder believes it.

Decoders set aside the memory that a header names, unpack every comment and repeat every scan: a file of some hundred
bytes can ask for gigabytes, one of some kilobytes for hours.
"""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

from cxr_core.errors import FilmTooLarge, UnreadableFilm, UnsupportedFilm

MAX_PIXELS = 50_000_000
_MAX_INFLATED = 2 * MAX_PIXELS + 2**20  # bytes of a deflated DICOM file: the largest film of 16 bits, and its header
_MAX_SCANS = 100  # of a JPEG: encoders write ten
_MAX_CHUNKS = 100_000  # of a PNG: encoders write one for every 8 KB or more
_NOT_SIZES = {0xC4, 0xC8, 0xCC}  # among JPEG's C0..CF markers, those that are no frame header
_JPEG_LS = 0xF7
_JP2 = b"\0\0\0\x0cjP  "
_CODESTREAM = b"\xff\x4f\xff\x51"  # of JPEG 2000: its start and its size
_DEFLATED = b"1.2.840.10008.1.2.1.99"


def refuse_size(height: int, width: int) -> None:
    """Refuse a film by the size that its header claims, before a pixel is decoded.

    Raises
    ------
    UnreadableFilm, FilmTooLarge
    """
    if height < 1 or width < 1:
        raise UnreadableFilm(f"The file claims a film of {width} x {height} pixels. Export it again.")
    if height * width > MAX_PIXELS:
        raise FilmTooLarge(
            f"The film claims {width} x {height} pixels; at most {MAX_PIXELS // 10**6} million are read. Shrink it "
            "first."
        )


def png_picture(data: bytes) -> bytes:
    """A PNG of those chunks alone that make its picture: the critical ones, and the transparent colour.

    A decoder would set aside the bytes that a chunk claims, up to 4 GB, and unpack texts and profiles, 8 MB each.

    Raises
    ------
    UnreadableFilm, UnsupportedFilm, FilmTooLarge
    """
    if len(data) < 33 or data[12:16] != b"IHDR":
        raise UnreadableFilm("The PNG has no header: it is truncated or damaged. Export or copy it again.")
    width, height = struct.unpack(">II", data[16:24])
    refuse_size(height, width)
    kept, place = [data[:8]], 8
    for _ in range(_MAX_CHUNKS):
        length, name = struct.unpack(">I4s", data[place:place + 8].ljust(8, b"\0"))
        end = place + 12 + length
        if end > len(data):
            raise UnreadableFilm("The PNG ends before its last part: it is truncated. Export or copy it again.")
        if name[:1].isupper() or name == b"tRNS":
            kept.append(data[place:end])
        if name == b"IEND":
            return b"".join(kept)
        place = end
    raise UnsupportedFilm(f"The PNG has over {_MAX_CHUNKS:,} parts (chunks). Export it again.")


def check_jpeg(data: bytes) -> None:
    """Refuse a JPEG (or JPEG-LS) by its size and by its scans, each of which goes over the whole film again.

    Raises
    ------
    UnreadableFilm, UnsupportedFilm, FilmTooLarge
    """
    refuse_size(*_jpeg_size(data))
    scans = data.count(b"\xff\xda")  # within a scan no such bytes can stand
    if scans > _MAX_SCANS:
        raise UnsupportedFilm(
            f"The JPEG has {scans:,} scans; at most {_MAX_SCANS} are read. Export the film as PNG, or as plain JPEG."
        )


def _jpeg_size(data: bytes) -> tuple[int, int]:
    place = 2
    while place + 9 < len(data):
        if data[place] != 0xFF:
            break
        marker = data[place + 1]
        if 0xC0 <= marker <= 0xCF and marker not in _NOT_SIZES or marker == _JPEG_LS:
            height, width = struct.unpack(">HH", data[place + 5:place + 9])
            return height, width
        if marker == 0xFF:
            place += 1
            continue
        place += 2 + struct.unpack(">H", data[place + 2:place + 4])[0]
    raise UnreadableFilm("The JPEG has no frame header: it is truncated or damaged. Export or copy it again.")


def check_inflated(data: bytes) -> None:
    """Refuse a deflated DICOM file of more than a film's bytes; pydicom unpacks what there is, a thousandfold.

    Raises
    ------
    FilmTooLarge
    """
    if _DEFLATED not in data:
        return
    from pydicom.filereader import read_dataset, read_preamble

    file = io.BytesIO(data)
    read_preamble(file, force=True)
    meta = read_dataset(file, False, True, stop_when=lambda tag, *_: tag.group != 2)  # as dcmread finds its syntax
    if meta.get("TransferSyntaxUID") != _DEFLATED.decode():
        return
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    inflate.decompress(file.read(), _MAX_INFLATED)
    if inflate.unconsumed_tail:
        raise FilmTooLarge(
            f"The DICOM file unpacks to over {_MAX_INFLATED // 2**20} MiB, more than a film of "
            f"{MAX_PIXELS // 10**6} million pixels holds. Export it uncompressed."
        )


def check_compressed(dataset: Any) -> None:
    """Refuse a DICOM image by what its compressed pixels claim, whatever the file says of them beside.

    Raises
    ------
    UnreadableFilm, UnsupportedFilm, FilmTooLarge
    """
    from pydicom.encaps import get_frame
    from pydicom.uid import RLELossless

    syntax = dataset.file_meta.TransferSyntaxUID
    if not syntax.is_encapsulated:
        return
    frame = get_frame(dataset.PixelData, 0, number_of_frames=1)
    if syntax == RLELossless:
        _check_rle(frame, dataset.Rows * dataset.Columns)
    elif frame.startswith(b"\xff\xd8"):
        check_jpeg(frame)
    else:
        refuse_size(*_jpeg2000_size(frame))


def _check_rle(frame: bytes, pixels: int) -> None:
    """Refuse segments that unpack to twice a byte a pixel or more; a little padding is borne."""
    count, *starts = struct.unpack("<16I", frame[:64])
    bounds = [*starts[:count], len(frame)]
    for start, end in zip(bounds, bounds[1:]):
        place, unpacked = start, 0
        while place < min(end, len(frame)):
            head = frame[place]
            place += 2 if head > 128 else 1 if head == 128 else head + 2
            unpacked += 257 - head if head > 128 else 0 if head == 128 else head + 1
            if unpacked > 2 * pixels + 1024:
                raise UnreadableFilm("The DICOM image unpacks to more than its size: it is damaged. Export it again.")


def _jpeg2000_size(frame: bytes) -> tuple[int, int]:
    """Height and width of a codestream, bare or in the boxes of a JP2 file."""
    place = 0
    if frame.startswith(_JP2):
        while (box := frame[place + 4:place + 8]) != b"jp2c":
            length = struct.unpack(">I", frame[place:place + 4])[0]
            if length < 8 or not box:
                break
            place += length
        place += 8
    if frame[place:place + 4] != _CODESTREAM:
        raise UnreadableFilm(
            "The DICOM file's compressed pixels are no JPEG, JPEG-LS, JPEG 2000 or RLE: it is damaged, or of a syntax "
            "that is not read. Export it uncompressed."
        )
    right, bottom, left, top = struct.unpack(">4I", frame[place + 8:place + 24])
    components = struct.unpack(">H", frame[place + 40:place + 42])[0]
    if components != 1:
        raise UnsupportedFilm(f"The DICOM image has {components} samples a pixel (colour); a film has one, grey.")
    return bottom - top, right - left
