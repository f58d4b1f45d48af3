"""What the tests of the Compare page see of it: its cells, once they are made."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.testing.v1 import AppTest

APP = str(Path(__file__).parents[1] / "app.py")
WAIT = 240  # s: a machine may be busy with something else


def compare_page() -> Iterator[AppTest]:
    """The page, with nothing remembered; what it still makes when the test is over is waited for."""
    st.cache_resource.clear()
    st.cache_data.clear()
    page = AppTest.from_file(APP, default_timeout=WAIT).run()
    yield page.switch_page("pages/compare.py").run()
    if "background_work" in page.session_state:  # a thread that is still at work when the tests end would abort them
        finished(page)


def html(page: AppTest) -> str:
    """All that the page says as HTML."""
    return " ".join(str(one.proto.body) for one in page.get("html"))


def cells(page: AppTest) -> list[dict[str, Any]]:
    """What the grid tells the browser of its cells, in their order."""
    for part in page.get("bidi_component"):
        if part.proto.component_name.endswith("film_grid"):
            told = json.loads(part.proto.json)
            return [told["messages"][name] for row in told["rows"] for name in row["cells"]]
    return []


def finished(page: AppTest) -> AppTest:
    """The page when nothing is being made any more."""
    for _ in range(WAIT * 2):
        if not page.session_state["background_work"].is_busy:
            return page.run()
        time.sleep(0.5)
        page.run()
    raise AssertionError("the maps are never done")
