"""Numbers and names in few words."""

from __future__ import annotations

import pytest

from cxr_core.words import brief, counted


@pytest.mark.parametrize(
    ("number", "words", "said"),
    [(0, ("film",), "0 films"), (1, ("film",), "1 film"), (1094, ("patient",), "1,094 patients"),
     (1, ("row has", "rows have"), "1 row has"), (2, ("row has", "rows have"), "2 rows have")],
)
def test_one_is_singular_and_all_else_plural(number: int, words: tuple[str, ...], said: str) -> None:
    assert counted(number, *words) == said


def test_a_title_in_brief_leaves_out_the_count_of_findings_unless_two_would_be_alike() -> None:
    titles = {"a": "ResNet18 · 128 px · 14 findings", "b": "InceptionV3 · 299 px · 15 classes",
              "c": "Ensemble · mean of 2 of the 6 NIH models", "d": "ResNet18 · 224 px · COVID-19",
              "e": "Theirs · 14 findings", "f": "Theirs · 6 findings", "g": "Xception · 14 findings · LEAKY split"}
    assert brief(titles) == titles | {"a": "ResNet18 · 128 px", "b": "InceptionV3 · 299 px", "c": "Ensemble · mean of 2"}
