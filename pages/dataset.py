"""Know what the models learned from: what is in the data, who, and how findings go together."""

import pandas as pd
import streamlit as st

from cxr_core.datasets.counts import FINDINGS_AND_NONE, Counts, Selection, count
from cxr_core.datasets.sampling import BASE
from cxr_core.datasets.summary import Summary, load_summary
from cxr_core.render import dataset_figures as figures
from cxr_core.ui import frame
from cxr_core.ui.selection import choose, chosen_films

frame.require()
QUIET = {"displayModeBar": False}


@st.cache_resource
def shipped() -> Summary:
    return load_summary()


def look_at_pair() -> None:
    """A click on a cell of the matrix selects the films with both findings."""
    points = st.session_state["together"]["selection"]["points"]
    if points:
        pair = dict.fromkeys(points[0]["customdata"][:2])
        choose(Selection(all_of=tuple(pair)))


def as_csv(selected: Counts, whole: Counts) -> bytes:
    """Films per finding, selected and all."""
    table = pd.DataFrame({
        "finding": FINDINGS_AND_NONE, "selected": [selected.findings[name] for name in FINDINGS_AND_NONE],
        "all": [whole.findings[name] for name in FINDINGS_AND_NONE],
    })
    return table.to_csv(index=False).encode()


with frame.problems_shown():
    summary = shipped()
    with st.sidebar:
        asked = chosen_films()
    whole, selected = count(summary), count(summary, asked.kinds(summary))
    told = [f"{summary.name}: {summary.films:,} films of {summary.patients:,} patients", f"labels of {summary.label_version}",
            "counts alone: no film is needed, and none is shown"]
    with st.container(horizontal=True, vertical_alignment="center", key="bar"):
        st.html("<h1 class='page'>Dataset</h1>", width="content")
        st.html('<div class="chips">' + "".join(f"<span>{one}</span>" for one in told) + "</div>", width="stretch")
    with st.container(horizontal=True, vertical_alignment="center", key="selected"):
        st.html(f"<p class='selected'><b>{selected.films:,}</b> films selected, {selected.films / whole.films:.1%} of all</p>",
                width="stretch")
        st.download_button("Counts as CSV", lambda: as_csv(selected, whole), "counts.csv", "text/csv", on_click="ignore")
    if not selected.films:
        st.info("No film is of this kind. Take a filter back at the left, or select all films.")
        st.stop()
    left, right = st.columns([1, 1.15], gap="medium")
    with left:
        st.html("<h2>Films per finding</h2><p class='key'><i class='selected'></i>selected <i></i>all, on a logarithm</p>")
        st.plotly_chart(figures.draw_findings(selected, whole), key="findings", config=QUIET)
    with right:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.html("<h2>Findings that stand together</h2>", width="stretch")
            measure = st.segmented_control("Measure", list(figures.MEASURES), default="films", key="measure", required=True,
                                           label_visibility="collapsed", format_func=str.capitalize)
        st.plotly_chart(figures.draw_together(selected, measure), key="together", config=QUIET, on_select=look_at_pair,
                        selection_mode="points")
        st.caption(f"Row and column: {figures.MEASURES[measure]}. A click selects the films with both.")
    first, second, third = st.columns(3, gap="medium")
    with first:
        st.html("<h2>Age and sex</h2>")
        st.plotly_chart(figures.draw_ages(selected, whole), key="ages", config=QUIET)
    with second:
        st.html("<h2>Findings on a film</h2>")
        st.plotly_chart(figures.draw_per_film(selected, whole), key="per_film", config=QUIET)
    with third:
        st.html("<h2>Taken AP, in bed</h2>")
        st.plotly_chart(figures.draw_views(selected), key="views", config=QUIET)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.html("<h2>What the weighted draw shows a network</h2>", width="stretch")
        base = st.number_input("Weight of a film without findings", 0.0, 5.0, BASE, 0.1, key="base", width=240,
                               help="Each finding adds 1 (Khan 2018 drew with 0.1).")
    st.plotly_chart(figures.draw_weighted(count(summary, asked.kinds(summary), base=base)), key="weighted", config=QUIET)
    st.caption("Labels were mined from reports by NIH, over 90% of them right by their authors' own estimate; radiologists who looked "
               "again doubt that for several findings. Read counts as counts of labels.")
