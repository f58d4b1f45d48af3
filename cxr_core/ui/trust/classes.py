"""Models of exclusive classes: the confusion matrix of each set of films, and the films behind its cells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from html import escape
from textwrap import wrap
from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from cxr_core.evaluation.behind import films_confused
from cxr_core.evaluation.classes import Confusion
from cxr_core.evaluation.curves import FEWEST
from cxr_core.evaluation.published import accuracy_of
from cxr_core.evaluation.results import Results
from cxr_core.evaluation.sheets import audit_sheet, confusion_sheet, rates_sheet
from cxr_core.evaluation.stamp import Stamp
from cxr_core.models.card import shortcut_audit
from cxr_core.models.registry import MODELS, find_spec
from cxr_core.render.classes_table import FILMS, accuracy_table, audit_table, confusion_table, in_order
from cxr_core.render.figures import stamped
from cxr_core.render.trust_figures import draw_accuracies
from cxr_core.render.worth_table import HEADS, worth_cells
from cxr_core.ui import clicks, resources, stored
from cxr_core.ui.trust.choice import Shown, shown
from cxr_core.ui.trust.class_curves import class_curves
from cxr_core.ui.trust.class_groups import show_class_groups
from cxr_core.ui.trust.confusions import class_stamp, confused
from cxr_core.ui.trust.saving import save_sheet, show_format, show_table
from cxr_core.ui.trust.figures import show_figure
from cxr_core.ui.trust.film_list import Listed, about, page_of, show_films
from cxr_core.ui.trust.history import history_of
from cxr_core.ui.trust.reports import report_of_classes
from cxr_core.ui.trust.training import show_histories

state = st.session_state
_LIKELIEST = ("ROC, each class against all others. A film is called the likeliest class, at no threshold: there is no "
              "operating point to choose.")
_PREVALENCE = ("Precision over recall, each class against all others, beside its share of these films: where a class "
               "is rarer, so is a call of it that is right.")


@st.fragment
def show_classes(names: list[str]) -> None:
    """A model's confusion matrix; a click on a cell lists its films."""
    clicks.take_all()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox("Model", names, key="class_model", width=resources.MODEL_WIDTH, format_func=stored.title,
                            persist_state="session")
        told, shipped = stored.whole(name), name in MODELS
        films = st.segmented_control("Films", told.subsets, default=told.subsets[0], key="class_films", required=True,
                                     persist_state="session",
                                     format_func=lambda one: FILMS.get(one, one) if shipped else one)
        if films not in told.subsets:  # of the model that was shown before
            films = told.subsets[0]
        model = shown(name)
        _show_downloads(model, films)
    for care in model.cares:
        st.warning(care)
    if (found := confused(model, films)) is None:
        st.info("No film of this set has a class by its labels: there is nothing to count.")
        return
    part, confusion, figure = found
    model_id = stored.model_of(name)  # the one that reads here, where these results are of one
    stamps = [class_stamp(model, films, part)]
    left, right = st.columns([1, 1.1], gap="medium")
    with left:
        _show_figures(model, films, confusion, figure, stamps)
    with right:
        _show_rates(name, films, told, confusion, stamps)
    _show_cell(part, confusion, model_id)
    _show_table(model, films, stamps)
    card = resources.card_of(model_id) if model_id else None
    audit = shortcut_audit(find_spec(model_id), card) if model_id else None
    if audit is not None:
        st.html(f"<h2>Shortcut audit</h2>{audit_table(audit)}")
        if audit.called:
            save_sheet(audit_sheet(audit), f"audit {model_id}", stamps, "The audit as CSV")
    if history_of(name):
        st.html("<h2>Training</h2>")
        show_histories([model])


def _show_downloads(model: Shown, films: str) -> None:
    with st.popover("Downloads"):
        show_format()
        st.download_button(f"Whole report, {stored.title(model.id)}", lambda: report_of_classes(model, films),
                           f"report-{model.id}-{films}.html", "text/html", key="class_report", on_click="ignore")


def _show_figures(
    model: Shown, films: str, confusion: Confusion, figure: go.Figure, stamps: list[Stamp]
) -> None:
    """The confusion matrix, each class's curves against the others, and groups of people: the open one of the tabs."""
    draw = {
        "Confusion": lambda: _show_confusion(model, films, confusion, figure, stamps),
        "ROC": lambda: _show_curve(class_curves(model, films).roc, "class_roc", f"roc-{model.id}-{films}", _LIKELIEST),
        "Precision and recall": lambda: _show_curve(
            class_curves(model, films).precision, "class_pr", f"precision-recall-{model.id}-{films}", _PREVALENCE),
        "Calibration": lambda: _show_calibration(model, films),
        "Groups of people": lambda: show_class_groups(model, films, stamps),
    }
    for name, tab in zip(draw, st.tabs(list(draw), key="class_tabs", on_change="rerun"), strict=True):
        if tab.open:
            with tab:
                draw[name]()


def _show_confusion(
    model: Shown, films: str, confusion: Confusion, figure: go.Figure, stamps: list[Stamp]
) -> None:
    show_figure(figure, "confusion", f"confusion-{model.id}-{films}", on_click=_take_click,
                alt=f"Confusion matrix of {model.id} on {films}")
    save_sheet(confusion_sheet(confusion), f"confusion {model.id} {films}", stamps, "The counts as CSV")


def _show_curve(figure: go.Figure | None, key: str, name: str, said: str) -> None:
    if figure is None:
        st.info("No curve: these films are all of one class.")
    else:
        show_figure(figure, key, name, zoom=True, alt=f"{said.split('.')[0]}, a curve a class")
    st.caption(said)


def _show_calibration(model: Shown, films: str) -> None:
    show_figure(class_curves(model, films).calibration, "class_reliability", f"calibration-{model.id}-{films}",
                alt="Share of films of each class over their scores, before and after tempering")
    st.caption("Each point is an eighth of the films, its bar Wilson's 95% interval, films taken as independent. "
               "The temperature was fitted on val alone.")


def _show_rates(name: str, films: str, told: Results, confusion: Confusion, stamps: list[Stamp]) -> None:
    """Accuracy and each class's rates, and what the paper gives."""
    shipped, model_id = name in MODELS, stored.model_of(name)
    words = replace(confusion, films=FILMS.get(films, films) if shipped else films).in_words
    st.html(f"<h2>Accuracy and rates</h2><p class='said'>{escape(words)}</p>" + confusion_table(confusion))
    save_sheet(rates_sheet(confusion), f"rates {name} {films}", stamps, "Accuracy and rates as CSV")
    if unknown := int((told.films["subset"] == films).sum()) - confusion.n:
        several = "films have" if unknown > 1 else "film has"
        st.caption(f"{unknown:,} {several} none of these classes by the labels, and not counted.")
    st.caption("Intervals are 95% by patient."
               + (" Films of NIH adults have no COVID-19: what is called so is an alarm." if shipped else ""))
    classes = resources.card_of(model_id).classes if model_id else None
    if shipped and classes and (paper := accuracy_of(name)):
        st.html("<h2>Beside the paper's accuracy, on films of its own</h2>")
        figure = draw_accuracies(in_order(classes), paper, shown(name).colour)
        show_figure(stamped(figure, wrap(stamps[0].of_model, 56)), "accuracies", f"accuracy-{name}",
                    alt="Accuracy by set of films, measured here and published")
        st.html(accuracy_table(name, classes))
    if not shipped and told.provenance is not None:
        st.html(f"<p class='said'>{escape('. '.join(told.provenance.in_words))}.</p>")


def _show_table(model: Shown, films: str, stamps: list[Stamp]) -> None:
    """A row of figures a class."""
    rows = class_curves(model, films).rows
    show_table(("Class", *HEADS[1:]), worth_cells(rows), f"classes {model.id} {films}", stamps,
               pale=[not one.claims for one in rows], before="<h2>All classes</h2>")
    st.caption("Each class against all others; sensitivity and specificity are of the likeliest class. Those of fewer "
               f"than {FEWEST} films are pale: no claim. The interval by patient is the one to cite.")


def _show_cell(part: Results, confusion: Confusion, model_id: str | None) -> None:
    keys = confusion.classes
    worst = np.unravel_index(np.argmax(np.array(confusion.counts) * (1 - np.eye(len(keys)))), 2 * (len(keys),))
    for name, first in zip(("class_true", "class_called"), worst, strict=True):
        if state.get(name) not in keys:
            state[name] = keys[first]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        truly = st.selectbox("Films of", keys, key="class_true", width=200, persist_state="session")
        called = st.selectbox("called", keys, key="class_called", width=200, persist_state="session")
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


def _take_click(clicked: Mapping[str, Any]) -> None:
    """Show the films of the cell that was clicked."""
    points = clicked["points"]
    if points and "x" in points[0]:
        state["class_called"], state["class_true"] = points[0]["x"], points[0]["y"]
