"""Fetch NIH's archives: resumed where they broke off, held against their checksums. Nothing here runs unasked."""

from __future__ import annotations

import hashlib
import http.client
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from cxr_core.errors import DataError

HOME = "https://nihcc.app.box.com/v/ChestXray-NIHCC"  # by hand: the label file, the official lists, the boxes
_BASE = "https://nihcc.box.com/shared/static/"
_CHUNK = 2**20
_DIGESTS = {32: "md5", 64: "sha256"}
_WRONG = 2  # so often a file may come whole and wrong, at 4 GB each
_FATAL = {400, 401, 403, 404, 405, 410}  # asking again changes nothing


@dataclass(frozen=True)
class Archive:
    """A file to fetch: its name, its address, its MD5 or SHA-256 in hex, its size in bytes (0: not known)."""

    name: str
    url: str
    digest: str
    size: int = 0


# Links of NIH's own batch_download_zips.py, MD5s of its FAQ (Q07); sizes as the server gave them in October 2026.
NIH_ARCHIVES: tuple[Archive, ...] = tuple(
    Archive(f"images_{number:03d}.tar.gz", f"{_BASE}{link}.gz", md5, size)
    for number, (link, md5, size) in enumerate((
        ("vfk49d74nhbxq3nqjg0900w5nvkorp5c", "fe8ed0a6961412fddcbb3603c11b3698", 2_008_470_987),
        ("i28rlmbvmfjbl8p2n3ril0pptcmcu9d1", "ab07a2d7cbe6f65ddd97b4ed7bde10bf", 3_952_623_504),
        ("f1t00wrtdk94satdfb9olcolqx20z2jp", "2301d03bde4c246388bad3876965d574", 3_929_234_850),
        ("0aowwzs5lhjrceb3qp67ahp0rd1l1etg", "9f1b7f5aae01b13f4bc8e2c44a4b8ef6", 3_838_903_983),
        ("v5e3goj22zr6h8tzualxfsqlqaygfbsn", "1861f3cd0ef7734df8104f2b0309023b", 3_935_496_531),
        ("asi7ikud9jwnkrnkj99jnpfkjdes7l6l", "456b53a8b351afd92a35bc41444c58c8", 3_986_301_172),
        ("jn1b4mw4n6lnh74ovmcjb8y48h8xj07n", "1075121ea20a137b87f290d6a4a5965e", 4_016_328_426),
        ("tvpxmn7qyrgl0w8wfh9kqfjskv6nmm1j", "b61f34cec3aa69f295fbb593cbd9d443", 4_018_347_353),
        ("upyy3ml7qdumlgk2rfcvlb9k6gvqq2pj", "442a3caa61ae9b64e61c561294d1e183", 4_111_327_929),
        ("l6nilvfa9cg3s28tqv1qc1olm3gnz54p", "09ec81c4c31e32858ad8cf965c494b74", 4_181_556_296),
        ("hhq8fkdgvcari67vfhs7ppg2w6ni4jze", "499aefc67207a5a97692424cf5dbeed5", 4_187_084_020),
        ("ioqwiy20ihqwyr8pf4c24eazhh281pbu", "dc9fda1757c2de0032b63347a7d2895c", 2_914_187_733),
    ), 1)
)


class _Again(Exception):
    """This try failed in a way that the next may not."""


def read_list(path: Path) -> tuple[Archive, ...]:
    """A list of files to fetch, one a line: `url digest size [name]`; # begins a remark.

    Raises
    ------
    DataError
        When a line is not of that form, or two lines give one name.
    """
    archives = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        words = line.split("#", 1)[0].split()
        if not words:
            continue
        if not 3 <= len(words) <= 4 or not re.fullmatch(r"[0-9a-fA-F]+", words[1]) or len(words[1]) not in _DIGESTS \
                or not words[2].isdigit() or not words[0].startswith(("http://", "https://")):
            raise DataError(f"Line {number} of {path.name} is not `url md5|sha256 size [name]`.")
        name = words[3] if len(words) == 4 else words[0].split("?")[0].rsplit("/", 1)[-1]
        if not name or Path(name).name != name or name.startswith("."):
            raise DataError(f"Line {number} of {path.name} names the file {name!r}; a plain file name is needed.")
        archives.append(Archive(name, words[0], words[1].lower(), int(words[2])))
    if not archives:
        raise DataError(f"{path.name} lists no file. Each line is `url md5|sha256 size [name]`.")
    if len({archive.name for archive in archives}) < len(archives):
        raise DataError(f"{path.name} gives one name to two files. Name them as the fourth word of a line.")
    return tuple(archives)


def fetch(
    archive: Archive, folder: Path, *, tries: int = 8, wait: float = 2.0, timeout: float = 60.0,
    on_bytes: Callable[[int, int], None] | None = None, on_trouble: Callable[[str], None] | None = None,
) -> Path:
    """Fetch one file into `folder`; a file that is there and whole is left, a part is resumed.

    Parameters
    ----------
    tries : int
        How often in a row the server may fail without a byte gained.
    wait : float
        Seconds before the second try, doubled after each, at most a minute.
    timeout : float
        Seconds without a byte after which a connection counts as lost.
    on_bytes : callable, optional
        Told the bytes that are there and the bytes in all (0: not known).
    on_trouble : callable, optional
        Told in words why a try failed.

    Raises
    ------
    DataError
        When the file cannot be had, or is another than the one the checksum is of.
    """
    done, part = folder / archive.name, folder / f"{archive.name}.part"
    if done.is_file():
        if _digest(done, archive) == archive.digest:
            if on_bytes:
                on_bytes(done.stat().st_size, done.stat().st_size)
            return done
        done.replace(part)  # what is there may be the beginning of the file
    failed = wrong = 0
    while True:
        before = part.stat().st_size if part.is_file() else 0
        try:
            _receive(archive, part, timeout, on_bytes)
            if _digest(part, archive) == archive.digest:
                part.replace(done)
                return done
            part.unlink()
            wrong += 1
            if wrong >= _WRONG:
                raise DataError(
                    f"{archive.name} came whole {wrong} times, with another checksum than {archive.digest}: the server "
                    f"has another file. See {HOME}."
                )
            raise _Again("the file came whole, but with another checksum; it is fetched from its beginning")
        except (_Again, http.client.HTTPException, OSError) as problem:
            if isinstance(problem, urllib.error.HTTPError) and problem.code in _FATAL:
                raise DataError(
                    f"{archive.name}: the server answers {problem.code} {problem.reason}. See {HOME}."
                ) from None
            gained = (part.stat().st_size if part.is_file() else 0) > before
            failed = 1 if gained else failed + 1
            if failed >= tries:
                raise DataError(
                    f"{archive.name} could not be fetched, {tries} tries brought nothing ({problem}). Run the command "
                    "again: it goes on from what is there."
                ) from None
            if on_trouble:
                on_trouble(f"{archive.name}: {problem}; trying again")
            time.sleep(max(_asked_to_wait(problem), min(60.0, wait * 2 ** (failed - 1))))


def _receive(archive: Archive, part: Path, timeout: float, on_bytes: Callable[[int, int], None] | None) -> None:
    """Append to `part` what the server still has of the file, or begin anew where it cannot resume."""
    have = part.stat().st_size if part.is_file() else 0
    if archive.size and have == archive.size:
        return
    if archive.size and have > archive.size:
        part.unlink()
        have = 0
    request = urllib.request.Request(archive.url, headers={"Accept-Encoding": "identity", "User-Agent": "hilum"})
    if have:
        request.add_header("Range", f"bytes={have}-")
    try:
        answer = urllib.request.urlopen(request, timeout=timeout)
    except urllib.error.HTTPError as problem:
        if problem.code != 416:
            raise
        part.unlink(missing_ok=True)  # nothing lies beyond what is there: it is whole, or not this file's beginning
        raise _Again("the server has nothing beyond the part that is there; it is fetched from its beginning") from None
    with answer:
        resumed = answer.status == 206
        found = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", answer.headers.get("Content-Range", ""))
        if resumed and (not found or int(found[1]) != have):
            part.unlink(missing_ok=True)
            raise _Again("the server resumed at another place than was asked; the file is fetched from its beginning")
        have = have if resumed else 0
        length = answer.headers.get("Content-Length", "")
        total = have + int(length) if length.isdigit() else 0
        if archive.size and total and total != archive.size:
            raise _Again(f"the server offers {total:,} bytes, and the file has {archive.size:,}")
        with _writing(part, "ab" if resumed else "wb") as file:
            while chunk := answer.read1(_CHUNK):
                _write(file, chunk, part)
                have += len(chunk)
                if archive.size and have > archive.size:
                    file.close()
                    part.unlink()
                    raise _Again(f"more than {archive.size:,} bytes came; the file is fetched from its beginning")
                if on_bytes:
                    on_bytes(have, archive.size or total)
        if have < (archive.size or total):
            raise _Again(f"the connection ended after {have:,} of {archive.size or total:,} bytes")


def _asked_to_wait(problem: Exception) -> float:
    """Seconds that a busy server asks to be left alone for, at most five minutes."""
    asked = problem.headers.get("Retry-After", "") if isinstance(problem, urllib.error.HTTPError) else ""
    return min(300.0, float(asked)) if asked.isdigit() else 0.0


def _writing(part: Path, mode: str) -> BinaryIO:
    """The part opened; a disk that does not take it is no reason to ask the server again."""
    try:
        return part.open(mode)
    except OSError as problem:
        raise DataError(f"{part} cannot be written: {problem.strerror}. Name another folder.") from None


def _write(file: BinaryIO, chunk: bytes, part: Path) -> None:
    try:
        file.write(chunk)
    except OSError as problem:
        raise DataError(f"{part} cannot be written: {problem.strerror}. Free some space; the part is kept.") from None


def _digest(path: Path, archive: Archive) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, _DIGESTS[len(archive.digest)]).hexdigest()
