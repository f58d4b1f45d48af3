"""Models of exclusive classes: the confusion matrix of each set of films, and the films behind its cells."""

from __future__ import annotations

from html import escape

import streamlit as st

from cxr_core.evaluation.behind import films_confused
from cxr_core.evaluation.classes import Confusion
from cxr_core.evaluation.published import accuracy_of
from cxr_core.evaluation.results import Results
from cxr_core.evaluation.sheets import audit_sheet, confusion_sheet, rates_sheet
from cxr_core.evaluation.stamp import Stamp
from cxr_core.models.card import shortcut_audit
from cxr_core.models.registry import MODELS, find_spec
from cxr_core.ui import resources, stored
from cxr_core.ui.classes import accuracy_table, audit_table, confusion_table
from cxr_core.ui.trust.choice import shown
from cxr_core.ui.trust.confusions import confused
from cxr_core.ui.trust.saving import save_sheet, show_format
from cxr_core.ui.trust.figures import show_figure
from cxr_core.ui.trust.film_list import Listed, about, page_of, show_films
from cxr_core.ui.trust.history import history_of
from cxr_core.ui.trust.reports import report_of_classes
from cxr_core.ui.trust.training import show_histories

state = st.session_state
FILMS = {"test": "test: CoronaHack's own, COVID-19 films joined", "nih_adults": "NIH adults without COVID-19"}


@st.fragment
def show_classes(names: list[str]) -> None:
    """A model's confusion matrix; a click on a cell lists its films."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox("Model", names, key="class_model", width=360, format_func=stored.title)
        told, shipped = stored.whole(name), name in MODELS
        films = st.segmented_control("Films", told.subsets, default=told.subsets[0], key="class_films", required=True,
                                     format_func=lambda one: FILMS.get(one, one) if shipped else one)
        model = shown(name)
        model_id = stored.model_of(name)  # the one that reads here, where these results are of one
    if films not in told.subsets:  # of the model that was shown before
        films = told.subsets[0]
    for care in model.cares:
        st.warning(care)
    if (found := confused(model, films)) is None:
        st.info("No film of this set has a class by its labels: there is nothing to count.")
        return
    part, confusion, figure = found
    with st.popover("Downloads"):
        show_format()
        st.download_button(f"Whole report, {stored.title(name)}", lambda: report_of_classes(model, films),
                           f"report-{name}-{films}.html", "text/html", key="class_report", on_click="ignore")
    card, stamps = resources.card_of(model_id) if model_id else None, [Stamp.of(part, films, model.weights)]
    left, right = st.columns([1, 1.1], gap="medium")
    with left:
        show_figure(figure, "confusion", f"confusion-{name}-{films}", on_select=_take_click,
                    alt=f"Confusion matrix of {name} on {films}")
        save_sheet(confusion_sheet(confusion), f"confusion {name} {films}", stamps, "The counts as CSV")
    with right:
        st.html(f"<h2>Accuracy and rates</h2><p class='said'>{escape(confusion.in_words)}</p>"
                + confusion_table(confusion))
        save_sheet(rates_sheet(confusion), f"rates {name} {films}", stamps, "Accuracy and rates as CSV")
        unknown = len(told.where((told.films["subset"] == films).to_numpy())) - len(part)
        if unknown:
            several = "films have" if unknown > 1 else "film has"
            st.caption(f"{unknown:,} {several} none of these classes by the labels, and not counted.")
        if shipped and card and card.classes and accuracy_of(name):
            st.html(f"<h2>Beside the paper, on films of its own</h2>{accuracy_table(name, card.classes)}")
        st.caption("Intervals are 95% by patient."
                   + (" Films of NIH adults have no COVID-19: what is called so is an alarm." if shipped else ""))
        if not shipped and told.provenance is not None:
            st.html(f"<p class='said'>{escape('. '.join(told.provenance.in_words))}.</p>")
        audit = shortcut_audit(find_spec(model_id), card) if model_id else None
        if audit is not None:
            st.html(f"<h2>Shortcut audit</h2>{audit_table(audit)}")
            if audit.called:
                save_sheet(audit_sheet(audit), f"audit {model_id}", stamps, "The audit as CSV")
    _show_cell(part, confusion, model_id)
    if history_of(name):
        st.html("<h2>Training</h2>")
        show_histories([model])


def _show_cell(part: Results, confusion: Confusion, model_id: str | None) -> None:
    keys = confusion.classes
    for name, first in (("class_true", keys[0]), ("class_called", keys[-1])):
        if state.get(name) not in keys:
            state[name] = first
    with st.container(horizontal=True, vertical_alignment="bottom"):
        truly = st.selectbox("Films of", keys, key="class_true", width=200)
        called = st.selectbox("called", keys, key="class_called", width=200)
    row, column = keys.index(truly), keys.index(called)
    places = films_confused(part.labels.argmax(axis=1), part.probability, row, column)
    if not len(places):
        st.info(f"No film of {truly} is called {called}.")
        return
    key = f"confused {row} {column} {len(places)}"
    listed = [
        Listed(str(part.films.iloc[place]["image"]), str(part.films.iloc[place]["path"]), *about(part, place),
               " · ".join(f"{one} {share:.0%}" for one, share in zip(keys, part.probability[place], strict=True)))
        for place in places[page_of(key, len(places))]
    ]
    show_films(listed, len(places), key, model_id, called)


def _take_click() -> None:
    """Show the films of the cell that was clicked."""
    points = state["confusion"].selection.points
    if points and "x" in points[0]:
        state["class_called"], state["class_true"] = points[0]["x"], points[0]["y"]
