"""What pages ask of the disk again and again, and what is found while nothing there has changed."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

import streamlit as st

from cxr_core.evaluation.store import list_stored
from cxr_core.models.card import CARD
from cxr_core.models.registry import MODELS
from cxr_core.models.weights import weights_folder
from cxr_core.ui import resources


def kept(find: Callable[..., list[str]]) -> Callable[..., list[str]]:
    """Keep what `find` gives for as long as the disk holds the same results and cards.

    A page asks for names half a dozen times: looking through all results each time was a quarter of its server's work.
    """
    @wraps(find)
    def ask(*asked: str | None) -> list[str]:
        return list(_found(find, f"{find.__module__}.{find.__qualname__}", asked, _on_disk()))

    return ask


@st.cache_resource(max_entries=64, show_spinner=False)
def _found(
    _find: Callable[..., list[str]], name: str, asked: tuple[str | None, ...], on_disk: str,  # noqa: ARG001
) -> tuple[str, ...]:
    return tuple(_find(*asked))


def _on_disk() -> str:
    """The results, cards and weights there are, and when they changed."""
    folder = weights_folder()
    files = [one.file for one in list_stored(folder)]
    cards = [card for name in MODELS if (card := folder / name / CARD).is_file()]
    return repr((resources.trained_models(), [(str(file), file.stat().st_mtime_ns) for file in (*files, *cards)]))
