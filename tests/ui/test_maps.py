"""The maps of a session hold no more than they need."""

from __future__ import annotations

from pathlib import Path

import pytest

from cxr_core.imaging.phantom import make_phantom
from cxr_core.reading import read_film
from cxr_core.ui import maps


@pytest.mark.parametrize("steps", [8, 64])  # ended by its own error, or by the most steps there are
def test_a_map_that_is_done_keeps_no_path(tiny_weights: Path, monkeypatch: pytest.MonkeyPatch, steps: int) -> None:
    kept: dict = {}
    monkeypatch.setattr(maps, "_kept", lambda: kept)
    monkeypatch.setattr(maps, "STEPS", steps)
    reading = read_film(make_phantom(300), "resnet18-128-nih14")
    while not maps.find(reading, "Mass").done:
        maps.advance(reading, "Mass", lambda *_: None)
    (making,) = kept.values()
    assert making.best is not None and making.stages is None
