"""Lists of a data set's troubles: a table to choose a row of, a file of it, and words where there is none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from typing import Any

import pandas as pd
import streamlit as st

from cxr_core.ui import clicks


def choose_row(
    table: pd.DataFrame, key: str, on_choose: Callable[[int], None] | None = None, **columns: object
) -> list[int]:
    """A table that sorts and scrolls; the row that is chosen, which `on_choose` is told of before the page is drawn."""
    def choose(clicked: Mapping[str, Any]) -> None:
        for row in clicked["rows"]:
            on_choose(row)

    event = _table(table, key, columns, on_select="rerun", selection_mode="single-row")
    if on_choose:
        clicks.watch(key, choose)
    return [row for row in event.selection.rows if row < len(table)]


def show_rows(table: pd.DataFrame, key: str) -> None:
    """A table that sorts and scrolls, where there is nothing to be had by a row."""
    _table(table, key, {})


def _table(table: pd.DataFrame, key: str, columns: Mapping[str, object], **how: Any) -> Any:
    titles = {name: name.replace("_", " ").capitalize() for name in table if name not in columns}
    return st.dataframe(table, key=key, hide_index=True, height=min(38 + 35 * len(table), 320), width="stretch",
                        column_config={**titles, **columns}, **how)


def export(table: pd.DataFrame, name: str, label: str = "As CSV") -> None:
    """A button that takes a table away as CSV."""
    make: Callable[[], bytes] = lambda: table.to_csv(index=False).encode()  # noqa: E731 - made only when asked for
    st.download_button(label, make, name, "text/csv", on_click="ignore", key=f"export_{name}")


def say_none(words: str) -> None:
    """That there is nothing, and why."""
    st.html(f'<p class="none">{escape(words)}</p>')
