"""A row of ours beside published ones says of which films it is, and is pale where they are not the papers'."""

from __future__ import annotations

import numpy as np
import pytest

from cxr_core.evaluation.curves import FEWEST, Worth, worth
from cxr_core.evaluation.results import SUBSETS
from cxr_core.render.published_table import LEGEND, OFFICIAL, own_cells


@pytest.fixture(scope="module")
def rows() -> list[Worth]:
    scores = np.random.default_rng(1).random(50)
    return [worth(key, np.arange(50) < count, scores, None, (0.4, 0.6))
            for key, count in (("Mass", 20), ("Hernia", FEWEST - 1))]


@pytest.mark.parametrize("films", ["test_wide", "leaky test", "holdout", "test (of theirs)"])
def test_a_row_of_films_that_are_not_on_the_official_list_is_pale_and_says_so(films: str, rows: list[Worth]) -> None:
    cells, pale = own_cells("ours", films, rows)
    assert all(pale) and films in cells[1] and "part of" not in cells[1]
    if films in (*SUBSETS, "leaky test"):  # films of the house, of which it is known
        assert "not the official list" in cells[1]


@pytest.mark.parametrize("films", OFFICIAL)
def test_a_row_of_the_official_list_is_bright_but_for_what_makes_no_claim(films: str, rows: list[Worth]) -> None:
    cells, pale = own_cells("ours", films, rows)
    assert "official test list" in cells[1] and pale.count(True) == 1


def test_the_legend_does_not_say_that_what_is_filled_is_of_the_official_list() -> None:
    assert LEGEND.startswith("Filled: measured here, on the films named under the figure.")
