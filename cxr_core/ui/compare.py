"""The grid of the Compare page: models side by side, methods one under the other, filled while the reader looks."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial

import streamlit as st

from cxr_core.comparing.cells import BASELINE, WITH_PATH, CellMap
from cxr_core.comparing.columns import Column, all_findings, make_columns
from cxr_core.comparing.work import Made, Task
from cxr_core.errors import CxrError
from cxr_core.explain.baselines import BASELINES
from cxr_core.findings import title_of
from cxr_core.geometry import Box
from cxr_core.imaging.gate import GateReport
from cxr_core.imaging.radiograph import Radiograph
from cxr_core.methods import METHODS, SHORT, SIGNED
from cxr_core.models.card import Card
from cxr_core.models.clinical import ClinicalInputs
from cxr_core.models.registry import find_spec
from cxr_core.ui import compare_words as words
from cxr_core.ui import background, compare_work, resources
from cxr_core.ui.compare_work import CellKey
from cxr_core.ui.films import Film
from cxr_core.ui.patient import patient_form
from cxr_core.ui.viewer import Overlay
from cxr_core.ui.viewer.grid import CellView, Head, Row, film_grid, send_cells
from cxr_core.ui.words import warning
from cxr_core.words import brief

OWN_FIRST = "Each model's own first"
_METHODS = ("ig", "grad_cam")
_BASELINES = {name: name.capitalize() for name in BASELINES} | {"all": "Mean of all four"}
_EVERY = 1.2  # s between two looks at what the worker has made; each holds the interpreter for a tenth of that
_AGAIN = 5.0  # s for which a new map is sent again: the browser may take two messages for one


@dataclass(frozen=True)
class Choice:
    """What is compared: the columns, the methods, where their paths begin; and the models without the finding."""

    columns: tuple[Column, ...]
    methods: tuple[str, ...]
    without: tuple[str, ...]
    told: ClinicalInputs | None = None
    baseline: str = BASELINE


@dataclass(frozen=True)
class Cell:
    """A place in the grid.

    `gate` is what was found of the film before this model, `card` the model's, None where it cannot be read; `refused`
    says why nothing is drawn: for either reason. `asked` is the finding that was asked for, where the model's is near.
    """

    key: CellKey
    gate: GateReport
    card: Card | None
    refused: str = ""
    asked: str | None = None

    @property
    def place(self) -> str:
        """Where it stands, whatever the film and the finding: a choice of it holds while other models come and go."""
        return f"{self.key.model_id} {self.key.method}"

    @property
    def title(self) -> str:
        """The model's title."""
        return find_spec(self.key.model_id).title

    @property
    def is_stopped(self) -> bool:
        """Whether the reader cancelled it before it was made."""
        return background.work().is_stopped(self.key)

    @property
    def made(self) -> Made:
        """What there is of it; a film that is refused for this model is not drawn."""
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


def forget_unless(key: str, offered: Collection[str]) -> None:
    """Forget a stored choice that is no longer offered, so that its widget begins anew and does not fail."""
    if st.session_state.get(key) not in offered:
        st.session_state.pop(key, None)


def choose_map(label: str, cells: Sequence[Cell], begin: int = 0, *, key: str, width: int | str = "stretch") -> int:
    """Let the reader choose one of the maps; gives its place among the cells."""
    named = dict(zip((cell.place for cell in cells), names_of(cells), strict=True))
    forget_unless(key, named)
    chosen = st.selectbox(label, list(named), begin, key=key, format_func=named.get, width=width,
                          persist_state="session")
    return list(named).index(chosen)


def choose(film: Film, radiograph: Radiograph, models: list[str]) -> Choice:
    """The page's choices: finding, models, methods; and the patient, where a model is told of one."""
    specs = [find_spec(model_id) for model_id in models]
    findings = ["", *all_findings(specs)]
    _carry_finding(film, findings)
    forget_unless("compare_finding", findings)  # carried here from a page of other findings
    named = brief({spec.id: spec.title for spec in specs})
    with st.container(horizontal=True, vertical_alignment="bottom", key="choice"):
        finding = st.selectbox("Finding", findings, key="compare_finding", width=210, persist_state="session",
                               format_func=lambda one: title_of(one) or OWN_FIRST)
        chosen = st.multiselect("Models", models, resources.best_models(), key="compare_models",
                                persist_state="session", format_func=named.get, placeholder="Choose a model")
        methods = st.multiselect("Methods", list(METHODS), list(_METHODS), key="compare_methods", width=354,
                                 persist_state="session", format_func=METHODS.get, placeholder="Choose a method")
        baseline = BASELINE
        if set(methods) & set(WITH_PATH):
            baseline = st.selectbox("Baseline", list(_BASELINES), key="compare_baseline", width=150,
                                    persist_state="session", format_func=_BASELINES.get,
                                    help="The film that stands for nothing, where the paths of a method begin.")
        told = _told(film, radiograph, chosen)
    columns, without = make_columns(
        [find_spec(one) for one in models if one in chosen], finding or None
    )
    return Choice(columns, tuple(one for one in METHODS if one in methods), tuple(spec.title for spec in without), told,
                  baseline)


def _carry_finding(film: Film, findings: Sequence[str]) -> None:
    """Begin with the finding that was chosen on the Read page, once for each choice there."""
    state = st.session_state
    chosen, carried = state.get("finding_of", {}).get(film.sha256), state.setdefault("compare_carried", {})
    if chosen in findings and chosen != carried.get(film.sha256):
        state["compare_finding"] = chosen
    carried[film.sha256] = chosen


def _told(film: Film, radiograph: Radiograph, models: list[str]) -> ClinicalInputs | None:
    """What clinical models are told of the patient: the tags, and the reader's own words over them."""
    clinical = [model_id for model_id in models if find_spec(model_id).clinical]
    if not clinical:
        return None
    cards = [_card(model_id)[0] for model_id in clinical]
    card = next((one.clinical for one in cards if one is not None and one.clinical is not None), None)
    tags = ClinicalInputs.from_tags(radiograph)
    return tags if card is None else patient_form(film.sha256, tags, card)


def _card(model_id: str) -> tuple[Card | None, str]:
    """A model's card, or why it cannot be read: one bad card keeps no other model from being compared."""
    try:
        return resources.card_of(model_id), ""
    except CxrError as problem:
        return None, str(problem)


def cells_of(choice: Choice, film: Film, radiograph: Radiograph, anyway: bool) -> list[list[Cell]]:
    """The grid: a row for each method."""
    columns = [_cells_of_column(choice, column, film, radiograph, anyway) for column in choice.columns]
    return [list(row) for row in zip(*columns, strict=True)]


def _cells_of_column(choice: Choice, column: Column, film: Film, radiograph: Radiograph, anyway: bool) -> list[Cell]:
    card, problem = _card(column.model_id)
    gate = resources.gate(film.sha256, radiograph, find_spec(column.model_id).size)
    if not problem and not anyway and gate.status == "refused":
        problem = "Not scored. " + " ".join(reason.text for reason in gate.reasons if reason.refuses)
    digest = "" if card is None else card.digest
    return [
        Cell(compare_work.key_of(film.sha256, column, digest, method, choice.told, anyway, choice.baseline), gate, card,
             problem, column.asked)
        for method in choice.methods
    ]


def care(cells: Sequence[Cell], film: Film, anyway: bool) -> None:
    """Say what is to be read with care."""
    reports = {cell.title: cell.gate for cell in cells}
    cards = {cell.title: cell.card for cell in cells if cell.card is not None}
    for line in words.care(reports, cards, phantom=film.is_phantom, anyway=anyway):
        st.html(warning(line))


def grid(
    choice: Choice, rows: list[list[Cell]], radiograph: Radiograph, drawn: tuple[Box, ...], beside: Sequence[Task] = ()
) -> None:
    """Show the grid, set the work going (and what is to be made `beside` it), and keep the page told of it."""
    work = background.work()
    cells = [cell for row in rows for cell in row]
    work.want([compare_work.task(cell.key, radiograph) for cell in cells if not cell.refused] + list(beside))
    with st.container(key="making"):
        st.fragment(partial(_told_of, cells, radiograph, drawn), run_every=_EVERY if work.is_busy else None)()
    named = brief({column.model_id: find_spec(column.model_id).title for column in choice.columns})
    film_grid(
        radiograph, [Head(named[column.model_id], column.remark) for column in choice.columns],
        [Row(METHODS[method], tuple(cell.key.name for cell in row))
         for method, row in zip(choice.methods, rows, strict=True)],
        {cell.key.name: _view(cell, drawn) for cell in cells}, key="compare_grid",
        on_again=lambda name: _again(cells, name),
    )
    if set(choice.methods) & set(SIGNED):
        st.caption("Drawn: what speaks for a finding. What speaks against it is not, and is often about as much.")


def _again(cells: Sequence[Cell], name: str) -> None:
    for cell in cells:
        if cell.key.name == name:
            background.work().retry(cell.key)


def _told_of(cells: list[Cell], radiograph: Radiograph, drawn: tuple[Box, ...]) -> None:
    """The line above the grid. It alone is drawn while maps are made; they go to the grid by themselves."""
    work = background.work()
    work.touch()
    busy = work.is_busy
    failed = sum(bool(cell.made.problem) for cell in cells)
    ready = sum(cell.made.done for cell in cells) - failed
    said = f"{ready} of {len(cells)} maps" + (f", {failed} not possible" if failed else "")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        share, checks = work.share if busy else None, all(cell.made.done or cell.is_stopped for cell in cells)
        st.html(words.making(said, share, stopped=work.is_cancelled and not busy, checks=checks), width="stretch")
        if busy:
            st.button("Cancel", key="compare_cancel", on_click=work.cancel)
        if work.is_cancelled:
            st.button("Draw the rest", key="compare_resume", on_click=work.resume)
    with st.container(key="cell_store"):
        fresh = [cell for cell in cells if not cell.made.done or time.monotonic() - cell.made.at < _AGAIN]
        views = {cell.key.name: _view(cell, drawn) for cell in fresh}
        send_cells(radiograph, views, key="compare_cells")
    if busy != st.session_state.get("compare_was_busy", busy):
        st.session_state["compare_was_busy"] = busy
        st.rerun()  # the whole page, once: what is drawn from all maps, and so that the fragment asks or stops asking
    st.session_state["compare_was_busy"] = busy


def _view(cell: Cell, drawn: tuple[Box, ...]) -> CellView:
    made = cell.made
    status = words.status_of(made, stopped=cell.is_stopped)
    if made.best is None:
        return CellView(Overlay(reference=drawn), status, made.version, note=words.note(made, status),
                        again=made.may_pass)
    best = cell.map
    return CellView(
        Overlay(best.heatmap, best.boxes, drawn, best.receipt.steps), status, made.version,
        words.score_line(best.score), best.score.held_against, words.worth_line(best.score, cell.card, best.clinical),
        words.receipt_line(best), words.gap_line(best), words.note(made, status), made.may_pass,
    )
