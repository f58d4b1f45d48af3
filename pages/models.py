"""The models: what each is, how it was made, what it is worth."""

import pandas as pd
import streamlit as st

from cxr_core.findings import title_of
from cxr_core.models.registry import MODELS
from cxr_core.models.weights import weights_folder
from cxr_core.ui import frame, resources

frame.require()
st.title("Models")
trained = resources.trained_models()
waiting = [spec.title for spec in MODELS.values() if spec.id not in trained]
if waiting:
    st.caption("Not trained yet: " + ", ".join(waiting) + ".")
if not trained:
    st.error("No model is trained yet: weights/ holds no network. Restore the folder, or train one (see the README).")
    st.stop()
model_id = st.selectbox("Model", trained, format_func=lambda one: MODELS[one].title, key="card_of")

with frame.problems_shown():
    card = resources.card_of(model_id)
    left, right = st.columns([1, 1.2], gap="large")
    with left:
        training = card.training
        st.markdown(
            f"**{card.model.title}**  \n`{card.model.id}` · {card.model.parameters:,} parameters · input "
            f"{' × '.join(map(str, card.model.input))} · {card.model.activation}  \nAfter {card.model.source}  \n"
            f"sha256 `{card.weights.sha256}`"
        )
        st.markdown(
            f"**Training.** {training.films:,} films of {training.patients:,} patients ({training.data}); "
            f"{training.epochs} epochs in {training.hours:.2f} h on {training.hardware}; {training.initialisation}; "
            f"seed {training.seed}.  \n`{training.command}`"
        )
        st.markdown("**Data.** " + " ".join(f"{s} ({l})." for s, l in zip(card.data.sources, card.data.licences)))
        st.markdown(f"**Use.** {card.use.intended}\n\n" + "\n".join(f"- {limit}" for limit in card.use.limits))
        history = weights_folder() / model_id / "history.csv"
        if history.is_file():
            curve = pd.read_csv(history).set_index("epoch")
            st.line_chart(curve[["loss", "val_loss"]], height=180)
            st.line_chart(curve["val_auc"], height=180)
    with right:
        st.markdown("**Mean AUC over the 14 findings**, 95% interval by patient")
        st.dataframe(
            pd.DataFrame([{"films": s.name, "n": s.n, "patients": s.patients, "mean AUC": s.mean_auc, "low": s.low,
                           "high": s.high, "ECE": s.ece} for s in card.subsets]),
            hide_index=True, width="stretch",
            column_config={c: st.column_config.NumberColumn(format="%.3f") for c in ("mean AUC", "low", "high", "ECE")},
        )
        st.markdown("**AUC per finding** on test; test_wide beside it")
        st.dataframe(
            pd.DataFrame([
                {"finding": title_of(f.key), **{
                    f"{name} {part}": getattr(f.figures.get(name), field, None)
                    for name in ("test", "test_wide")
                    for part, field in (("AUC", "auc"), ("low", "low"), ("high", "high"), ("+", "positives"))
                }} for f in card.findings
            ]).round(3),
            hide_index=True, width="stretch", height=35 * (len(card.findings) + 1) + 3,
        )
