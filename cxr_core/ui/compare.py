"""The grid of the Compare page: models side by side, methods one under the other, filled while the reader looks."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import streamlit as st

from cxr_core.comparing.cells import CellMap
from cxr_core.comparing.columns import Column, all_findings, make_columns
from cxr_core.comparing.work import Made, Task
from cxr_core.findings import title_of
from cxr_core.geometry import Box
from cxr_core.imaging.radiograph import Radiograph
from cxr_core.methods import METHODS, SHORT
from cxr_core.models.clinical import ClinicalInputs
from cxr_core.models.registry import find_spec
from cxr_core.ui import compare_words as words
from cxr_core.ui import background, compare_work, resources
from cxr_core.ui.compare_work import CellKey
from cxr_core.ui.films import Film
from cxr_core.ui.patient import patient_form
from cxr_core.ui.viewer import Overlay
from cxr_core.ui.viewer.grid import CellView, Head, Row, film_grid, send_cells

OWN_FIRST = "Each model's own first"
_METHODS = ("ig", "grad_cam")
_EVERY = 1.2  # s between two looks at what the worker has made; each holds the interpreter for a tenth of that
_AGAIN = 5.0  # s for which a new map is sent again: the browser may take two messages for one


@dataclass(frozen=True)
class Choice:
    """What is compared: the columns, the methods, and the models that do not know the finding."""

    columns: tuple[Column, ...]
    methods: tuple[str, ...]
    without: tuple[str, ...]
    told: ClinicalInputs | None = None


@dataclass(frozen=True)
class Cell:
    """A place in the grid."""

    key: CellKey
    refused: str

    @property
    def made(self) -> Made:
        """What there is of it; a film that the gate refuses for this model is not drawn."""
        return Made(done=True, problem=self.refused) if self.refused else compare_work.find(self.key)

    @property
    def map(self) -> CellMap | None:
        """The best map so far."""
        return self.made.best


def names_of(cells: Sequence[Cell]) -> list[str]:
    """Model and method of each cell in few words: the model's size where two are called alike without it."""
    titles = {cell.key.model_id: find_spec(cell.key.model_id).title.split(" · ") for cell in cells}
    firsts = Counter(parts[0] for parts in titles.values())
    called = {one: " · ".join(parts[:2] if firsts[parts[0]] > 1 else parts[:1]) for one, parts in titles.items()}
    return [f"{called[cell.key.model_id]} · {SHORT[cell.key.method]}" for cell in cells]


def choose(film: Film, radiograph: Radiograph, models: list[str]) -> Choice:
    """The page's choices: finding, models, methods; and the patient, where a model is told of one."""
    specs = [find_spec(model_id) for model_id in models]
    findings = ["", *all_findings(specs)]
    if st.session_state.get("compare_finding") not in findings:  # carried here from a page of other findings
        st.session_state.pop("compare_finding", None)
    with st.container(horizontal=True, vertical_alignment="bottom", key="choice"):
        finding = st.selectbox("Finding", findings, key="compare_finding", width=210, persist_state="session",
                               format_func=lambda one: title_of(one) or OWN_FIRST)
        chosen = st.multiselect("Models", models, resources.best_models(), key="compare_models",
                                persist_state="session", format_func=lambda one: find_spec(one).title,
                                placeholder="Choose a model")
        methods = st.multiselect("Methods", list(METHODS), list(_METHODS), key="compare_methods", width=380,
                                 persist_state="session", format_func=METHODS.get, placeholder="Choose a method")
        told = _told(film, radiograph, chosen)
    columns, without = make_columns(
        [find_spec(one) for one in models if one in chosen], finding or None
    )
    return Choice(columns, tuple(one for one in METHODS if one in methods), tuple(spec.title for spec in without), told)


def _told(film: Film, radiograph: Radiograph, models: list[str]) -> ClinicalInputs | None:
    """What clinical models are told of the patient: the tags, and the reader's own words over them."""
    clinical = [model_id for model_id in models if find_spec(model_id).clinical]
    if not clinical:
        return None
    card = resources.card_of(clinical[0]).clinical
    tags = ClinicalInputs.from_tags(radiograph)
    return tags if card is None else patient_form(film.sha256, tags, card)


def cells_of(choice: Choice, film: Film, radiograph: Radiograph, anyway: bool) -> list[list[Cell]]:
    """The grid: a row for each method."""
    refused = {
        column.model_id: "" if anyway else _refusal(film, radiograph, column.model_id) for column in choice.columns
    }
    return [
        [
            Cell(compare_work.key_of(film.sha256, column, method, choice.told, anyway), refused[column.model_id])
            for column in choice.columns
        ]
        for method in choice.methods
    ]


def _refusal(film: Film, radiograph: Radiograph, model_id: str) -> str:
    report = resources.gate(film.sha256, radiograph, find_spec(model_id).size)
    if report.status != "refused":
        return ""
    return "Not scored. " + " ".join(reason.text for reason in report.reasons if reason.refuses)


def grid(
    choice: Choice, rows: list[list[Cell]], radiograph: Radiograph, drawn: tuple[Box, ...], beside: Sequence[Task] = ()
) -> None:
    """Show the grid, set the work going (and what is to be made `beside` it), and keep the page told of it."""
    work = background.work()
    cells = [cell for row in rows for cell in row]
    work.want([compare_work.task(cell.key, radiograph) for cell in cells if not cell.refused] + list(beside))
    with st.container(key="making"):
        st.fragment(partial(_told_of, cells, radiograph, drawn), run_every=_EVERY if work.is_busy else None)()
    film_grid(
        radiograph, [Head(find_spec(column.model_id).title, column.remark) for column in choice.columns],
        [Row(METHODS[method], tuple(cell.key.name for cell in row))
         for method, row in zip(choice.methods, rows, strict=True)],
        {cell.key.name: _view(cell, drawn, work.is_cancelled) for cell in cells}, key="compare_grid",
    )


def _told_of(cells: list[Cell], radiograph: Radiograph, drawn: tuple[Box, ...]) -> None:
    """The line above the grid. It alone is drawn while maps are made; they go to the grid by themselves."""
    work = background.work()
    work.touch()
    busy = work.is_busy
    failed = sum(bool(cell.made.problem) for cell in cells)
    ready = sum(cell.made.done for cell in cells) - failed
    said = f"{ready} of {len(cells)} maps" + (f", {failed} not possible" if failed else "")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        share, checks = work.share if busy else None, ready + failed == len(cells)
        st.html(words.making(said, share, stopped=work.is_cancelled, checks=checks), width="stretch")
        if busy:
            st.button("Cancel", key="compare_cancel", on_click=work.cancel)
        elif work.is_cancelled:
            st.button("Draw the rest", key="compare_resume", on_click=work.resume)
    with st.container(key="cell_store"):
        fresh = [cell for cell in cells if not cell.made.done or time.monotonic() - cell.made.at < _AGAIN]
        views = {cell.key.name: _view(cell, drawn, work.is_cancelled) for cell in fresh}
        send_cells(radiograph, views, key="compare_cells")
    if busy != st.session_state.get("compare_was_busy", busy):
        st.session_state["compare_was_busy"] = busy
        st.rerun()  # the whole page, once: what is drawn from all maps, and so that the fragment asks or stops asking
    st.session_state["compare_was_busy"] = busy


def _view(cell: Cell, drawn: tuple[Box, ...], stopped: bool) -> CellView:
    made = cell.made
    status = words.status_of(made, stopped=stopped)
    if made.best is None:
        return CellView(Overlay(reference=drawn), status, made.version, note=words.note(made, status))
    best = cell.map
    return CellView(
        Overlay(best.heatmap, best.boxes, drawn, best.receipt.steps), status, made.version,
        words.score_line(best.score), words.receipt_line(best), words.gap_line(best), words.note(made, status),
    )
