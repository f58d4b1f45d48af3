"""Films within TFRecord files, without TensorFlow: the path of one is its file and the byte where its record begins.

    000-438.tfrec@17042

A record is 8 bytes of length, 4 of checksum, a `tensorflow.Example`, 4 of checksum. The checksums are not looked at: a
film that is damaged does not decode, or not to its end.

References
----------
tensorflow/core/lib/io/record_writer.h; tensorflow/core/example/{example,feature}.proto.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from cxr_core.errors import UnreadableFilm

ENDING = ".tfrec"
MOST_BYTES = 64 * 2**20  # of a record; a film of 600 px takes some fifty thousand
_PLACE = re.compile(r"(.+\.tfrec)@(\d+)")
_STRING, _MESSAGE, _BYTES, _FLOAT, _INT64 = 9, 11, 12, 2, 3  # of FieldDescriptorProto.Type
_KINDS = {"bytes_list": ("BytesList", _BYTES), "float_list": ("FloatList", _FLOAT), "int64_list": ("Int64List", _INT64)}


def in_record(path: Path | str) -> tuple[Path, int] | None:
    """The file and the byte that a film's path names; None for a path that names a file of its own."""
    found = _PLACE.fullmatch(str(path))
    return (Path(found[1]), int(found[2])) if found else None


def file_of(path: Path) -> Path:
    """The file that holds a film: the TFRecord file of one within such, else the path itself."""
    place = in_record(path)
    return place[0] if place else path


def record_starts(file: Path) -> Iterator[tuple[int, int]]:
    """The first byte of each whole record of a file, and the byte after it."""
    size, start = file.stat().st_size, 0
    with file.open("rb") as handle:
        while start + 16 <= size:
            handle.seek(start)
            end = start + 16 + struct.unpack("<Q", handle.read(8))[0]
            if end > size:
                return
            yield start, end
            start = end


def read_example(file: Path, start: int):  # noqa: ANN201: the class is made from the format's description below
    """The `Example` that begins at a byte: `.features.feature[name]` holds its bytes and numbers.

    Raises
    ------
    UnreadableFilm
        When there is none at that place.
    """
    from google.protobuf.message import DecodeError

    place = f"{file.name}@{start}"
    try:
        with file.open("rb") as handle:
            handle.seek(start)
            length = struct.unpack("<Q", handle.read(8))[0]
            if length > MOST_BYTES:
                raise UnreadableFilm(
                    f"The record {place} claims {length:,} bytes: the file is damaged. Fetch it again."
                )
            handle.seek(4, 1)  # past the checksum of the length
            return _example_class().FromString(handle.read(length))
    except (OSError, ValueError, struct.error, DecodeError):
        raise UnreadableFilm(f"The record {place} cannot be read: its file is damaged or was replaced.") from None


def read_image(file: Path, start: int) -> bytes:
    """The bytes of the film in a record, as they were before they were put there.

    Raises
    ------
    UnreadableFilm
        When there is no record at that place, or it holds no image.
    """
    image = read_example(file, start).features.feature["image"].bytes_list.value
    if len(image) != 1:
        raise UnreadableFilm(f"The record {file.name}@{start} holds no image. Write the TFRecords again.")
    return image[0]


@cache
def _example_class():  # noqa: ANN202
    """`tensorflow.Example`: a map from names to lists of bytes, float32 or int64."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    file = descriptor_pb2.FileDescriptorProto(name="example.proto", package="records", syntax="proto3")

    def message(name: str, *fields: tuple[str, int, str, bool]) -> descriptor_pb2.DescriptorProto:
        made = file.message_type.add(name=name)
        for number, (field, kind, of, repeated) in enumerate(fields, 1):
            known = {"type_name": f".records.{of}"} if of else {}
            made.field.add(name=field, number=number, type=kind, label=3 if repeated else 1, **known)
        return made

    for of, kind in _KINDS.values():
        message(of, ("value", kind, "", True))
    feature = message("Feature", *((name, _MESSAGE, of, False) for name, (of, _) in _KINDS.items()))
    feature.oneof_decl.add(name="kind")
    for field in feature.field:
        field.oneof_index = 0
    features = message("Features", ("feature", _MESSAGE, "Features.FeatureEntry", True))
    entry = features.nested_type.add(name="FeatureEntry")
    entry.options.map_entry = True
    entry.field.add(name="key", number=1, type=_STRING, label=1)
    entry.field.add(name="value", number=2, type=_MESSAGE, type_name=".records.Feature", label=1)
    message("Example", ("features", _MESSAGE, "Features", False))
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(file.SerializeToString())
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("records.Example"))
