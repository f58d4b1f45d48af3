"""Figures of papers beside ours, each with its split."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from cxr_core.evaluation.published import PUBLISHED
from cxr_core.evaluation.stamp import in_lines
from cxr_core.findings import NIH14, NO_FINDING, title_of
from cxr_core.render.figures import stamped
from cxr_core.render.trust_figures import draw_published
from cxr_core.ui import measured, stored
from cxr_core.ui.tables import number
from cxr_core.ui.trust.choice import Choice
from cxr_core.ui.trust.downloads import show_table
from cxr_core.ui.trust.figures import show_figure


def show_published(choice: Choice) -> None:
    """Published figures beside ours, each with its split: never in one column without saying so."""
    films = choice.films
    ours: list[list[str]] = []
    for model_id in choice.ids:
        known = {row.finding: row.auc for row in measured.rows(stored.digest(model_id), model_id, films)}
        mean = float(np.nanmean([auc for key, auc in known.items() if key != NO_FINDING]))
        n = len(stored.results(model_id, films))
        split = "part of the official test list" if films.startswith("test") and films != "test_wide" else films
        ours.append([f"{stored.title(model_id)}, measured here", split, f"{n:,} films", number(mean),
                     *(number(known.get(key)) for key in NIH14)])
    show_figure(_figure(choice.of_all), "published", f"published-{films}",
                alt="AUC by finding, ours and published ones")
    heads = ["", "split", "n", "mean", *(title_of(key) for key in NIH14)]
    rows, pale = ours, [False] * len(ours)
    for paper in sorted(PUBLISHED, key=lambda one: not one.official):
        year = f" {paper.year}" if paper.year else ""
        rows.append([f"{paper.name}{year}", paper.split, paper.n, number(paper.mean),
                     *(number(paper.auc.get(key)) for key in NIH14)])
        pale.append(not paper.official)
    with st.container(key="wide_published"):
        show_table(heads, rows, f"published {films}", pale)
    remarks = " ".join(f"{paper.name}: {paper.remark}." for paper in PUBLISHED if paper.remark)
    st.caption(
        "Diamonds: on NIH's official test list. Crosses, and pale rows: on other films, so not to be compared with those "
        "that are; a random split gives about .03 more. What papers give is typed in from them, none was measured "
        f"here. {remarks}"
    )


@st.cache_resource(max_entries=32, show_spinner=False)
def _figure(choice: Choice) -> go.Figure:
    ours = {
        one.id: {row.finding: (row.auc, *row.by_patient) for row in measured.rows(one.digest, one.id, choice.films)}
        for one in choice.models
    }
    papers = {paper.name: (paper.auc, paper.official) for paper in PUBLISHED if paper.auc}
    return stamped(draw_published(ours, papers, NIH14, choice.colours), in_lines(choice.stamps))
