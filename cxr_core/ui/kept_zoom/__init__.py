"""The zoom of a figure outlives its being drawn anew."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import streamlit as st

_FILE = Path(__file__).with_name("kept_zoom.js")


def keep_zoom() -> None:
    """Put figures back to where the reader zoomed them: those that have a `uirevision`, and a button to reset it.

    Streamlit takes a figure away and draws another whenever anything in it changes, as the mark of a threshold does;
    Plotly's own `uirevision` tells it nothing then.
    """
    mount = st.components.v2.component("kept_zoom", html="<span hidden></span>", js=_source())
    mount(key="kept_zoom")


@cache
def _source() -> str:
    return _FILE.read_text("utf-8")
