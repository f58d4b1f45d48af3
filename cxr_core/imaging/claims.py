"""What a file claims in a few bytes, held against what is read here before a decoder believes it.

Decoders set aside the memory that a header names, unpack every comment and repeat every scan: a file of some hundred
bytes can ask for gigabytes, one of some kilobytes for hours.
"""

from __future__ import annotations

import io
import struct
import zlib

from cxr_core.errors import FilmTooLarge, UnreadableFilm, UnsupportedFilm

MAX_PIXELS = 50_000_000
_MAX_INFLATED = 2 * MAX_PIXELS + 2**20  # bytes of a deflated DICOM file: the largest film of 16 bits, and its header
_MAX_SCANS = 100  # of a JPEG: encoders write ten
_MAX_CHUNKS = 100_000  # of a PNG: encoders write one for every 8 KB or more
_NOT_SIZES = {0xC4, 0xC8, 0xCC}  # among JPEG's C0..CF markers, those that are no frame header
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
    """Refuse a JPEG by its size and by its scans, each of which goes over the whole film again.

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
        if 0xC0 <= marker <= 0xCF and marker not in _NOT_SIZES:
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
