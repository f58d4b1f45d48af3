"""The films behind a cell of the confusion counts, and a sample of all."""

from __future__ import annotations

import numpy as np
import streamlit as st

from cxr_core.evaluation.behind import Cell, films_behind
from cxr_core.evaluation.results import Results
from cxr_core.evaluation.sheets import Sheet
from cxr_core.findings import title_of
from cxr_core.ui import stored
from cxr_core.ui.resources import MODEL_WIDTH
from cxr_core.ui.tables import three_digits
from cxr_core.ui.trust.choice import Choice
from cxr_core.ui.trust.film_list import Listed, about, page_of, show_films
from cxr_core.ui.trust.threshold import Drawn

state = st.session_state
_ORDER = {
    Cell.false_alarm: "called without having it, the highest score first",
    Cell.missed: "with the finding and not called, the lowest score first",
    Cell.found: "with the finding and called, the lowest score first",
    Cell.cleared: "without it and not called, the highest score first",
}
_MOST = 4  # scores in a row of the sample


def show_behind(choice: Choice, drawn: Drawn) -> None:
    """The films of the cell that was clicked, the worst first."""
    cell = state.get("cell")
    if cell is None:
        st.caption("Click a count to see its films, the worst first; a click on the curve sets the threshold there.")
        return
    told = stored.results(drawn.model_id, choice.films)
    column = told.column(choice.finding)
    places = films_behind(told.labels[:, column], told.probability[:, column], drawn.threshold, cell)
    title = title_of(choice.finding)
    st.html(f"<h2 class='films'>{title}: {len(places):,} {cell}{'s' if cell == Cell.false_alarm else ''}</h2>"
            f"<p class='films'>{_ORDER[cell]}; threshold {three_digits(drawn.threshold)} of "
            f"{stored.title(drawn.model_id)}</p>")
    if not len(places):
        st.info("No film stands here at this threshold.")
        return
    key = f"behind {cell.name} {len(places)}"
    listed = [_listed(told, place, three_digits(told.probability[place, column]))
              for place in places[page_of(key, len(places))]]
    show_films(listed, len(places), key, stored.model_of(drawn.model_id), choice.finding,
               scores=f"Score of {title}")
    st.download_button(
        "All of these films as CSV", lambda: _sheet(told, places, column).to_csv(choice.stamps),
        f"{cell.name}-{choice.finding}-{drawn.model_id}.csv", "text/csv", on_click="ignore", type="tertiary",
        key="save films",
    )


def _sheet(told: Results, places: np.ndarray, column: int) -> Sheet:
    """Films as rows, in their order."""
    rows = []
    for place in places:
        film = told.films.iloc[place]
        labels = "|".join(key for key, label in zip(told.findings, told.labels[place], strict=True) if label == 1)
        rows.append((told.model_id, told.findings[column], str(film["image"]), str(film["patient"]), float(film["age"]),
                     str(film["sex"]), str(film["view"]), float(told.probability[place, column]), labels))
    return Sheet(("model", "finding", "image", "patient", "age", "sex", "view", "probability", "has"), tuple(rows))


@st.fragment
def show_sample(choice: Choice) -> None:
    """Films drawn by chance, labels beside probabilities."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        model_id = st.selectbox("Model", choice.ids, key="sample_model", format_func=stored.title, width=MODEL_WIDTH,
                                persist_state="session")
        which = st.segmented_control("Films", ["all", "with the finding"], default="all", key="sample_which",
                                     required=True, persist_state="session",
                                     help=f"The finding is {title_of(choice.finding)}, chosen above.")
        st.button("Draw others", key="sample_again", on_click=_draw_others)
    told = stored.results(model_id, choice.films)
    rows = np.arange(len(told))
    if which != "all" and choice.finding in told.findings:
        rows = rows[told.labels[:, told.column(choice.finding)] == 1]
    places = np.random.default_rng(state.get("sample_seed", 0)).permutation(rows)
    key = f"sample {state.get('sample_seed', 0)} {len(places)}"
    listed = [_listed(told, place, _scores(told, place)) for place in places[page_of(key, len(places))]]
    if not listed:
        st.info("No film stands here.")
        return
    show_films(listed, len(places), key, stored.model_of(model_id), scores="Scores, ✓ where the label says so")
    st.caption(f"Drawn by chance of {len(places):,} films. Probabilities are calibrated, the highest first.")


def _draw_others() -> None:
    state["sample_seed"] = state.get("sample_seed", 0) + 1


def _scores(told: Results, place: int) -> str:
    """The highest probabilities of a film, and those of its labels."""
    order = np.argsort(-told.probability[place], kind="stable")
    shown = [c for rank, c in enumerate(order) if rank < _MOST or told.labels[place, c] == 1]
    return " · ".join(
        f"{title_of(told.findings[c])} {told.probability[place, c]:.0%}{' ✓' if told.labels[place, c] == 1 else ''}"
        for c in shown
    )


def _listed(told: Results, place: int, scores: str) -> Listed:
    row = told.films.iloc[place]
    return Listed(str(row["image"]), str(row["path"]), *about(told, place), scores)
