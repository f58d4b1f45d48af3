"""Can this map be trusted? Checks of one map, asked for by a button, made in the background, in words first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from html import escape

import streamlit as st

from cxr_core.comparing.bundle import Packed, to_zip
from cxr_core.comparing.cells import CellMap
from cxr_core.comparing.trust import Trust, check_map
from cxr_core.comparing.verdict import areas_in_words, headline, verdict
from cxr_core.comparing.work import Made, OnStep, Task
from cxr_core.geometry import Box
from cxr_core.imaging.radiograph import Radiograph
from cxr_core.render.faithfulness_figure import draw_curves
from cxr_core.ui import background, compare_work, resources
from cxr_core.ui.compare import Cell, choose_map, names_of
from cxr_core.ui.compare_words import figure_of, test_of
from cxr_core.ui.compare_work import CellKey

_EVERY = 1.5  # s between two looks at the checks
_ASKED = "compare_asked"
_NOT_ASKED = """<p class="told">Takes out and puts in what the map names, shuffles the network's weights, moves the film
a pixel, and looks where the chest is; each beside a random map.</p>"""
_SIGNS = {"for": "✓", "against": "!", "open": "·"}


def tasks(cells: Sequence[Cell], film: Radiograph) -> list[Task]:
    """The checks that were asked for, of maps that are on the page and made."""
    asked = st.session_state.setdefault(_ASKED, set())
    readings = compare_work.readings()
    return [
        Task(_key(cell.key), partial(_stages, cell.key, cell.map, film, readings),
             partial(resources.classifier, cell.key.model_id))
        for cell in cells if cell.key in asked and cell.map is not None and cell.made.done
    ]


def trust(cells: Sequence[Cell], film: Radiograph, drawn: Sequence[Box], *, phantom: bool = False) -> None:
    """Choose a map, check it, and take everything away as a zip, which says so where the film is the `phantom`."""
    ready = [cell for cell in cells if cell.map is not None and cell.made.done]
    if not ready:
        return
    st.html('<h2 class="closer">Can this map be trusted?</h2>')
    names = names_of(ready)
    with st.container(horizontal=True, vertical_alignment="bottom", key="trusting"):
        place = choose_map("Map", ready, key="compare_trusted", width=340)
        cell = ready[place]
        made = background.work().find(_key(cell.key))
        is_open = background.work().is_stopped(_key(cell.key)) or bool(made.problem)
        st.button("Try again" if made.problem else "Check this map", key="compare_check", type="primary", on_click=_ask,
                  args=(cell.key,), disabled=cell.key in st.session_state.get(_ASKED, ()) and not is_open)
        st.download_button("Maps and reports (zip)", _zip(ready, film, drawn, phantom), on_click="ignore",
                           file_name=f"film-{film.sha256[:8]}-maps.zip", mime="application/zip", key="compare_zip")
    is_made = cell.key in st.session_state.get(_ASKED, ()) and not made.done and not is_open
    st.fragment(partial(_report, cell.key, names[place]), run_every=_EVERY if is_made else None)()


def _report(key: CellKey, name: str) -> None:
    """What the checks say so far; drawn anew by itself while they are made."""
    made: Made = background.work().find(_key(key))
    if made.problem:
        st.html(f'<p class="care">{escape(made.problem)}</p>')
        return
    if key not in st.session_state.get(_ASKED, ()):
        st.html(_NOT_ASKED)
        return
    found: Trust | None = made.best
    said = () if found is None else verdict(found)
    if made.done:
        st.html(f'<p class="verdict">{escape(name)}: {escape(headline(said))}</p>')
    else:
        stopped = " · stopped" if background.work().is_stopped(_key(key)) else ""
        st.html('<p class="told" role="status">'
                f'<progress value="{made.share:.3f}" max="1" aria-label="Checks being made"></progress>'
                f"checking {escape(name)} …{stopped}</p>")
    left, right = st.columns([1, 1.1], gap="medium")
    with left:
        st.html('<dl class="checks">' + "".join(
            f'<dt class="{one.kind}"><i>{_SIGNS[one.kind]}</i>{escape(one.name)}</dt>'
            f"<dd>{escape(one.text)}<span>{escape(one.numbers)}</span></dd>" for one in said) + "</dl>")
    with right:
        if found is not None and found.deletion is not None and found.insertion is not None:
            st.plotly_chart(
                draw_curves(found.deletion, found.deletion_controls, found.insertion, found.insertion_controls),
                key="compare_curves", config={"displayModeBar": False},
                alt="The score as the brightest places are taken out of the film and put into an empty one",
            )
            st.html(f'<p class="foot">{escape(areas_in_words(found))}</p>')


def _stages(
    key: CellKey, cell: CellMap, film: Radiograph, readings: compare_work.Readings, on_step: OnStep
) -> Iterator[Trust]:
    """In the worker's thread: nothing of Streamlit's state may be touched here."""
    from cxr_core.models.randomising import randomised  # brings in TensorFlow

    classifier = resources.classifier(key.model_id)
    on_step(0, 1)
    reading = compare_work.read(key, film, readings, classifier)
    yield from check_map(reading, classifier, cell, lambda: randomised(key.model_id), on_step=on_step)


def _ask(key: CellKey) -> None:
    st.session_state.setdefault(_ASKED, set()).add(key)
    background.work().retry(_key(key))


def _key(key: CellKey) -> tuple[str, CellKey]:
    return "trust", key


def _zip(cells: Sequence[Cell], film: Radiograph, drawn: Sequence[Box], phantom: bool) -> Callable[[], bytes]:
    """Packs everything that is made: the maps, and the reports of those that were checked.

    It is called outside of the session, and so is given what it packs.
    """
    checked = {cell.key: background.work().find(_key(cell.key)) for cell in cells}
    return partial(to_zip, film, {
        f"{cell.key.model_id} {cell.key.method}": Packed(
            cell.map, checked[cell.key].best if checked[cell.key].done else None, cell.asked,
            figure_of(cell.map.score, cell.card, cell.map.clinical), test_of(cell.card) if cell.card else "")
        for cell in cells
    }, drawn, phantom=phantom)
