"""The room that archives need, and what is in them."""

from __future__ import annotations

import shutil
import tarfile
from pathlib import Path

from cxr_core.datasets.download import Archive
from cxr_core.errors import DataError

_ENDING = ".tar.gz"


def room_for(archives: tuple[Archive, ...], folder: Path, *, unpacked: bool = False) -> None:
    """Refuse to begin what the disk cannot hold.

    What an archive holds, PNGs, takes as much room again once it is `unpacked`, for the archive stays beside it.

    Raises
    ------
    DataError
        When fewer bytes are free than are still to be fetched and unpacked.
    """
    there = sum(file.stat().st_size for one in archives for file in (folder / one.name, folder / f"{one.name}.part")
                if file.is_file())
    packed = [one for one in archives if is_archive(one.name) and not _unpacked(folder / one.name).is_dir()]
    beside = sum(one.size for one in packed) if unpacked else 0
    needed, free = sum(one.size for one in archives) - there + beside, shutil.disk_usage(folder).free
    if needed > free:
        done = f"fetched, {beside / 1e9:.1f} of them to be unpacked beside the archives" if beside else "fetched"
        raise DataError(f"{needed / 1e9:.1f} GB are to be {done}, {free / 1e9:.1f} GB are free. Name another folder.")


def is_archive(name: str) -> bool:
    """Whether a file of this name is one that `unpack` takes."""
    return name.endswith(_ENDING)


def _unpacked(archive: Path) -> Path:
    return archive.parent / archive.name.removesuffix(_ENDING)


def unpack(archive: Path) -> Path:
    """Unpack `images_001.tar.gz` into `images_001` beside it, whole or not at all; what is unpacked is left.

    Raises
    ------
    DataError
        When the archive is damaged, or holds what does not belong below its folder.
    """
    folder = _unpacked(archive)
    if folder.is_dir():
        return folder
    draft = archive.parent / f".{folder.name}.part"
    shutil.rmtree(draft, ignore_errors=True)
    try:
        with tarfile.open(archive) as packed:
            packed.extractall(draft, filter="data")
    except (tarfile.TarError, OSError, EOFError) as problem:
        shutil.rmtree(draft, ignore_errors=True)
        raise DataError(f"{archive.name} cannot be unpacked ({problem}). Delete it and fetch it again.") from None
    draft.replace(folder)
    return folder
