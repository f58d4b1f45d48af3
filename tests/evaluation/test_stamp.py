"""What stands under a figure: the films, the model, and what nobody knows named as such."""

from __future__ import annotations

import hashlib

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from cxr_core.evaluation.provenance import Provenance
from cxr_core.evaluation.results import ABOUT, Results
from cxr_core.evaluation.stamp import Stamp, in_lines


def made(name: str, **facts) -> Results:
    films = pd.DataFrame({"image": ["b.png", "a.png", "c.png"], "patient": ["1", "1", "2"]})
    none = np.zeros((3, 1))
    return Results(name, ("Mass",), "2020", films, none, none, none, Provenance("evaluated", name, **facts))


def test_a_stamp_says_how_many_films_and_which() -> None:
    stamp = Stamp.of(made("one", overlap=3, date="2026-11-21T10:11:10Z"), "test", "ab" * 32)
    assert (stamp.n, stamp.patients, stamp.overlap, stamp.date) == (3, 2, 3, "2026-11-21")
    assert stamp.split_digest == hashlib.sha256(b"a.png\nb.png\nc.png").hexdigest()
    told = " ".join(in_lines([stamp]))
    assert "3 films of 2 patients" in told and "abababab" in told and "training: 3" in told and "2026-11-21" in told


@pytest.mark.parametrize("column", ABOUT[:-1])
def test_whatever_of_a_film_a_figure_hangs_on_changes_the_digest(column: str) -> None:
    """All that is stored of films but the width that a small copy was made of: nothing is measured by it."""
    told = made("one")
    films = told.films.assign(**dict.fromkeys(set(ABOUT) - set(told.films), "a"))
    other = films.assign(**{column: [films[column].iloc[0], "other", films[column].iloc[2]]})
    digests = {replace(told, films=one).digest for one in (films, films.copy(), other)}
    assert len(digests) == 2


def test_what_models_share_is_said_once_and_the_unknown_is_named() -> None:
    stamps = [Stamp.of(made(name), "test", "") for name in ("one", "two")]
    lines = in_lines(stamps)
    assert len(lines) == 3 and sum("3 films" in line for line in lines) == 1
    assert "one sha256 unknown, patients shared with training: unknown" in lines[1]
    assert all(len(line) <= 40 for line in in_lines(stamps, 40))
