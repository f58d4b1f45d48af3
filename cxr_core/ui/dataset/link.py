"""What an address says of films that it cannot name: a folder that was typed in may lie elsewhere, or be another's."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from cxr_core.datasets.counts import Selection
from cxr_core.datasets.offered import is_sign
from cxr_core.datasets.selection_words import to_link
from cxr_core.ui.dataset import source
from cxr_core.ui.dataset.source import Data, films_digest

state = st.session_state
_LETTERS = 12  # of the digest of the films' names
_LOCAL = (source.OTHER, "data")  # names that mean other films on another server


def note(address: Mapping[str, str]) -> None:
    """Remember which films an address was made on; before the page's widgets are drawn for the first time."""
    if "dataset_name" not in state and address.get("of"):
        state[source.LINK] = address["of"][:_LETTERS]


def address_of(data: Data, asked: Selection) -> dict[str, str]:
    """The selection in words, and by what its films are known where the data set's name does not say."""
    return to_link(asked) | {"of": films_digest(data)[:_LETTERS] if _is_local(data) else ""}


def warned(data: Data) -> list[str]:
    """That other films are open than those that the address was made on: until they are, or another set is chosen."""
    made_on = state.get(source.LINK, "")
    if not _is_local(data) or films_digest(data).startswith(made_on):
        state.pop(source.LINK, None)
        return []
    return ["not the films that this link was made on: it came from another folder"]


def _is_local(data: Data) -> bool:
    return data.name in _LOCAL or is_sign(data.name)
