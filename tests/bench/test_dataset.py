"""The bench of the Dataset page times what the page shows, on films that are NIH's by count."""

from __future__ import annotations

import numpy as np
import pytest

from cxr_core.bench import dataset
from cxr_core.datasets.counts import Selection, count


@pytest.fixture(scope="module")
def films():
    return dataset.written_out()


def test_the_films_written_out_are_those_that_were_counted(films) -> None:
    assert len(films) == len(films.traits) == 112_120
    told = films.index.table["patient"].value_counts().value_counts()
    assert {int(one): int(many) for one, many in told.items()} == films.summary.films_per_patient
    asked = Selection(any_of=("Mass",), sex="F")
    assert len(films.places(asked)) == count(films.summary, asked.kinds(films.summary)).films
    assert films.index.targets(("Mass",)).sum() == count(films.summary).findings["Mass"]


def test_every_step_can_be_run_and_is_told_with_its_bar(
    films, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    few = films.__class__(films.index.take(np.arange(3000)), films.traits[:3000], films.summary, films.report)
    monkeypatch.setattr(dataset, "TIMES", 1)
    monkeypatch.setattr(dataset, "written_out", lambda: few)
    dataset.main()
    lines = capsys.readouterr().out.splitlines()[1:]
    assert len(lines) == len(list(dataset.steps(few))) > 20
    assert all(line.split()[-2] in ("under", "OVER") and line.split()[-1] in ("100", "300") for line in lines)
