"""The models: what each is, how it was made, what it is worth."""

from html import escape

import streamlit as st

from cxr_core.findings import title_of
from cxr_core.models.registry import MODELS, find_spec
from cxr_core.models.weights import find_weights
from cxr_core.ui import frame, resources
from cxr_core.ui.classes import worth_of_classes
from cxr_core.ui.tables import html_table, interval

frame.require()
trained = resources.trained_models()
waiting = [spec.title for spec in MODELS.values() if spec.id not in trained]
if not trained:
    st.title("Models")
    st.error("No model is trained yet: weights/ holds no network. Restore the folder, or train one (see the README).")
    st.stop()
st.html("<h1 class='page'>Models</h1>")
top = st.columns([1.2, 3], vertical_alignment="center", gap="small")
model_id = top[0].selectbox("Model", trained, format_func=lambda one: find_spec(one).title, key="card_of",
                            label_visibility="collapsed")

with frame.problems_shown():
    card = resources.card_of(model_id)
    model, training = card.model, card.training
    known = [model.id, f"{model.parameters:,} parameters", " × ".join(map(str, model.input)) + " px", model.activation,
             f"sha256 {card.weights.sha256[:8]}"]
    top[1].html('<div class="chips">' + "".join(f"<span>{escape(one)}</span>" for one in known) + "</div>")
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
        st.caption(f"Weights: sha256 `{card.weights.sha256}`")
        history = find_weights(find_spec(model_id)) / "history.csv"
        if history.is_file():
            import pandas as pd

            curve = pd.read_csv(history).set_index("epoch")
            st.markdown("**Loss** of train and val per epoch")
            st.line_chart(curve[["loss", "val_loss"]], height=160)
            st.markdown("**Mean AUC** of val per epoch; the best epoch is what ships")
            st.line_chart(curve[[name for name in ("val_auc", "val_auc_within_view") if name in curve]], height=160)
            if "val_accuracy" in curve:
                st.markdown("**Accuracy** of train and val per epoch")
                st.line_chart(curve[["accuracy", "val_accuracy"]], height=160)
    with right:
        if card.classes:
            st.html(worth_of_classes(model_id, card.classes))
        if not card.subsets:
            st.html("<h2>What it is worth</h2><p class='said'>Unknown: no test figures come with these weights, no "
                    "calibration and no operating points. Its scores are the network's own outputs.</p>")
            st.stop()
        st.html("<h2>What it is worth</h2>" + html_table(
            ["Films", "n", "patients", "mean AUC (95% by patient)", "ECE"],
            [[s.name, f"{s.n:,}", f"{s.patients:,}", interval(s), f"{s.ece:.3f}"] for s in card.subsets],
        ))
        beside = "nih_adults" if card.classes else "test_wide"
        st.html("<h2>Per finding, AUC and positives</h2>" + html_table(
            ["Finding", "test (95% by patient)", "+", beside, "+"],
            [[title_of(f.key)] + [
                cell for name in ("test", beside) for cell in (
                    interval(f.figures.get(name)), str(f.figures[name].positives) if name in f.figures else "–",
                )
            ] for f in card.findings],
        ))
        if card.clinical is not None and card.clinical.effects:
            st.html("<h2>How the scores move with what is told of the patient</h2>" + html_table(
                ["Finding", *(effect.input for effect in card.clinical.effects)],
                [[title_of(f.key), *(f"{effect.change[row] * 100:+.1f}" for effect in card.clinical.effects)]
                 for row, f in enumerate(card.findings)],
            ))
            st.caption("Change of the calibrated probability in percentage points, all else as it is, mean over the "
                       "films of val. What is not known counts as the mean of the training films.")
    if waiting:
        st.caption("Registered, not trained yet: " + ", ".join(waiting) + ".")
