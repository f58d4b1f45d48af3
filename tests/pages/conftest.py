"""What the pages' tests share."""

from __future__ import annotations

import pytest

from cxr_core.ui import resources


@pytest.fixture(autouse=True)
def no_loading_beside(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model loads when a film asks for it: a thread still importing TensorFlow when the tests end would abort them."""
    monkeypatch.setattr(resources, "_start_loading", lambda: {"kind": "ready", "text": "loaded when asked for"})
    monkeypatch.setattr(resources, "load_ahead", lambda models: None)
