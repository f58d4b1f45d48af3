"""What is clicked is done once, before the page draws its widgets; a figure that is gone has nothing to ask."""

from __future__ import annotations

import re
from pathlib import Path

from streamlit.testing.v1 import AppTest

from cxr_core.ui import clicks

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


HEARD = """
import streamlit as st
from cxr_core.ui.clicks import heard

told = st.session_state["told"] = []
hear = heard("panel", "chosen", told.append)
hear()
st.session_state["panel"] = {"chosen": None}
hear()
st.session_state["panel"] = {"chosen": "Mass"}
hear()
"""


def test_a_trigger_is_handed_on_and_one_whose_component_is_gone_is_none() -> None:
    page = AppTest.from_string(HEARD, default_timeout=60).run()
    assert not page.exception and list(page.session_state["told"]) == ["Mass"]


def test_no_two_components_have_one_name() -> None:
    """Of two the later one is drawn where the other should be, in every session."""
    rooms = Path(clicks.__file__).parent.rglob("*.py")
    names = [name for room in rooms for name in re.findall(r'components\.v2\.component\(\s*"(\w+)"', room.read_text())]
    assert len(names) > 5 and len(set(names)) == len(names)
