"""The models: what each is, how it was made, what it is worth."""

from html import escape

import streamlit as st

from cxr_core.evaluation.published import figures_of
from cxr_core.evaluation.results import FILE
from cxr_core.findings import title_of
from cxr_core.models.card import shortcut_audit
from cxr_core.models.registry import MODELS, find_spec
from cxr_core.ui import frame, resources, stored
from cxr_core.ui.card_worth import effects_table, findings_table, worth_table
from cxr_core.ui.classes import worth_of_classes
from cxr_core.ui.trust.choice import shown
from cxr_core.ui.trust.history import history_of
from cxr_core.ui.trust.training import show_histories
from cxr_core.ui.words import warning

frame.require()
trained = resources.trained_models()
waiting = [spec.title for spec in MODELS.values() if spec.id not in trained]
if not trained:
    st.title("Models")
    st.error("No model is trained yet: weights/ holds no network. Restore the folder, or train one (see the README).")
    st.stop()
st.html("<h1 class='page'>Models</h1>")
top = st.columns([1.6, 3], vertical_alignment="center", gap="small")
model_id = top[0].selectbox("Model", [*trained, *resources.experiments()], key="card_of", label_visibility="collapsed",
                            format_func=lambda one: find_spec(one).title)

with frame.problems_shown():
    card, spec, paper = resources.card_of(model_id), find_spec(model_id), figures_of(model_id.removesuffix("-leaky"))
    model, training = card.model, card.training
    known = [model.id, f"{model.parameters:,} parameters", " × ".join(map(str, model.input)) + " px", model.activation,
             "experiment, no weights" if spec.leaky else f"sha256 {card.weights.sha256[:8]}"]
    top[1].html('<div class="chips">' + "".join(f"<span>{escape(one)}</span>" for one in known) + "</div>")
    if spec.leaky:
        st.warning(f"An experiment, no model to read with. {card.use.limits[0]}")
    left, right = st.columns([1, 1.35], gap="large")
    with left, st.container(key="card"):
        st.markdown(f"**Where it comes from.** {model.source}.")
        if card.origin:
            outputs = ", ".join(title_of(key) for key in card.origin.outputs)
            st.markdown(f"**Imported** from `{card.origin.file}` (sha256 `{card.origin.sha256[:12]}`) as "
                        f"{card.origin.architecture}. Its outputs in order, {card.origin.outputs_from}: {outputs}.")
        st.markdown(
            "**Training.** Unknown." if training is None else
            f"**Training.** {training.films:,} films of {training.patients:,} patients ({training.data}); "
            f"{training.epochs} epochs in {training.hours:.2f} h on {training.hardware}; {training.initialisation}; "
            f"seed {training.seed}.  \n`{training.command}`"
        )
        st.markdown("**Data.** " + " ".join(f"{s} ({l})." for s, l in zip(card.data.sources, card.data.licences)))
        st.markdown(f"**Use.** {card.use.intended}\n\n" + "\n".join(f"- {limit}" for limit in card.use.limits))
        st.caption("Weights: not shipped." if spec.leaky else f"Weights: sha256 `{card.weights.sha256}`")
    with right:
        if card.classes:
            st.html(worth_of_classes(model_id, card.classes))
        elif (audit := shortcut_audit(spec, card)) is not None:
            st.html(warning(audit.in_words))
        if not card.subsets:
            st.html("<h2>Measured performance</h2><p class='said'>Unknown: no test figures come with these weights, no "
                    "calibration and no operating points. Its scores are the network's own outputs.</p>")
            st.stop()
        st.html("<h2>Measured performance</h2>" + worth_table(card, paper))
        results = resources.folder_of(model_id) / FILE
        if results.is_file() and (terms := stored.paper_terms(model_id, "test")):
            lines = "".join(f"<p class='said'>{escape(one)}</p>" for one in terms)
            st.html("<h2>In its paper's own terms</h2>" + lines)
        st.html("<h2>Per finding, AUC and positives</h2>" + findings_table(card, paper))
        if card.clinical is not None and card.clinical.effects:
            st.html("<h2>How the scores move with what is told of the patient</h2>" + effects_table(card))
            st.caption("Change of the calibrated probability in percentage points, all else as it is, mean over the "
                       "films of val. What is not known counts as the mean of the training films.")
    if history_of(model_id):
        st.html("<h2>Training</h2>")
        show_histories([shown(model_id)])
    if waiting:
        st.caption("Registered, not trained yet: " + ", ".join(waiting) + ".")
