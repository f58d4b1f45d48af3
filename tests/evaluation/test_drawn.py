"""What was drawn once is found again, and by nothing but the same results."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cxr_core.evaluation import drawn
from cxr_core.evaluation.bootstrap import bootstrap_auc, interval
from cxr_core.evaluation.comparison import compare
from cxr_core.evaluation.results import ABOUT, Results

DIGESTS = ("ab" * 32, "cd" * 32)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CXR_HOME", str(tmp_path))
    monkeypatch.setattr(drawn, "REPLICATES", 60)
    return tmp_path


def results(name: str, better: float, count: int = 80) -> Results:
    rng = np.random.default_rng(len(name))
    labels = np.c_[np.arange(count) % 3 == 0, np.zeros(count), np.arange(count) % 2].astype(float)  # the second has one class
    scores = np.clip(rng.random((count, 3)) * (1 - better) + better * labels, 0, 1)
    films = pd.DataFrame({key: "" for key in ABOUT}, index=range(count)).assign(
        subset="test", image=[f"{n}.png" for n in range(count)], patient=[f"p{n // 2}" for n in range(count)]
    )
    return Results(name, ("Mass", "Hernia", "Edema"), "2020", films, labels, scores, scores)


def test_intervals_are_the_bootstraps_and_are_found_again() -> None:
    told, steps = results("one", 0.2, 300), []
    assert drawn.find_spans(told, "test", DIGESTS[0]) is None
    spans = drawn.draw_spans(told, "test", DIGESTS[0], lambda done, most: steps.append((done, most)))
    truth = bootstrap_auc(told.labels[:, [0, 2]], told.raw[:, [0, 2]], told.patients, replicates=60)
    assert spans == {"Mass": interval(truth[:, 0]), "Edema": interval(truth[:, 1]),
                     drawn.MEAN: interval(truth.mean(axis=1))}
    assert drawn.find_spans(told, "test", DIGESTS[0]) == spans
    assert steps == [(20, 60), (40, 60), (60, 60)]


def test_other_weights_films_labels_or_findings_are_drawn_anew(home: Path) -> None:
    told = results("one", 0.2)
    drawn.draw_spans(told, "test", DIGESTS[0])
    assert drawn.find_spans(told, "test", DIGESTS[1]) is None
    fewer = told.where(np.arange(80) < 70)
    for other in (fewer, replace(told, label_version="2017"), replace(told, findings=("Mass", "Hernia", "Nodule")),
                  replace(told, labels=1 - told.labels), replace(told, probability=told.probability / 2)):
        assert drawn.find_spans(other, "test", DIGESTS[0]) is None
    for file in (home / "drawn").iterdir():
        file.write_text('{"Mass": [0.1')  # half written
    assert drawn.find_spans(told, "test", DIGESTS[0]) is None


def test_a_comparison_is_found_again_as_it_was() -> None:
    one, other, steps = results("one", 0.6), results("other", 0.1), []
    told = drawn.draw_comparison(one, other, "test", DIGESTS, lambda done, most: steps.append(done / most))
    assert told == compare(one, other, replicates=60) == drawn.find_comparison(one, other, "test", DIGESTS)
    assert steps == sorted(steps) and steps[-1] == 1 and len(steps) == 6
    assert drawn.find_comparison(other, one, "test", DIGESTS) is None
    labels = other.labels.copy()
    labels[0, 0] = 1 - labels[0, 0]
    apart = replace(other, labels=labels)
    told = drawn.draw_comparison(one, apart, "test", DIGESTS)
    assert told == drawn.find_comparison(one, apart, "test", DIGESTS) and told.other_labels == one.findings[:1]


def test_a_band_and_gaps_are_found_again_as_they_were() -> None:
    told = results("one", 0.3)
    told = replace(told, films=told.films.assign(sex=["M", "F"] * 40, age=np.nan))
    band = drawn.draw_band(told, "test", DIGESTS[0], "Mass")
    for one, other in zip(band, drawn.find_band(told, "test", DIGESTS[0], "Mass"), strict=True):
        np.testing.assert_array_equal(one, other)
    assert drawn.find_band(told, "test", DIGESTS[0], "Edema") is None
    asked = (told, "test", DIGESTS[0], "Mass", "sensitivity", (0.5, None, 0.5))
    gaps = drawn.draw_gaps(*asked)
    assert [gap.group for gap in gaps] == ["F", "M"] and repr(drawn.find_gaps(*asked)) == repr(gaps)
    assert drawn.find_gaps(*asked[:-1], (0.4, None, 0.5)) is None


def test_what_is_kept_is_json_that_any_program_reads(home: Path) -> None:
    """A group without a film of the finding has no sensitivity: NaN is no JSON."""
    told = results("one", 0.3)
    women = told.labels[:, told.column("Mass")] == 0
    told = replace(told, films=told.films.assign(sex=np.where(women, "F", "M"), age=np.nan))
    asked, steps = (told, "test", DIGESTS[0], "Mass", "sensitivity", (0.5, None, 0.5)), []
    gaps = drawn.draw_gaps(*asked, on_step=lambda done, most: steps.append((done, most)))
    assert any(np.isnan(gap.value) for gap in gaps) and steps == [(1, 2), (2, 2)]
    for file in (home / "drawn").glob("*.json"):
        json.loads(file.read_text(), parse_constant=pytest.fail)
    assert repr(drawn.find_gaps(*asked)) == repr(gaps)


def test_a_folder_that_cannot_be_written_costs_nothing_but_time(home: Path) -> None:
    (home / "drawn").write_text("a file where a folder should be")
    told = results("one", 0.2)
    assert drawn.draw_spans(told, "test", DIGESTS[0]) and drawn.find_spans(told, "test", DIGESTS[0]) is None
