"""How the models were trained, epoch by epoch."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from cxr_core.models.registry import all_models, find_spec
from cxr_core.models.weights import find_weights
from cxr_core.render.figures import stamped
from cxr_core.render.trust_figures import draw_histories
from cxr_core.ui.trust.choice import Choice
from cxr_core.ui.trust.figures import show_figure


def show_training(choice: Choice) -> None:
    """Loss and AUC against epochs, as each model's history has them."""
    histories = {}
    for model_id in choice.ids:
        if model_id in all_models() and (file := find_weights(find_spec(model_id)) / "history.csv").is_file():
            histories[model_id] = pd.read_csv(file)
    if not histories:
        st.info("These models came without a history of their training.")
        return
    # its stamp is the weights': no test film had a part in it
    lines = [f"{one.id} sha256 {one.digest[:8]}" for one in choice.models if one.id in histories]
    figure = stamped(draw_histories(histories, choice.colours), lines)
    show_figure(figure, "histories", "training", alt="Loss and AUC by epoch")
    st.caption("A dotted line: a new stage, of another size or rate. Losses of different recipes are not on one scale.")
