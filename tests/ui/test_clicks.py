"""What is clicked is done once, as it was clicked, though the figure is gone when it is done."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

PAGE = """
import streamlit as st
from cxr_core.ui import clicks

state = st.session_state
clicks.take_all()
if "clicked" in state:
    state["figure"] = {"selection": {"points": [state.pop("clicked")]}}
    clicks.at_next_run("figure", lambda clicked: state.setdefault("done", []).extend(clicked["points"]))()
    del state["figure"]  # the reader went to another page
"""


def test_a_click_is_done_at_the_next_run_once_though_its_figure_is_gone() -> None:
    page = AppTest.from_string(PAGE, default_timeout=60)
    page.session_state["clicked"] = "a point"
    page.run()
    assert "done" not in page.session_state
    for _ in range(2):
        page.run()
        assert page.session_state["done"] == ["a point"] and not page.exception
