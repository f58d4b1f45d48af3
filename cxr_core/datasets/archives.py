"""The room that archives need, and what is in them."""

from __future__ import annotations

import shutil
import tarfile
from pathlib import Path

from cxr_core.datasets.download import Archive
from cxr_core.errors import DataError


def room_for(archives: tuple[Archive, ...], folder: Path) -> None:
    """Refuse to begin what the disk cannot hold.

    Raises
    ------
    DataError
        When fewer bytes are free than are still to be fetched.
    """
    there = sum(file.stat().st_size for one in archives for file in (folder / one.name, folder / f"{one.name}.part")
                if file.is_file())
    needed, free = sum(one.size for one in archives) - there, shutil.disk_usage(folder).free
    if needed > free:
        raise DataError(f"{needed / 1e9:.1f} GB are to be fetched, {free / 1e9:.1f} GB are free. Name another folder.")


def unpack(archive: Path) -> Path:
    """Unpack `images_001.tar.gz` into `images_001` beside it, whole or not at all; what is unpacked is left.

    Raises
    ------
    DataError
        When the archive is damaged, or holds what does not belong below its folder.
    """
    folder = archive.parent / archive.name.removesuffix(".tar.gz")
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
