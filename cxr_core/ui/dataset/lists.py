"""Lists of a data set's troubles: a table to choose a row of, a file of it, and words where there is none."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

import pandas as pd
import streamlit as st


def choose_row(table: pd.DataFrame, key: str, **columns: object) -> list[int]:
    """A table that sorts and scrolls; the row that is chosen."""
    titles = {name: name.replace("_", " ").capitalize() for name in table if name not in columns}
    event = st.dataframe(table, key=key, hide_index=True, height=min(38 + 35 * len(table), 320), width="stretch",
                         on_select="rerun", selection_mode="single-row", column_config={**titles, **columns})
    return [row for row in event.selection.rows if row < len(table)]


def export(table: pd.DataFrame, name: str, label: str = "As CSV") -> None:
    """A button that takes a table away as CSV."""
    make: Callable[[], bytes] = lambda: table.to_csv(index=False).encode()  # noqa: E731 - made only when asked for
    st.download_button(label, make, name, "text/csv", on_click="ignore", key=f"export_{name}")


def say_none(words: str) -> None:
    """That there is nothing, and why."""
    st.html(f'<p class="none">{escape(words)}</p>')
