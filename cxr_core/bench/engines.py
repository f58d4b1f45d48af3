"""What a folder costs: films a second and memory, in this process and on Ray with one and two workers.

    python -m cxr_core bench engines 200 --model resnet18-128-nih14

Each engine scores a folder and one ten times as large in a process of its own. The difference of the two times is
free of what starting costs; memory is the peak of all its processes together (proportional set size), which must not
grow. Linux only.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from cxr_core.errors import CxrError
from cxr_core.imaging.phantom import make_phantom

_ROOT = Path(__file__).parents[2]
_ENGINES = {
    "this process": (),
    "Ray, 1 worker": ("--engine", "ray", "--workers", "1"),
    "Ray, 2 workers": ("--engine", "ray", "--workers", "2"),
}
_TIMES = 10
_EVERY = 0.5  # s between two looks at the memory


def main(model_id: str, films: int) -> None:
    """Print a line for each engine; `films` is the number in the smaller folder."""
    if not Path("/proc/self/smaps_rollup").exists():
        raise CxrError("Memory is read from /proc here: the bench of engines needs Linux.")
    film = make_phantom(512)
    with tempfile.TemporaryDirectory() as folder:
        small, large = (_fill(Path(folder, str(count)), film, count) for count in (films, films * _TIMES))
        print(f"{model_id}, films of 512 px, {films} and {films * _TIMES} of them, {os.cpu_count()} cores")
        for name, options in _ENGINES.items():
            less, more = (_run(model_id, where, options) for where in (small, large))
            rate = films * (_TIMES - 1) / (more[0] - less[0])
            print(f"{name}: {rate:.1f} films a second; at most {less[1]:,.0f} MB for {films} films ({less[0]:.0f} s), "
                  f"{more[1]:,.0f} MB for {films * _TIMES} ({more[0]:.0f} s)", flush=True)


def _fill(folder: Path, film: bytes, count: int) -> Path:
    folder.mkdir()
    for number in range(count):
        (folder / f"{number:06}.png").write_bytes(film)
    return folder


def _run(model_id: str, folder: Path, options: tuple[str, ...]) -> tuple[float, float]:
    """Seconds, and the peak of memory in MB."""
    began, most = time.perf_counter(), 0.0
    command = [sys.executable, "-m", "cxr_core", "predict", str(folder), "--model", model_id, "--score-anyway",
               "--parquet", f"{folder}.parquet", *options]
    work = subprocess.Popen(command, cwd=_ROOT, stderr=subprocess.PIPE, text=True)
    while work.poll() is None:
        most = max(most, _memory(work.pid))
        time.sleep(_EVERY)
    if work.returncode != 0:
        raise CxrError(f"predict ended with {work.returncode}: {work.communicate()[1].strip()[-300:]}")
    return time.perf_counter() - began, most


def _memory(root: int) -> float:
    """Megabytes of a process and all below it, pages that are shared counted once."""
    below: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            below.setdefault(int(entry.read_text().rpartition(")")[2].split()[1]), []).append(int(entry.parent.name))
        except (OSError, IndexError):
            continue  # gone meanwhile
    waiting, total = [root], 0.0
    while waiting:
        pid = waiting.pop()
        waiting += below.get(pid, [])
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
        except OSError:
            continue
    return total
