"""The boxes that NIH's readers drew, for the pages that show a film."""

from __future__ import annotations

import streamlit as st

from cxr_core.datasets.boxes import boxes_of
from cxr_core.errors import DataError
from cxr_core.geometry import Box
from cxr_core.imaging.radiograph import Radiograph
from cxr_core.ui import words
from cxr_core.ui.films import Film


def drawn_by_nih(film: Film, radiograph: Radiograph) -> tuple[Box, ...]:
    """The boxes that NIH drew on this film; a broken list of them is said, and keeps nobody from reading."""
    try:
        return boxes_of(film.name, radiograph.width, radiograph.height)
    except DataError as problem:
        st.html(words.warning(f"NIH's boxes are not shown. {problem}"))
        return ()
