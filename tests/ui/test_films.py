"""A film of a data set becomes a film of the session: the same as if it had been dropped."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cxr_core.imaging.phantom import make_phantom

OPENS = """
from pathlib import Path
import streamlit as st
from cxr_core.errors import UnreadableFilm
from cxr_core.ui import films
for file in {files!r}:
    try:
        films.open_film(Path(file))
    except UnreadableFilm as problem:
        st.error(str(problem))
film = films.chosen_film()
st.text(f"{{len(films._films())}} {{film.name if film else None}} {{len(film.data) if film else 0}}")
"""


def opened(*files: Path) -> AppTest:
    return AppTest.from_string(OPENS.format(files=[str(file) for file in files]), default_timeout=60).run()


@pytest.fixture
def film(tmp_path: Path) -> Path:
    file = tmp_path / "00000001_000.png"
    file.write_bytes(make_phantom())
    return file


def test_an_opened_film_is_the_chosen_one_byte_for_byte(film: Path) -> None:
    assert opened(film).text[0].value == f"1 00000001_000.png {film.stat().st_size}"


def test_the_same_bytes_are_one_film_and_the_last_opened_is_chosen(film: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.png"
    other.write_bytes(film.read_bytes() + b" ")
    assert opened(film, other, film).text[0].value == f"2 00000001_000.png {film.stat().st_size}"


def test_a_file_that_is_gone_is_said_and_changes_nothing(film: Path, tmp_path: Path) -> None:
    page = opened(film, tmp_path / "gone.png")
    assert "could not be opened" in page.error[0].value and page.text[0].value.startswith("1 00000001_000.png")
