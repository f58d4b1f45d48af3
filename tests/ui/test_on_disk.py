"""What pages found on disk is kept while nothing there changed, and not a moment longer."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import streamlit as st

from cxr_core.evaluation.store import list_stored, results_folder
from cxr_core.models.weights import weights_folder
from cxr_core.ui.on_disk import kept


def test_it_is_looked_for_again_when_results_come_or_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXR_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CXR_WEIGHTS", str(tmp_path / "weights"))
    st.cache_resource.clear()
    looks: list[str] = []

    @kept
    def ids(ending: str = "") -> list[str]:
        looks.append(ending)
        return [one.id + ending for one in list_stored(weights_folder())]

    @kept
    def others() -> list[str]:
        return ["another find's"]

    assert ids() == ids() == [] and others() == ["another find's"] and looks == [""]
    file = results_folder() / "theirs.parquet"
    file.parent.mkdir(parents=True)
    file.touch()
    assert ids() == ["theirs"] and ids("!") == ["theirs!"] and looks == ["", "", "!"]
    ids().append("of the asker alone")
    assert ids() == ["theirs"] and len(looks) == 3
    os.utime(file, ns=(1, 1))
    assert ids() == ["theirs"] and len(looks) == 4
    file.unlink()
    assert ids() == [] and len(looks) == 4  # as it was at first


def test_a_card_that_changed_is_looked_at_again(tiny_weights: Path) -> None:
    st.cache_resource.clear()
    looks: list[int] = []

    @kept
    def find() -> list[str]:
        looks.append(1)
        return []

    card = next(tiny_weights.glob("*/card.toml"))
    was = card.stat()
    find()
    os.utime(card, ns=(was.st_atime_ns, was.st_mtime_ns + 1))
    find()
    os.utime(card, ns=(was.st_atime_ns, was.st_mtime_ns))
    assert len(looks) == 2
