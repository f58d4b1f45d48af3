"""How far to trust each model: ROC curves and what follows from them, from stored results."""

from html import escape

import numpy as np
import streamlit as st

from cxr_core.evaluation.calibration import reliability
from cxr_core.evaluation.curves import FEWEST, precision_recall
from cxr_core.evaluation.operating import consequences
from cxr_core.findings import title_of
from cxr_core.render import figures
from cxr_core.ui import frame, resources, stored, trust
from cxr_core.ui.tables import html_table

frame.require()
SAYS = {
    "test": "part of the official NIH test list", "test natural": "the slice of test at natural prevalence",
    "test picked": "the slice of test that was picked for findings and boxes", "test_wide": "other patients, few films each",
}
QUIET = {"displayModeBar": False}
BELOW = ("All findings", "Groups of people", "Published figures", "Training", "Drawn boxes")


def percent(value: float) -> str:
    return "–" if np.isnan(value) else f"{value:.1%}"


def number(value: float) -> str:
    return "–" if np.isnan(value) else f"{value:.3f}"


def span(low: float, high: float) -> str:
    return "–" if np.isnan(low) else f"{low:.3f}–{high:.3f}"


def table_of(model_id: str, digest: str, films: str) -> str:
    """One row a finding; those with too few positives are pale."""
    told = stored.rows(digest, model_id, films)
    heads = ["Finding", "n", "+", "AUC", "95% by patient", "95% DeLong", "AUPRC", "sens.", "spec.", "Brier", "ECE"]
    return html_table(heads, [
        [title_of(one.finding), f"{one.n:,}", str(one.positives), number(one.auc), span(*one.by_patient), span(*one.delong),
         number(one.average_precision), percent(one.sensitivity), percent(one.specificity), number(one.brier), number(one.ece)]
        for one in told
    ], pale=[not one.claims for one in told])


def other_films(model_id: str) -> str:
    """A mark on figures of other films than the first model's: they do not belong in one comparison."""
    ours, theirs = (stored.results(one, films).names for one in (chosen[0], model_id))
    if set(ours) == set(theirs):
        return ""
    shared = len(set(ours) & set(theirs))
    first = escape(stored.title(chosen[0]))
    return f"<p class='care'>Other films than {first}: {shared:,} of these {len(theirs):,} are the same.</p>"


available = stored.names()
st.html("<h1 class='page'>Performance</h1>")
if not available:
    st.error("No model has stored results. Ship one: python -m cxr_core ship MODEL.")
    st.stop()
with st.sidebar:
    sets = stored.sets()
    captions = [SAYS.get(name, "of evaluated or imported results") for name in sets]
    films = st.radio("Films", sets, key="subset", captions=captions)
for problem in stored.broken():
    st.warning(problem)
available = stored.names(films)
if not available:
    st.info("No results hold films of this set. Choose another at the side.")
    st.stop()
top = st.columns([1, 3.4], vertical_alignment="center", gap="small")
chosen = top[1].multiselect("Models", available, default=available[:4], key="models", label_visibility="collapsed",
                            placeholder="Models", format_func=stored.title)
if not chosen:
    st.info("Choose a model above to see its curves.")
    st.stop()

with frame.problems_shown():
    digests = {model_id: stored.digest(model_id) for model_id in chosen}
    colours = {model_id: figures.colour_of(model_id, stored.coloured()) for model_id in chosen}
    findings = list(dict.fromkeys(key for model_id in chosen for key in stored.results(model_id, films).findings))
    first = stored.results(chosen[0], films)
    finding = top[0].selectbox("Finding", findings, key="of", format_func=title_of, label_visibility="collapsed")
    known = [f"{films}: {len(first):,} films of {len(np.unique(first.patients)):,} patients", first.label_version,
             *(f"{model_id} {digest[:8]}" for model_id, digest in digests.items())]
    st.html('<div class="chips">' + "".join(f"<span>{escape(one)}</span>" for one in known) + "</div>")

    having = [model_id for model_id in chosen if stored.roc(model_id, films, finding)]
    curves = {model_id: stored.roc(model_id, films, finding) for model_id in having}
    columns = {model_id: (stored.results(model_id, films), stored.results(model_id, films).column(finding)) for model_id in having}
    left, right = st.columns([1.15, 1], gap="medium")
    if not having:
        left.info(f"No curve: these films hold no {title_of(finding)}, or nothing else.")
    else:
        with left:
            roc_tab, pr_tab, reliability_tab = st.tabs(["ROC", "Precision and recall", "Calibration"])
            bands = {model_id: stored.band(digests[model_id], model_id, films, finding) for model_id in having}
            roc_tab.plotly_chart(figures.draw_roc(curves, colours, bands), key="roc", config=QUIET)
            lines = {m: precision_recall(t.labels[:, c], t.probability[:, c]) for m, (t, c) in columns.items()}
            prevalence = curves[having[0]].positives / curves[having[0]].n
            pr_tab.plotly_chart(figures.draw_precision_recall(lines, prevalence, colours), key="pr", config=QUIET)
            bins = {m: reliability(t.labels[:, c], t.probability[:, c]) for m, (t, c) in columns.items()}
            reliability_tab.plotly_chart(figures.draw_reliability(bins, colours), key="reliability", config=QUIET)
        with right:
            st.html("<h2>What a threshold leads to</h2>")
            judged = having[0] if len(having) == 1 else st.segmented_control(
                "Model", having, default=having[0], key="judged", required=True, format_func=stored.title)
            told, column = columns[judged]
            curve, point = curves[judged], stored.operating_point(judged, finding)
            rules = ["operating point of the card", "sensitivity of at least", "specificity of at least"]
            rule = st.selectbox("Threshold", rules if point is not None else rules[1:], key="rule")
            if rule != "operating point of the card":
                least = st.slider("At least", 50, 99, 90, key="least", format="%d%%") / 100
                sensitive = rule.startswith("sensitivity")
                fit = np.flatnonzero(curve.true >= least)[0] if sensitive else np.flatnonzero(1 - curve.false >= least)[-1]
                point = float(np.clip(curve.thresholds[fit], 0, 1))
            wanted = st.number_input("Prevalence where you read, in percent", 0.1, 99.0, round(100 * prevalence, 1), 0.5, key=f"prevalence {films} {finding}")
            led = consequences(told.labels[:, column], told.probability[:, column], point, wanted / 100)
            st.html(html_table(["", "called", "not called"], [
                ["with the finding", f"{led.true_positive:,}", f"{led.false_negative:,}"],
                ["without it", f"{led.false_positive:,}", f"{led.true_negative:,}"],
            ]) + f"<p class='said'>At a threshold of <b>{point:.3f}</b>: sensitivity <b>{percent(led.sensitivity)}</b>, specificity "
                 f"<b>{percent(led.specificity)}</b>. At a prevalence of <b>{wanted:.1f}%</b> a film called positive is truly so in "
                 f"<b>{percent(led.positive_value)}</b> (PPV); one called negative is free of it in <b>{percent(led.negative_value)}</b> (NPV)."
                 + ("" if np.isnan(led.needed) else f" {led.needed:.1f} called films are read to find one.") + "</p>")
            if rule != "operating point of the card":
                st.caption("This threshold was set on the very films it is measured on: expect less elsewhere.")
            if curve.positives < FEWEST:
                st.caption(f"Only {curve.positives} positives: these figures support no claim.")

    below = st.segmented_control("Look closer", BELOW, default=BELOW[0], key="below", required=True, label_visibility="collapsed")
    if below == "Groups of people":
        trust.show_groups(chosen, colours, films, finding)
    elif below == "Published figures":
        trust.show_published(chosen, films)
    elif below == "Training":
        trust.show_training(chosen, colours)
    elif below == "Drawn boxes":
        trust.show_boxes(chosen)
    if below != BELOW[0]:
        st.stop()
    grid = {key: {m: c for m in chosen if (c := stored.roc(m, films, key))} for key in findings}
    st.plotly_chart(figures.draw_roc_grid(grid, colours), key="grid", config=QUIET)
    for model_id in chosen:
        st.html(f"<h2><i class='swatch' style='background:{colours[model_id]}'></i>{escape(stored.title(model_id))}</h2>" + other_films(model_id)
                + table_of(model_id, digests[model_id], films))
    st.caption(f"Sensitivity and specificity at the card's operating point, chosen on val. Findings of fewer than {FEWEST} positives are "
               "pale: no claim. DeLong takes films as independent; films of one patient are not, so the interval by patient is the one to cite.")
    if len(chosen) == 2 and not stored.share(*chosen, films):
        st.caption("These two have no film in common: their figures cannot be compared.")
    elif len(chosen) == 2:
        told = stored.comparison((digests[chosen[0]], digests[chosen[1]]), chosen[0], chosen[1], films)
        st.html(f"<h2>Is one better?</h2><p class='said'>{escape(told.sentence())}</p>" + html_table(
            ["Finding", "+", chosen[0], chosen[1], "difference", "z", "p", "p, Holm"],
            [[title_of(one.finding), str(one.positives), number(one.first), number(one.second), f"{one.difference:+.3f}", f"{one.z:.2f}",
              f"{one.p:.3f}", f"{one.corrected:.3f}"] for one in told.findings],
            pale=[one.positives < FEWEST for one in told.findings],
        ))
    elif len(chosen) > 2:
        st.caption("Choose exactly two models to compare them by DeLong's test.")
