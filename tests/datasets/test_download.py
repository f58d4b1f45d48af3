"""Files come whole and right, whatever the server does; a real server on this machine misbehaves in each way."""

from __future__ import annotations

import hashlib
import io
import shutil
import socket
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from cxr_core.cli import main
from cxr_core.datasets.archives import room_for, unpack
from cxr_core.datasets.download import NIH_ARCHIVES, Archive, fetch, read_list
from cxr_core.errors import DataError

BODY = np.random.default_rng(0).bytes(300_000)


class Server:
    """Serves BODY; `manners` holds how the next answers misbehave, `asked` the Range header of each request."""

    def __init__(self) -> None:
        self.manners: list[str] = []
        self.asked: list[str | None] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *words: object) -> None:
                pass

            def do_GET(self) -> None:
                outer.answer(self)

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http.server_port}/images_001.tar.gz"

    def answer(self, to: BaseHTTPRequestHandler) -> None:
        wanted = to.headers.get("Range")
        self.asked.append(wanted)
        manner = self.manners.pop(0) if self.manners else "well"
        if manner.isdigit():
            to.send_response(int(manner))
            to.send_header("Retry-After", "0")
            to.end_headers()
            return
        start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted and manner != "ignores range" else 0
        if start >= len(BODY):
            to.send_response(416)
            to.end_headers()
            return
        rest = BODY[start:]
        if manner == "other bytes":
            rest = bytes(reversed(rest))
        if manner == "too much":
            rest += b"more"
        length = {"half a file": len(rest) // 2, "wrong size": len(rest) + 1000}.get(manner, len(rest))
        to.send_response(206 if start else 200)
        if start:
            place = start + 7 if manner == "another place" else start
            to.send_header("Content-Range", f"bytes {place}-{len(BODY) - 1}/{len(BODY)}")
        if manner not in ("no length", "drops unsaid"):
            to.send_header("Content-Length", str(length))
        to.end_headers()
        if manner in ("drops", "drops unsaid"):
            to.wfile.write(rest[:len(rest) // 2])
            to.wfile.flush()
            to.connection.shutdown(socket.SHUT_RDWR)
        else:
            to.wfile.write(rest[:length])


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.http.shutdown()
    server.http.server_close()


def archive(server: Server, *, digest: str | None = None, size: int = len(BODY)) -> Archive:
    return Archive("images_001.tar.gz", server.url, digest or hashlib.md5(BODY).hexdigest(), size)


def get(one: Archive, folder: Path, **how: object) -> Path:
    return fetch(one, folder, **({"tries": 4, "wait": 0.001, "timeout": 5} | how))


@pytest.mark.parametrize("known", [True, False], ids=["size known", "size unknown"])
@pytest.mark.parametrize("manners", [
    [], ["drops"], ["drops"] * 6, ["503", "429", "drops"], ["half a file"], ["no length"], ["drops unsaid"],
    ["drops", "ignores range"], ["drops", "another place"], ["drops", "416"], ["drops", "other bytes"], ["wrong size"],
], ids=lambda manners: ", ".join(manners) or "well")
def test_the_file_comes_whole_whatever_the_server_does(
    server: Server, tmp_path: Path, manners: list[str], known: bool,
) -> None:
    server.manners = list(manners)
    troubles: list[str] = []
    file = get(archive(server, size=len(BODY) if known else 0), tmp_path, on_trouble=troubles.append)
    assert file.read_bytes() == BODY and not server.manners
    assert [path.name for path in tmp_path.iterdir()] == ["images_001.tar.gz"]
    assert len(troubles) == len(server.asked) - 1


def test_more_bytes_than_the_file_has_are_thrown_away(server: Server, tmp_path: Path) -> None:
    server.manners = ["too much"]
    assert get(archive(server, digest=hashlib.sha256(BODY).hexdigest()), tmp_path).read_bytes() == BODY


def test_what_is_there_is_not_fetched_again(server: Server, tmp_path: Path) -> None:
    (tmp_path / "images_001.tar.gz.part").write_bytes(BODY[:200_000])
    told: list[tuple[int, int]] = []
    get(archive(server), tmp_path, on_bytes=lambda have, total: told.append((have, total)))
    assert server.asked == ["bytes=200000-"]
    assert told[0][0] > 200_000 and told[-1] == (len(BODY), len(BODY)) and told == sorted(told)
    get(archive(server), tmp_path)
    assert len(server.asked) == 1


def test_a_file_that_was_cut_is_gone_on_with_and_a_wrong_one_replaced(server: Server, tmp_path: Path) -> None:
    file = tmp_path / "images_001.tar.gz"
    file.write_bytes(BODY[:1000])
    assert get(archive(server), tmp_path).read_bytes() == BODY and server.asked == ["bytes=1000-"]
    file.write_bytes(b"<html>sign in</html>")
    assert get(archive(server), tmp_path).read_bytes() == BODY


def test_a_file_of_another_checksum_is_never_kept(server: Server, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="another checksum"):
        get(archive(server, digest="0" * 32), tmp_path)
    assert not list(tmp_path.iterdir()) and len(server.asked) == 2


def test_a_server_without_the_file_is_asked_once(server: Server, tmp_path: Path) -> None:
    server.manners = ["404"]
    with pytest.raises(DataError, match="404"):
        get(archive(server), tmp_path)
    assert len(server.asked) == 1


def test_a_server_that_stays_down_is_given_up_and_the_part_kept(server: Server, tmp_path: Path) -> None:
    server.manners = ["drops", *["503"] * 10]
    with pytest.raises(DataError, match="Run the command again"):
        get(archive(server), tmp_path)
    part = (tmp_path / "images_001.tar.gz.part").read_bytes()
    assert 0 < len(part) < len(BODY) and BODY.startswith(part)


def test_a_server_that_is_not_there_is_given_up(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(DataError, match="could not be fetched"):
        get(Archive("a.gz", f"http://127.0.0.1:{port}/a.gz", "0" * 32), tmp_path)


def test_nihs_twelve_archives_are_named_and_summed_apart() -> None:
    assert [one.name for one in NIH_ARCHIVES] == [f"images_{number:03d}.tar.gz" for number in range(1, 13)]
    assert len({one.url for one in NIH_ARCHIVES}) == len({one.digest for one in NIH_ARCHIVES}) == 12
    assert all(one.url.startswith("https://nihcc.box.com/") and len(one.digest) == 32 for one in NIH_ARCHIVES)


@pytest.mark.parametrize(("line", "said"), [
    ("http://x/a.gz abc 5", "Line 2"),
    ("http://x/a.gz " + "0" * 32, "Line 2"),
    ("file:///etc/a " + "0" * 32 + " 5", "Line 2"),
    ("http://x/a.gz " + "0" * 32 + " 5 ../a.gz", "plain file name"),
    ("http://x/ " + "0" * 32 + " 5", "plain file name"),
    ("http://y/a.gz " + "0" * 32 + " 5\nhttp://z/a.gz " + "0" * 32 + " 5", "one name to two"), ("", "lists no file"),
])
def test_a_list_that_cannot_be_meant_is_refused(tmp_path: Path, line: str, said: str) -> None:
    file = tmp_path / "list.txt"
    file.write_text(f"# a remark\n{line}\n")
    with pytest.raises(DataError, match=said):
        read_list(file)


def packed(names: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w:gz") as tar:
        for name, body in names.items():
            info = tarfile.TarInfo(name)
            info.size = len(body)
            tar.addfile(info, io.BytesIO(body))
    return target.getvalue()


def test_an_archive_is_unpacked_whole_or_not_at_all(tmp_path: Path) -> None:
    file = tmp_path / "images_001.tar.gz"
    body = packed({"images/a.png": BODY, "images/b.png": BODY[::-1]})
    file.write_bytes(body[:len(body) // 2])
    with pytest.raises(DataError, match="cannot be unpacked"):
        unpack(file)
    assert list(tmp_path.iterdir()) == [file]
    file.write_bytes(body)
    assert (unpack(file) / "images" / "a.png").read_bytes() == BODY
    file.write_bytes(packed({"../outside.png": b""}))
    (tmp_path / "images_001").rename(tmp_path / "kept")
    with pytest.raises(DataError, match="cannot be unpacked"):
        unpack(file)
    assert not (tmp_path.parent / "outside.png").exists() and not (tmp_path / "images_001").exists()


def test_a_disk_without_room_is_said_before_the_first_byte(server: Server, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="GB are free"):
        room_for((archive(server, size=10**18),), tmp_path)
    room_for((archive(server),), tmp_path)


def test_what_is_to_be_unpacked_beside_its_archive_needs_room_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = tuple(Archive(f"images_{number:03d}.tar.gz", "", "", 1000) for number in (1, 2)) + (
        Archive("README.txt", "", "", 10),
    )

    def free(room: int) -> None:
        monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=room))

    free(2010)
    room_for(wanted, tmp_path)
    with pytest.raises(DataError, match="unpacked beside"):
        room_for(wanted, tmp_path, unpacked=True)
    free(4010)
    room_for(wanted, tmp_path, unpacked=True)
    (tmp_path / "images_001.tar.gz").write_bytes(bytes(1000))  # one that is there, and unpacked
    (tmp_path / "images_001").mkdir()
    free(2010)
    room_for(wanted, tmp_path, unpacked=True)
    free(2009)
    with pytest.raises(DataError, match="unpacked beside"):
        room_for(wanted, tmp_path, unpacked=True)


def test_the_command_fetches_a_list_and_unpacks(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture,
) -> None:
    body = packed({"images/a.png": BODY})
    monkeypatch.setitem(globals(), "BODY", body)
    server.manners = ["drops", "503"]
    listing = tmp_path / "list.txt"
    listing.write_text(f"{server.url} {hashlib.sha256(body).hexdigest()} {len(body)}  # a mirror\n")
    out = tmp_path / "out"
    assert main(["data", "download", "nih", str(out), "--list", str(listing), "--unpack", "--wait", "0"]) == 0
    assert capsys.readouterr().out.strip() == str(out / "images_001")
    assert (out / "images_001" / "images" / "a.png").is_file()
    assert main(["data", "download", "nih", str(out), "--list", str(listing), "--only", "2"]) == 2
