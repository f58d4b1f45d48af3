"""How the models were trained, epoch by epoch."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from cxr_core.evaluation.sheets import Sheet
from cxr_core.models.registry import EXPERIMENTS, all_models, find_spec
from cxr_core.models.weights import find_weights, weights_folder
from cxr_core.render.figures import stamped
from cxr_core.render.trust_figures import draw_histories
from cxr_core.ui.trust.choice import Choice
from cxr_core.ui.trust.downloads import save_sheet
from cxr_core.ui.trust.figures import show_figure


def show_training(choice: Choice) -> None:
    """Loss and AUC against epochs, as each model's history has them."""
    files = {}
    for model_id in choice.ids:
        if model_id in EXPERIMENTS:
            folder = weights_folder() / model_id
        elif model_id in all_models():
            folder = find_weights(find_spec(model_id))
        else:
            continue
        if (file := folder / "history.csv").is_file():
            files[model_id] = (str(file), file.stat().st_mtime_ns)
    if not files:
        st.info("These models came without a history of their training.")
        return
    histories, figure = _drawn(tuple(files.items()), choice.of_all)
    show_figure(figure, "histories", "training", alt="Loss and AUC by epoch")
    for name, history in histories.items():
        save_sheet(Sheet(tuple(history.columns), tuple(history.itertuples(index=False, name=None))), f"training {name}",
                   f"The epochs of {name} as CSV", f"CSV, {name}")
    st.caption("A dotted line: a new stage, of another size or rate. Losses of different recipes are not on one scale.")


@st.cache_resource(max_entries=16, show_spinner=False)
def _drawn(files: tuple[tuple[str, tuple[str, int]], ...], choice: Choice) -> tuple[dict[str, pd.DataFrame], go.Figure]:
    """The histories of these files, and their figure; its stamp is the weights': no test film had a part in it."""
    histories = {model_id: pd.read_csv(file) for model_id, (file, _) in files}
    lines = [f"{one.id} sha256 {one.digest[:8]}" for one in choice.models if one.id in histories]
    return histories, stamped(draw_histories(histories, choice.colours), lines)
