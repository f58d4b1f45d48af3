"""The maps of a session hold no more than they need, and a page that was left does not keep the next from its map."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cxr_core.imaging.phantom import make_phantom
from cxr_core.reading import Reading, read_film
from cxr_core.ui import maps, resources


class Left(Exception):
    """As Streamlit stops a run whose page was left: when it tells the browser something."""


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> dict:
    """The maps of a session."""
    monkeypatch.setattr(maps, "_kept", lambda: kept)
    kept: dict = {}
    return kept


@pytest.fixture
def reading(tiny_weights: Path) -> Reading:
    return read_film(make_phantom(300), "resnet18-128-nih14")


@pytest.mark.parametrize("steps", [8, 64])  # ended by its own error, or by the most steps there are
def test_a_map_that_is_done_keeps_no_path(
    kept: dict, reading: Reading, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    monkeypatch.setattr(maps, "STEPS", steps)
    while not maps.find(reading, "Mass").done:
        maps.advance(reading, "Mass", lambda *_: None)
    (making,) = kept.values()
    assert making.best is not None and making.stages is None


def test_a_reader_who_is_back_before_the_page_that_was_left_has_stopped_gets_a_map(
    kept: dict, reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that was left stops at its next step, which may be seconds away; the next run is in another thread."""
    computing, go, explanations = threading.Event(), threading.Event(), resources.explanations

    def leave(*_: int) -> None:
        raise Left

    def slow(*args, **options) -> Iterator:
        computing.set()
        assert go.wait(60)
        yield from explanations(*args, **options)

    with ThreadPoolExecutor(1) as pool:
        monkeypatch.setattr(resources, "explanations", slow)
        left = pool.submit(maps.advance, reading, "Mass", leave)
        assert computing.wait(60)
        monkeypatch.setattr(resources, "explanations", explanations)
        try:
            maps.advance(reading, "Mass", lambda *_: None)
        finally:
            go.set()
        assert isinstance(left.exception(60), Left)
    (making,) = kept.values()
    assert making.best.receipt.steps == 8 and making.stages is not None  # gone on with, whatever became of the other


def test_a_map_that_is_begun_anew_does_not_take_the_place_of_a_better_one(kept: dict, reading: Reading) -> None:
    is_left = False

    def tell(*_: int) -> None:
        if is_left:
            raise Left

    for _ in range(2):
        maps.advance(reading, "Mass", tell)
    better, is_left = maps.find(reading, "Mass").best, True
    with pytest.raises(Left):
        maps.advance(reading, "Mass", tell)
    maps.advance(reading, "Mass", lambda *_: None)
    assert better.receipt.steps > 8 and maps.find(reading, "Mass").best is better
