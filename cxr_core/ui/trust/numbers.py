"""The figures of all findings: small curves, a table a model, and two models compared."""

from __future__ import annotations

from html import escape

import streamlit as st

from cxr_core.evaluation.curves import FEWEST
from cxr_core.findings import title_of
from cxr_core.ui import stored
from cxr_core.ui.tables import number, percent, span
from cxr_core.ui.trust.choice import Choice, Shown
from cxr_core.ui.trust.downloads import show_table
from cxr_core.ui.trust.figures import grid_figure, show_figure

HEADS = ("Finding", "n", "+", "AUC", "95% by patient", "95% DeLong", "AUPRC", "sens.", "spec.", "Brier", "ECE")


def show_findings(choice: Choice) -> None:
    """A small ROC and a row of figures for every finding."""
    show_figure(grid_figure(choice.of_all), "grid", f"roc-all-{choice.films}", alt="A small ROC of every finding")
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
    told = stored.rows(model.digest, model.id, films)
    show_table(HEADS, [
        [title_of(one.finding), f"{one.n:,}", str(one.positives), number(one.auc), span(*one.by_patient),
         span(*one.delong), number(one.average_precision), percent(one.sensitivity), percent(one.specificity),
         number(one.brier), number(one.ece)]
        for one in told
    ], f"figures {model.id} {films}", [not one.claims for one in told], before)


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
    told = stored.comparison((first.digest, second.digest), first.id, second.id, choice.films)
    heads = ["Finding", "+", first.id, second.id, "difference", "z", "p", "p, Holm"]
    show_table(heads, [
        [title_of(one.finding), str(one.positives), number(one.first), number(one.second), f"{one.difference:+.3f}",
         f"{one.z:.2f}", f"{one.p:.3f}", f"{one.corrected:.3f}"]
        for one in told.findings
    ], f"comparison {first.id} {second.id} {choice.films}", [one.positives < FEWEST for one in told.findings],
        f"<h2>Is one better?</h2><p class='said'>{escape(told.sentence())}</p>")
