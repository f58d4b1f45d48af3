"""Models are loaded before they are wanted, and one that cannot be keeps no other from it."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
import streamlit as st

from cxr_core.models import classifier as room
from cxr_core.ui import resources

MODEL = "resnet18-128-nih14"


def test_models_are_loaded_ahead_once_and_one_without_weights_keeps_no_other_from_it(
    tiny_weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    st.cache_resource.clear()
    resources.load_ahead(["mobilenet-128-nih6", MODEL])  # the first has no weights here
    (loading,) = [one for one in threading.enumerate() if one.name == "loading ahead"]
    loading.join()

    def not_again(*_: object, **__: object) -> None:
        raise AssertionError("loaded a second time")

    monkeypatch.setattr(room, "load_classifier", not_again)
    assert resources.classifier(MODEL).spec.id == MODEL
    resources.load_ahead([MODEL])
    assert not [one for one in threading.enumerate() if one.name == "loading ahead"]
