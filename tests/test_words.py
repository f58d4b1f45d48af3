"""Numbers in sentences."""

from __future__ import annotations

import pytest

from cxr_core.words import counted


@pytest.mark.parametrize(
    ("number", "words", "said"),
    [(0, ("film",), "0 films"), (1, ("film",), "1 film"), (1094, ("patient",), "1,094 patients"),
     (1, ("row has", "rows have"), "1 row has"), (2, ("row has", "rows have"), "2 rows have")],
)
def test_one_is_singular_and_all_else_plural(number: int, words: tuple[str, ...], said: str) -> None:
    assert counted(number, *words) == said
