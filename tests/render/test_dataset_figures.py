"""Figures of counts: what they show of data sets with more findings than NIH's."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from cxr_core.datasets.counts import Counts, count
from cxr_core.datasets.index import Index
from cxr_core.datasets.summary import load_summary, summarise
from cxr_core.render.dataset_figures import draw_findings, draw_together, draw_views

MANY = [f"Finding {number:02}" for number in range(31)]


@pytest.fixture(scope="module")
def counts() -> Counts:
    """1,200 films of 31 findings: all have the first, every third of them one other besides."""
    names = [f"{number}.png" for number in range(1200)]
    return count(summarise(Index(Path(), pd.DataFrame({
        "path": names, "image": names, "patient": names, "follow_up": 0, "age": 50, "sex": "M", "view": "PA",
        "labels": [f"{MANY[0]}|{MANY[1 + n // 3 % 30]}" if n % 3 == 0 else MANY[0] for n in range(1200)],
        "split": "", "boxes": [()] * 1200,
    })), "many"))


def test_every_finding_is_named_and_has_room(counts: Counts) -> None:
    for figure in (draw_findings(counts, counts), draw_together(counts, counts, "films"), draw_views(counts, counts)):
        assert figure.layout.yaxis.dtick == 1 and figure.layout.height >= 16 * len(MANY)
    assert draw_together(counts, counts, "films").layout.xaxis.dtick == 1


def test_a_number_stands_in_a_cell_that_has_room_for_it(counts: Counts) -> None:
    crowded = draw_together(counts, counts, "films").data[1]
    assert crowded.text[0] == "" and crowded.customdata[0][2] == 1200  # told where it is pointed at
    assert "14" in crowded.text
    nih = count(load_summary())
    told = draw_together(nih, nih, "films").data[1]
    assert "19,894" in told.text and all(told.text)
