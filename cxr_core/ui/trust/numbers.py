"""The figures of all findings: small curves, a table a model, and two models compared."""

from __future__ import annotations

from html import escape

import streamlit as st

from cxr_core.evaluation.curves import FEWEST
from cxr_core.findings import title_of
from cxr_core.models.registry import MODELS
from cxr_core.render.worth_table import HEADS, worth_cells
from cxr_core.ui import measured, stored
from cxr_core.ui.tables import number
from cxr_core.ui.trust.choice import Choice, Shown
from cxr_core.ui.trust.downloads import show_table
from cxr_core.ui.trust.figures import grid_figure, show_figure


def show_findings(choice: Choice) -> None:
    """A small ROC and a row of figures for every finding."""
    show_figure(grid_figure(choice.of_all), "grid", f"roc-all-{choice.films}", alt="A small ROC of every finding")
    waiting = [told for one in choice.models if one.id not in MODELS
               if not (told := measured.spans(one.digest, one.id, choice.films)).is_done]
    if waiting:
        measured.show_progress(waiting, "Intervals by patient")
    for model in choice.models:
        before = f"<h2><i class='swatch' style='background:{model.colour}'></i>{escape(stored.title(model.id))}</h2>"
        _show_table(model, choice.films, before + _other_films(choice.ids[0], model.id, choice.films))
    st.caption("Sensitivity and specificity at the card's operating point, chosen on val. Findings of fewer than "
               f"{FEWEST} positives are pale: no claim. DeLong takes films as independent; films of one patient are "
               "not, so the interval by patient is the one to cite.")
    if len(choice.ids) == 2:
        _show_comparison(choice)
    elif len(choice.ids) > 2:
        st.caption("Choose exactly two models to compare them by DeLong's test.")


def _show_table(model: Shown, films: str, before: str) -> None:
    """One row a finding; those with too few positives are pale."""
    told = measured.rows(model.digest, model.id, films, complete=False)
    show_table(HEADS, worth_cells(told), f"figures {model.id} {films}", [not one.claims for one in told], before)


def _other_films(first: str, model_id: str, films: str) -> str:
    """A mark on figures of other films than the first model's: they do not belong in one comparison."""
    ours, theirs = (stored.results(one, films).names for one in (first, model_id))
    if set(ours) == set(theirs):
        return ""
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
    heads = ["Finding", "+", first.id, second.id, "difference", "z", "p", "p, Holm"]
    show_table(heads, [
        [title_of(one.finding), str(one.positives), number(one.first), number(one.second), f"{one.difference:+.3f}",
         f"{one.z:.2f}", f"{one.p:.3f}", f"{one.corrected:.3f}"]
        for one in told.findings
    ], f"comparison {first.id} {second.id} {choice.films}", [one.positives < FEWEST for one in told.findings],
        f"<h2>Is one better?</h2><p class='said'>{escape(told.sentence())}</p>")
