"""What a report holds beside the curves: groups of people, drawn boxes, published figures, confusion."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from html import escape

import plotly.graph_objects as go

from cxr_core.evaluation.calibration import Calibration
from cxr_core.evaluation.classes import ClassesCard, Confusion
from cxr_core.evaluation.curves import Worth
from cxr_core.evaluation.localisation import Localisation
from cxr_core.evaluation.published import PUBLISHED, accuracy_of
from cxr_core.evaluation.subgroups import Gap
from cxr_core.findings import NIH14, title_of
from cxr_core.models.card import Card
from cxr_core.render.boxes_figure import draw_hits
from cxr_core.render.classes_table import accuracy_table, audit_table, confusion_table, in_order
from cxr_core.render.html_table import html_table, number
from cxr_core.render.published_table import HEADS, LEGEND, own_cells, paper_cells, remark_on, remarks
from cxr_core.render.trust_figures import draw_accuracies, draw_confusion, draw_gaps, draw_published

Part = str | go.Figure


@dataclass(frozen=True)
class ByGroup:
    """A measure by group of people: what it is, what it says in a sentence, and how it is defined."""

    what: str
    sentence: str
    gaps: tuple[Gap, ...]
    definition: str = ""


@dataclass(frozen=True)
class OnBoxes:
    """Maps judged on drawn boxes: `methods` in order, their short `names`, and the table of means below `heads`."""

    told: Localisation
    methods: tuple[str, ...]
    names: Mapping[str, str]
    measure: str
    sentence: str
    made_of: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def groups(told: Sequence[ByGroup], colour: str) -> Iterator[Part]:
    """Is it as good for everyone?"""
    shown = [one for one in told if one.gaps]
    if not shown:
        return
    yield "<h2>Groups of people</h2>"
    for one in shown:
        yield f"<p>{escape(one.sentence)}</p>" + (f"<p>{escape(one.definition)}</p>" if one.definition else "")
        yield draw_gaps(one.gaps, colour, one.what)


def boxes(told: OnBoxes | None, colour: str) -> Iterator[Part]:
    """Do the maps lie where readers drew boxes?"""
    if told is None:
        return
    yield f"<h2>Drawn boxes</h2><p>{escape(told.sentence)}</p>"
    yield draw_hits(told.told, told.methods, told.names, told.measure, colour)
    yield html_table(told.heads, told.rows) + f"<p>{escape(told.made_of)}. Intervals are 95% by patient.</p>"


def published(name: str, films: str, rows: Sequence[Worth], colour: str) -> Iterator[Part]:
    """Figures of papers beside these, each with its split; nothing where the findings are none of NIH's."""
    if not any(one.finding in NIH14 for one in rows):
        return
    papers = sorted(PUBLISHED, key=lambda one: not one.official)
    ours, pale = own_cells(name, films, rows)
    yield "<h2>Beside published figures</h2>"
    yield draw_published({name: rows}, PUBLISHED, NIH14, {name: colour}, remarks={name: remark_on(films)})
    yield '<div class="wide">' + html_table(
        HEADS, [ours, *map(paper_cells, papers)],
        pale=[pale, *(not one.official for one in papers)],
    ) + f"</div><p>{escape(LEGEND)} {escape(remarks())}</p>"


def classes(told: Confusion | None, model: str, card: Card | None, colour: str) -> Iterator[Part]:
    """What the films of each class are called, how often that is right beside the paper's, and the shortcut audit."""
    if told is None:
        return
    yield f"<h2>Confusion</h2><p>{escape(told.in_words)}</p>"
    yield draw_confusion(told)
    yield confusion_table(told)
    if card is None:
        return
    known, paper = card.classes or ClassesCard(None), accuracy_of(model)
    if known.confusions and paper:
        yield "<h2>Accuracy beside the paper's</h2>"
        yield draw_accuracies(in_order(known), paper, colour)
        yield accuracy_table(model, known)
    yield f"<h2>Shortcut audit</h2>{audit_table(known.audit)}"


def errors(told: Mapping[str, tuple[Calibration | None, Calibration]]) -> Iterator[Part]:
    """Brier's score and the expected calibration errors of each finding, before and after calibration."""
    yield "<h2>Calibration</h2>" + html_table(
        ["", "Brier", "calibrated", "ECE, width", "calibrated", "ECE, mass", "calibrated"],
        [[title_of(key), *(number(value) for pair in zip(
            (None, None, None) if before is None else astuple(before), astuple(after), strict=True) for value in pair)]
         for key, (before, after) in told.items()],
    ) + "<p>ECE: expected calibration error, in 15 bins of equal width, or of as many films each.</p>"
