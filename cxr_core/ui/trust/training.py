"""How the models were trained, epoch by epoch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from textwrap import wrap

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from cxr_core.evaluation.sheets import Sheet
from cxr_core.evaluation.stamp import WIDTH, Stamp
from cxr_core.render.figures import stamped
from cxr_core.render.trust_figures import draw_histories
from cxr_core.ui import resources, stored
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
    st.caption("Dash-dotted: mean AUC of val within a view. A dotted line in a model's colour: a new stage of its "
               "training, of another size or rate. What ships is the last stage's best epoch, on val. Losses of "
               "different recipes are not on one scale."
               + (f" Without a history of training: {', '.join(lacking)}." if lacking else ""))


def _sheet(history: pd.DataFrame) -> Sheet:
    return Sheet(tuple(history.columns), tuple(history.itertuples(index=False, name=None)))


def _stamp(model: Shown) -> Stamp:
    """Whose epochs these are, and on which films: as the model's card has it, and labels and date as the stored results
    of these weights do, which are made as the training ends."""
    card, scored = resources.card_of(model.id), stored.whole(model.id)
    films, weights = card.training, card.weights.sha256
    made = scored.provenance if stored.scored_by(model.id) == weights else None
    return Stamp(model.id, weights, "train", films.films, films.patients, films.split_digest,
                 scored.label_version if made else "", films.patients, made.date[:10] if made else "")


@st.cache_resource(max_entries=16, show_spinner=False)
def _drawn(
    files: tuple[tuple[str, tuple[str, int]], ...], models: tuple[Shown, ...]
) -> tuple[dict[str, pd.DataFrame], go.Figure]:
    """The histories of these files, and their figure, stamped with the films of train: no test film has a part."""
    histories = {model_id: read_history(Path(file)) for model_id, (file, _) in files}
    lines = [line for one in models if one.id in histories for line in _lines(_stamp(one))]
    return histories, stamped(draw_histories(histories, {one.id: one.colour for one in models}), lines)


def _lines(stamp: Stamp) -> list[str]:
    """A model beside the films that it learned from, which are not those of the next."""
    scored = f", scored {stamp.date}" if stamp.date else ""
    return wrap(f"{stamp.model} sha256 {stamp.digest[:8]}{scored}, on {stamp.of_films}", WIDTH)
