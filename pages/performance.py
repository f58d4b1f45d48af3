"""How far to trust each model: ROC curves and what follows from them, from stored results."""

import streamlit as st

from cxr_core.ui import frame, stored
from cxr_core.ui.trust import (
    behind, choice, classes, curves, downloads, drawn_boxes, groups, numbers, published, training,
)

frame.require()
BELOW = {
    "All findings": numbers.show_findings, "Groups of people": groups.show_groups, "Sample films": behind.show_sample,
    "Published figures": published.show_published, "Training": training.show_training,
    "Drawn boxes": drawn_boxes.show_boxes,
}


def show() -> None:
    """The page. It returns and never stops: what a fragment is asked while the page is drawn would be dropped."""
    for problem in stored.broken():
        st.warning(problem)
    of_classes = stored.names_of_classes()
    if of_classes and (not stored.names() or choice.choose_kind() == choice.CLASSES):
        classes.show_classes(of_classes)
        return
    if not stored.names():
        st.error("No model has stored results. Ship one: python -m cxr_core ship MODEL.")
        return
    films = choice.choose_films()
    available = stored.names(films)
    if not available:
        st.info("No results hold films of this set. Choose another on the left.")
        return
    chosen = choice.choose(films, available)
    if chosen is None:
        st.info("Choose a model above to see its curves.")
        return
    with st.container(key="shown"):
        shown, leaving = st.columns([8, 1], gap="small")
        with shown:
            choice.chips(chosen)
        with leaving:
            downloads.show_downloads(chosen)
    choice.warn(chosen)
    curves.show_curves(chosen)
    below = st.segmented_control("Look closer", list(BELOW), default="All findings", key="below", required=True,
                                 persist_state="session", label_visibility="collapsed")
    BELOW[below](chosen)


st.html("<h1 class='page'>Performance</h1>")
with frame.problems_shown():
    show()
