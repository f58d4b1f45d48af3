"""What is clicked is done once, before the page draws its widgets; a figure that is gone has nothing to ask."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

PAGE = """
import streamlit as st
from cxr_core.ui import clicks

def take(clicked):
    state.setdefault("done", []).append(clicked["points"])
    state["turn"] = state.get("turn", 0) + state["drawn_anew"]

state = st.session_state
clicks.take_all()
key = f"figure_{state.get('turn', 0)}"
state.setdefault(key, {"selection": {"points": []}})  # as Streamlit has it while the figure is drawn
clicks.watch(key, take)
"""


def opened(*, drawn_anew: bool) -> AppTest:
    """A page with a figure; with `drawn_anew` a click puts another in its place, as on the matrix of findings."""
    page = AppTest.from_string(PAGE, default_timeout=60)
    page.session_state["drawn_anew"] = drawn_anew
    run(page)
    return page


def run(page: AppTest, *points: str) -> list[list[str]]:
    """Run the page with these points selected on its first figure, if any; all that was done so far."""
    if points:
        page.session_state["figure_0"] = {"selection": {"points": list(points)}}
    page.run()
    assert not page.exception
    return list(page.session_state["done"]) if "done" in page.session_state else []


def test_each_click_is_done_at_the_next_run_and_once() -> None:
    page = opened(drawn_anew=False)
    assert run(page) == []
    assert run(page, "a") == run(page) == run(page, "a") == [["a"]]
    assert run(page, "b") == run(page) == [["a"], ["b"]]


def test_a_late_click_on_a_figure_that_is_gone_is_not_done_again() -> None:
    page = opened(drawn_anew=True)
    assert run(page, "a") == [["a"]]
    del page.session_state["figure_0"]
    assert run(page) == run(page, "a") == run(page, "b") == [["a"]]
