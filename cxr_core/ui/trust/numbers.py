"""The figures of all findings: small curves, a table a model, and two models compared."""

from __future__ import annotations

from dataclasses import replace
from html import escape

import numpy as np
import streamlit as st

from cxr_core.evaluation.curves import FEWEST
from cxr_core.findings import title_of
from cxr_core.render.worth_table import HEADS, worth_cells
from cxr_core.ui import measured, stored
from cxr_core.ui.tables import number, p_value
from cxr_core.ui.trust.choice import OTHER_FILMS, Choice, Shown, stamp
from cxr_core.ui.trust.saving import show_table
from cxr_core.ui.trust.figures import grid_figure, show_figure


def show_findings(choice: Choice) -> None:
    """A small ROC and a row of figures for every finding."""
    show_figure(grid_figure(choice.of_all), "grid", f"roc-all-{choice.films}", alt="A small ROC of every finding")
    waiting = measured.waiting_spans(choice.models, choice.films)
    if waiting:
        measured.show_progress(waiting, "Intervals by patient")
    for model in choice.models:
        before = f"<h2><i class='swatch' style='background:{model.colour}'></i>{escape(stored.title(model.id))}</h2>"
        _show_table(model, choice.films, before + _other_films(choice.ids[0], model, choice.films))
    st.caption(f"{_at_points(choice)} Findings of fewer than {FEWEST} positives are pale: no claim. The "
               "mean is without No Finding. DeLong takes films as independent; films of one patient are not, so the "
               "interval by patient, and p by patient of two models, are those to cite.")
    if len(choice.ids) == 2:
        _show_comparison(choice)
    elif len(choice.ids) > 2:
        st.caption("Choose exactly two models to compare them by DeLong's test.")


def _at_points(choice: Choice) -> str:
    having = [one for one in choice.models if stored.has_operating_points(one.id)]
    if not having:
        return "No operating point is known here: no sensitivity, no specificity."
    of = "" if len(having) == len(choice.models) else ", of the models that have one"
    return f"Sensitivity and specificity at the card's operating point, chosen on val{of}."


def _show_table(model: Shown, films: str, before: str) -> None:
    """One row a finding; those with too few positives are pale. The last is their mean."""
    told = measured.rows(model.digest, model.id, films, complete=False)
    mean = measured.mean_span(model.digest, model.id, films, complete=False)
    show_table(HEADS, worth_cells(told, mean), f"figures {model.id} {films}", [stamp(model, films)],
               pale=[not one.claims for one in told], before=before)


def _other_films(first: str, model: Shown, films: str) -> str:
    """A mark on figures of other films than the first model's: they do not belong in one comparison."""
    if OTHER_FILMS not in model.mark:
        return ""
    ours, theirs = (stored.results(one, films).names for one in (first, model.id))
    shared = len(set(ours) & set(theirs))
    return (f"<p class='care'>Other films than {escape(stored.title(first))}: {shared:,} of these {len(theirs):,} are "
            "the same.</p>")


def _show_comparison(choice: Choice) -> None:
    first, second = choice.models
    if not stored.share(first.id, second.id, choice.films):
        st.caption("These two have no film in common: their figures cannot be compared.")
        return
    drawing = measured.comparison((first.digest, second.digest), first.id, second.id, choice.films)
    if not drawing.is_done:
        measured.show_progress([drawing], "Is one better?")
        return
    told = drawing.result()
    told = replace(told, first=stored.title(first.id), second=stored.title(second.id))
    heads = ["Finding", "+", told.first, told.second, "difference", "z", "p", "p, Holm", "p by patient",
             "by patient, Holm"]
    show_table(heads, [
        [title_of(one.finding), f"{one.positives:,}", number(one.first), number(one.second), f"{one.difference:+.3f}",
         f"{one.z:.2f}" if np.isfinite(one.z) else "–",
         *map(p_value, (one.p, one.corrected, one.p_patient, one.p_patient_holm))]
        for one in told.findings
    ], f"comparison {first.id} {second.id} {choice.films}", choice.stamps,
        pale=[not one.counts for one in told.findings],
        before=f"<h2>Is one better?</h2><p class='said'>{escape(told.sentence())}</p>")
