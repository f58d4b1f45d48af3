"""Figures of papers beside ours, each with its split."""

from __future__ import annotations

import plotly.graph_objects as go
import streamlit as st

from cxr_core.evaluation.published import PUBLISHED
from cxr_core.evaluation.stamp import in_lines
from cxr_core.findings import NIH14
from cxr_core.render.figures import stamped
from cxr_core.render.published_table import HEADS, LEGEND, own_cells, paper_cells, remark_on, remarks
from cxr_core.render.trust_figures import draw_published
from cxr_core.ui import measured, stored
from cxr_core.ui.trust.choice import Choice, Shown
from cxr_core.ui.trust.saving import show_table
from cxr_core.ui.trust.figures import show_figure


def show_published(choice: Choice) -> None:
    """Published figures beside ours, each with its split: never in one column without saying so."""
    films = choice.films
    waiting = measured.waiting_spans(choice.models, films)
    if waiting:
        measured.show_progress(waiting, "Intervals by patient")
    show_figure(_figure(choice.of_all, not waiting), "published", f"published-{films}",
                alt="AUC by finding and their mean, ours and published ones")
    ours = [_ours(one, films) for one in choice.models]
    papers = sorted(PUBLISHED, key=lambda one: not one.official)
    with st.container(key="wide_published"):
        show_table(
            HEADS, [*(cells for cells, _ in ours), *map(paper_cells, papers)], f"published {films}", choice.stamps,
            models=[*choice.ids, *("" for _ in papers)],
            pale=[*(faint for _, faint in ours), *(not paper.official for paper in papers)],
        )
    st.caption(f"{LEGEND} {remarks()}")
    for one in choice.models:
        if terms := stored.paper_terms(one.id, films):
            head = f"**{stored.title(one.id)}, in its paper's own terms**\n"
            st.markdown("\n".join([head, *(f"- {line}" for line in terms)]))


def _ours(model: Shown, films: str) -> tuple[list[str], list[bool]]:
    """A model as a row, and which of its cells make no claim."""
    rows = measured.rows(model.digest, model.id, films, complete=False)
    mark = f" ({model.mark})" if model.mark else ""
    return own_cells(f"{stored.title(model.id)}, measured here{mark}", films, rows)


@st.cache_resource(max_entries=32, show_spinner=False)
def _figure(choice: Choice, complete: bool) -> go.Figure:
    """`complete` says that no interval is still being drawn: the figure is another one then."""
    ours = {one.id: measured.rows(one.digest, one.id, choice.films, complete=complete) for one in choice.models}
    said = {one.id: ", ".join(filter(None, (one.mark, remark_on(choice.films)))) for one in choice.models}
    return stamped(draw_published(ours, PUBLISHED, NIH14, choice.colours, dashes=choice.dashes, remarks=said),
                   in_lines(choice.stamps))
