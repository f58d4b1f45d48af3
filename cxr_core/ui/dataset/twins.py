"""The same picture twice: looked for when the reader asks, listed, and the films that could not be read."""

from __future__ import annotations

from functools import partial

import numpy as np
import streamlit as st

from cxr_core.datasets.collection import film_bytes
from cxr_core.datasets.counts import Selection
from cxr_core.datasets.duplicates import COPY, Duplicates, find_duplicates
from cxr_core.datasets.trouble import duplicate_table
from cxr_core.ui.dataset import work
from cxr_core.ui.dataset.gallery import show_grid
from cxr_core.ui.dataset.lists import choose_row, export, say_none, show_rows
from cxr_core.ui.dataset.source import Data

state = st.session_state


def twins_key(data: Data) -> tuple[str, str]:
    """What the search of a data set is known by."""
    return "duplicates", data.key


def show_twins(data: Data, asked: Selection) -> None:
    """Films that are the same picture, looked for when the reader asks."""
    doing = work.begun(twins_key(data))
    if doing is None or doing.problem:
        if doing is not None:
            st.warning(doing.problem)
        st.html('<div class="nothing"><h1>Look for the same picture twice?</h1><p>Every one of the '
                f"{len(data.films):,} films is read once, a few milliseconds each; what is found is kept in memory. "
                "Re-encoded, resized, brightened and mirrored copies are found, and crops by up to a tenth of a side: "
                "nearly all at a corner or around the middle, three in four at the middle of a side.</p></div>")
        with st.container(horizontal_alignment="center"):
            st.button("Look for duplicates", type="primary", key="twins_begin", on_click=_look_for_twins, args=(data,))
        return
    if not doing.is_done:
        work.show_progress(doing, "Films read, then compared", "twins")
        return
    found: Duplicates = doing.made
    if not found.pairs:
        say_none(f"No picture stands twice among the {found.films - len(found.unread):,} films that can be read.")
    else:
        _pairs(data, found)
    if found.unread:
        _unread(data, found)


def _unread(data: Data, found: Duplicates) -> None:
    """The films that the search had to leave out, by name."""
    table = data.films.index.table.iloc[list(found.unread)][["image", "patient", "path"]].reset_index(drop=True)
    st.html(f"<h2>{len(table):,} films that cannot be read</h2><p class='key'>They were left out: broken, or gone "
            "since the page was opened. python -m cxr_core data check says why of each.</p>")
    show_rows(table, "unread_table")
    export(table, "unread-films.csv", f"{len(table):,} films as CSV")


def _pairs(data: Data, found: Duplicates) -> None:
    """The pairs that were found, and the two films of the one that is chosen."""
    table = duplicate_table(data.films, found)
    odd = {word: int(table["odd"].str.contains(word).sum()) for word in ("two patients", "two parts", "other labels")}
    counted = ", ".join(f"{count:,} of {word}" for word, count in odd.items() if count) or "all of one patient and part"
    copies = int((table["likeness"] >= COPY).sum())
    st.html(f"<h2>{len(table):,} pairs</h2><p class='key'>{copies:,} at a likeness of {COPY:.2f} and more, which are "
            f"copies; {counted}. Under it, two films of one patient are mostly taken alike, not copied: look.</p>")
    shown = table.drop(columns=["place_first", "place_second"])
    rows = choose_row(shown, "twins_table", likeness=st.column_config.NumberColumn(format="%.3f"))
    first = rows[0] if rows else 0
    pair = table.iloc[first]
    places = np.array([pair["place_first"], pair["place_second"]])
    state["trouble_places"] = data.key, table[["place_first", "place_second"]].to_numpy().ravel()
    show_grid(data, places, "twins_pair", in_a_row=True)
    export(shown, "duplicates.csv")


def _look_for_twins(data: Data) -> None:
    load = partial(film_bytes, data.films)
    work.begin(twins_key(data), lambda on_step: find_duplicates(load, range(len(data.films)), on_step))
