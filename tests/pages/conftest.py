"""What the pages' tests share."""

from __future__ import annotations

from pathlib import Path

import pytest
import streamlit as st

from cxr_core.ui import resources


@pytest.fixture(autouse=True)
def no_loading_beside(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model loads when a film asks for it: a thread still importing TensorFlow when the tests end would abort them."""
    monkeypatch.setattr(resources, "_start_loading", lambda: {"kind": "ready", "text": "loaded when asked for"})
    monkeypatch.setattr(resources, "load_ahead", lambda models: None)


@pytest.fixture
def empty_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of the test's own, with nothing in it."""
    st.cache_resource.clear()
    st.cache_data.clear()
    folder = tmp_path / "data"
    folder.mkdir()
    monkeypatch.setenv("CXR_DATA", str(folder))
    return folder
