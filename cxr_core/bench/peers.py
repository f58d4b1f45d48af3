"""Peers of `bench ig`: each draws maps of the same trained network in a process of its own environment."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from cxr_core.errors import CxrError

STEPS = {  # each one's own default
    "captum": 50, "saliency": 25, "saliency_compiled": 25, "xplique": 50, "alibi": 50,
}
SETUP = {  # an environment each, as they ask for different versions; `saliency` may also be this one's own
    "captum": "python -m venv captum && captum/bin/pip install torch captum keras",
    "saliency": "python -m venv saliency && saliency/bin/pip install saliency tensorflow keras",
    "saliency_compiled": "the same as saliency",
    "xplique": "python -m venv xplique && xplique/bin/pip install xplique tensorflow keras",
    "alibi": "python -m venv alibi && alibi/bin/pip install alibi click tensorflow keras",
}


class Peer:
    """A peer at work: a map per `draw`, of one output of the network in a file.

    Raises
    ------
    CxrError
        When it cannot be run, or stops, as its environment lacks something: with what it said last.
    """

    def __init__(self, name: str, python: Path, network: Path, path: Path, column: int, out: Path) -> None:
        self.name, self._out = name, out
        script, self._said = Path(__file__).with_name("peer_side.py"), tempfile.TemporaryFile("w+")
        try:
            self._process = subprocess.Popen(
                [str(python), str(script), name, str(network), str(path), str(column), str(out)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._said, text=True,
            )
        except OSError as problem:
            raise CxrError(f"{python} cannot be run ({problem.strerror}). Make it: {SETUP[name]}") from problem
        best = self._ask()
        self.axes, self.inner_batch = str(best["axes"]), int(best["inner_batch"])

    def draw(self, steps: int) -> tuple[np.ndarray, float]:
        """A map (H, W), and the seconds that it took."""
        seconds = float(self._ask(f"{steps}\n")["seconds"])
        return np.load(self._out), seconds

    def close(self) -> None:
        self._process.communicate()

    def _ask(self, line: str = "") -> dict[str, float | str]:
        try:
            self._process.stdin.write(line)
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # it has stopped: what it said last tells why
        while answer := self._process.stdout.readline():
            if answer.startswith("{"):  # some libraries print to standard output
                return json.loads(answer)
        self._process.wait()
        self._said.seek(0)
        last = self._said.read().strip().splitlines()[-1:] or ["nothing"]
        raise CxrError(f"{self.name}'s side stopped; it said: {last[0][:200]}. Its environment: {SETUP[self.name]}")
