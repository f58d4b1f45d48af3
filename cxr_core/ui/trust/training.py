"""How the models were trained, epoch by epoch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from cxr_core.evaluation.sheets import Sheet
from cxr_core.evaluation.stamp import Stamp
from cxr_core.render.figures import stamped
from cxr_core.render.trust_figures import draw_histories
from cxr_core.ui import stored
from cxr_core.ui.trust.choice import Choice, Shown
from cxr_core.ui.trust.saving import save_sheet
from cxr_core.ui.trust.figures import show_figure
from cxr_core.ui.trust.history import history_of, read_history


def show_training(choice: Choice) -> None:
    """Loss, AUC and accuracy against epochs, as each model's history has them."""
    show_histories(choice.models)


def show_histories(models: Sequence[Shown]) -> None:
    """The same of any models."""
    files = {one.id: (str(file), file.stat().st_mtime_ns) for one in models if (file := history_of(one.id))}
    if not files:
        st.info("These models came without a history of their training.")
        return
    histories, figure = _drawn(tuple(files.items()), tuple(models))
    show_figure(figure, "histories", "training", alt="Loss, AUC and accuracy by epoch")
    for one in models:
        if one.id in histories:
            save_sheet(_sheet(histories[one.id]), f"training {one.id}", [_stamp(one)], f"The epochs of {one.id} as CSV",
                       f"CSV, {one.id}")
    lacking = [stored.title(one.id) for one in models if one.id not in histories]
    st.caption("A dotted line in a model's colour: a new stage of its training, of another size or rate. Losses of "
               "different recipes are not on one scale."
               + (f" Without a history of training: {', '.join(lacking)}." if lacking else ""))


def _sheet(history: pd.DataFrame) -> Sheet:
    return Sheet(tuple(history.columns), tuple(history.itertuples(index=False, name=None)))


def _stamp(model: Shown) -> Stamp:
    """Whose epochs these are; of films nothing is known here but that they were train's and val's."""
    return Stamp(model.id, model.weights, "train and val", 0, 0, "", "", None, "")


@st.cache_resource(max_entries=16, show_spinner=False)
def _drawn(
    files: tuple[tuple[str, tuple[str, int]], ...], models: tuple[Shown, ...]
) -> tuple[dict[str, pd.DataFrame], go.Figure]:
    """The histories of these files, and their figure; its stamp is the weights': no test film had a part in it."""
    histories = {model_id: read_history(Path(file)) for model_id, (file, _) in files}
    lines = [f"{one.id} sha256 {one.weights[:8]}" for one in models if one.id in histories]
    return histories, stamped(draw_histories(histories, {one.id: one.colour for one in models}), lines)
