"""The Performance page in Streamlit's own tester, and somebody's results to put on it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import streamlit as st
from page_parts import segment
from streamlit.testing.v1 import AppTest

from cxr_core.evaluation.provenance import Provenance
from cxr_core.evaluation.results import read_results
from cxr_core.evaluation.store import file_of
from cxr_core.evaluation.writer import write_results
from cxr_core.models.weights import weights_folder

APP = str(Path(__file__).parents[1] / "app.py")
WAIT = 300  # s: the machine may be shared with a training
SHIPPED = "resnet18-128-nih14"


def opened() -> AppTest:
    """The page as a fresh server shows it: nothing is kept from a test before."""
    st.cache_resource.clear()
    return AppTest.from_file(APP, default_timeout=WAIT).run().switch_page("pages/performance.py").run()


def open_tab(page: AppTest, name: str) -> AppTest:
    page.session_state["curves"] = name
    return page.run()


def look_closer(page: AppTest, at: str) -> AppTest:
    return segment(page, "below").set_value(at).run()


def imported(name: str, better: float = 0.0, **changes: object) -> None:
    """Somebody's results: a shipped model's own, with the labels mixed in."""
    told = read_results(weights_folder() / SHIPPED / "results.parquet", SHIPPED)
    raw = (1 - better) * told.raw + better * told.labels
    write_results(file_of(name), replace(
        told, model_id=name, films=told.films.assign(**changes), raw=raw, probability=raw,
        provenance=Provenance("imported", name, digest="ab" * 32, label_version=told.label_version),
    ))
