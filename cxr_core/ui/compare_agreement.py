"""Do the maps look at the same place? A sentence, a small matrix, and all maps or two of them over one film."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from html import escape

import numpy as np
import streamlit as st

from cxr_core.comparing.cells import CellMap
from cxr_core.comparing.pairs import (
    MEASURES, Pairs, agree_cells, compare_pairs, consensus_map, contains, without_ensembles,
)
from cxr_core.explain.agreement import Agreement, difference
from cxr_core.findings import title_of
from cxr_core.geometry import Box
from cxr_core.imaging.radiograph import Radiograph
from cxr_core.methods import METHODS
from cxr_core.ui.compare import Cell, choose_map, forget_unless, names_of
from cxr_core.ui.viewer import Overlay, film_viewer

_VIEWS = ("Consensus", "Difference", "Swipe")
_COLOURS = ("#5ac8fa", "#ffb454", "#d58fc0", "#f0e442", "#a99bff", "#ff8f8f", "#8fd3c8", "#c9d4df")
_NO_TWO = ("No two models that do not contain each other have a map by one method: whether models agree cannot be "
           "said. The matrix has each pair of maps.")
_WAITS = "The maps are compared when all are made."
_REFUSED = "This film was refused and not scored: there are no maps to compare."
_FEW = "There are no two maps to compare. Choose another model or method."
_MOST_PAIRS = 512  # kept; four numbers each
_SAID = {
    "Consensus": "The mean rank of each place over {count} maps{by}: clear where it is in the darker half, brightest "
                 "where every map ranks it high. Boxes are each model's own.",
    "Difference": "Orange where {first} is the brighter of the two maps, blue where {second} is.",
    "Swipe": "{first} to the left of the line, {second} to its right.",
}


def agreement(cells: Sequence[Cell], film: Radiograph, drawn: Sequence[Box]) -> None:
    """What all maps that are made say together; while some are being made nothing is concluded."""
    ready = [cell for cell in cells if cell.map is not None and cell.made.done]
    st.html('<h2 class="closer">Do the maps agree?</h2>')
    waiting = not all(cell.made.done or cell.is_stopped for cell in cells)
    if waiting or len(ready) < 2:
        st.html(f'<p class="told">{_WAITS if waiting else _REFUSED if _is_refused(cells) else _FEW}</p>')
        return
    _closer(ready, film, drawn)


def _is_refused(cells: Sequence[Cell]) -> bool:
    """Whether there is no map of the film since no model was given it."""
    return all(cell.refused and cell.gate.status == "refused" for cell in cells)


@st.fragment
def _closer(cells: Sequence[Cell], film: Radiograph, drawn: Sequence[Box]) -> None:
    pairs = compare_pairs([cell.map for cell in cells], _remembered(cells))
    names = names_of(cells)
    with st.container(key="agreement"):
        left, right = st.columns([1, 1.25], gap="medium")
        with left:
            st.html(_verdicts(pairs, cells))
            measure = st.segmented_control("Measure", list(MEASURES), default="top", key="compare_measure",
                                           required=True, format_func=MEASURES.get, label_visibility="collapsed",
                                           persist_state="session")
            st.html(_matrix(names, pairs.rows, measure))
        with right:
            with st.container(horizontal=True, vertical_alignment="bottom", key="two"):
                view = st.segmented_control("Over one film", _VIEWS, default=_VIEWS[0], key="compare_view",
                                            required=True, persist_state="session")
                groups = _groups(cells)
                first, second, method = 0, 1, next(iter(groups))
                if view == "Consensus" and len(groups) > 1:
                    forget_unless("compare_consensus", groups)
                    method = st.selectbox("Method", list(groups), key="compare_consensus", format_func=METHODS.get,
                                          persist_state="session")
                if view != "Consensus":
                    first = choose_map("First map", cells, key="compare_first")
                    second = choose_map("Second map", cells, 1, key="compare_second")
            together = groups[method]
            overlay = _overlay(view, cells, together, first, second, drawn)
            film_viewer(film, overlay, key="compare_together", tall="min(34rem, 70vh)")
            by = f" by {METHODS[method]}" if method else ""
            said = _SAID[view].format(count=len(together), by=by, first=names[first], second=names[second])
            st.html(f'<p class="foot">{escape(said)}</p>')


def _overlay(
    view: str, cells: Sequence[Cell], together: Sequence[Cell], first: int, second: int, drawn: Sequence[Box]
) -> Overlay:
    """What lies over the film: all maps together, or two of them."""
    names, one, other = names_of(cells), cells[first].map, cells[second].map
    if view == "Consensus":
        models = list(dict.fromkeys(cell.key.model_id for cell in cells))
        boxes = [(replace(box, label=name, share=None), _COLOURS[models.index(cell.key.model_id) % len(_COLOURS)])
                 for cell, name in zip(cells, names, strict=True) if cell in together for box in cell.map.boxes]
        return Overlay(consensus_map([cell.map for cell in together]), [box for box, _ in boxes], drawn,
                       box_colours=[colour for _, colour in boxes])
    if view == "Difference":
        return Overlay(difference(one.heatmap, other.heatmap), reference=drawn, signed=True)
    behind = Overlay(other.heatmap, other.boxes, title=names[second])
    return Overlay(one.heatmap, one.boxes, drawn, title=names[first], second=behind)


def _groups(cells: Sequence[Cell]) -> dict[str, list[Cell]]:
    """The maps that a consensus is made of, by their method; by "" all of them, where no method has two models'."""
    told = without_ensembles([cell.map for cell in cells])
    by_method = {
        method: [cell for cell in cells if cell.key.method == method and any(cell.map is one for one in told)]
        for method in dict.fromkeys(cell.key.method for cell in cells)
    }
    return {method: group for method, group in by_method.items() if len(group) > 1} or {"": list(cells)}


def _verdicts(pairs: Pairs, cells: Sequence[Cell]) -> str:
    """Whether the models look at the same place, a line for each method, and what is no evidence of it."""
    lines = [(f"{METHODS[one.method]}: ", one.text) for one in pairs.verdicts] or [("", _NO_TWO)]
    more = " ".join(text for text in (_of_what(cells), *_no_evidence(cells)) if text)
    return "".join(
        f'<p class="verdict"><b>{escape(head)}</b>{escape(text)}</p>' for head, text in lines
    ) + f'<p class="foot">{escape(more)}</p>'


def _no_evidence(cells: Sequence[Cell]) -> list[str]:
    """That an ensemble agrees with what it contains, where both are compared."""
    titles = {cell.key.model_id: cell.title.split(" · ")[0] for cell in cells}
    told = []
    for model_id, title in titles.items():
        *others, last = [titles[one] for one in titles if contains(model_id, one)] or [""]
        if last:
            inside = f"{', '.join(others)} and {last}" if others else last
            told.append(f"{title} contains {inside}: that it agrees with {'them' if others else 'it'} is no evidence. "
                        "It is left out of the consensus.")
    return told


def _remembered(cells: Sequence[Cell]) -> Callable[[CellMap, CellMap], Agreement]:
    """Compares two maps once in a session."""
    kept: dict[tuple[str, ...], Agreement] = st.session_state.setdefault("compare_pairs", {})
    named = {id(cell.map): f"{cell.key.name}/{cell.map.steps}" for cell in cells}

    def agreed(one: CellMap, other: CellMap) -> Agreement:
        pair = named[id(one)], named[id(other)]
        if pair not in kept:
            while len(kept) >= _MOST_PAIRS:
                kept.pop(next(iter(kept)))
            kept[pair] = agree_cells(one, other)
        return kept[pair]

    return agreed


def _of_what(cells: Sequence[Cell]) -> str:
    """That maps of several findings are compared, where they are."""
    findings = dict.fromkeys(cell.map.score.finding for cell in cells)
    if len(findings) < 2:
        return ""
    return f"The maps are of different findings ({', '.join(map(title_of, findings))}), which need not lie together."


def _matrix(names: Sequence[str], rows: Sequence[Sequence[Agreement]], measure: str) -> str:
    """The lower half of the matrix of pairs; the stronger the colour, the better they agree."""
    heads = "".join(f"<th>{place}</th>" for place in range(1, len(names)))
    body = "".join(
        f"<tr><td>{place} {escape(name)}</td>" + "".join(_cell(getattr(one, measure), measure) for one in row)
        + "<td></td>" * (len(names) - 1 - len(row)) + "</tr>"
        for place, (name, row) in enumerate(zip(names, rows, strict=True), 1)
    )
    head = f"<thead><tr><th></th>{heads}</tr></thead>"
    return f'<div class="wide"><table class="figures pairs">{head}<tbody>{body}</tbody></table></div>'


def _cell(value: float, measure: str) -> str:
    if np.isnan(value):
        return '<td title="one of the two has none">–</td>'
    strength = 1 - value if measure == "distance" else max(value, 0)
    text = f"{value:.2f}" if measure == "spearman" else f"{value:.0%}"
    return f'<td style="background:rgba(90, 200, 250, {0.45 * strength**2:.2f})">{text}</td>'
