"""A model's report is one file that asks nobody for anything, and believes no text it is given."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from cxr_core.evaluation.curves import worth
from cxr_core.evaluation.exclusive import measure_confusion
from cxr_core.evaluation.provenance import Provenance
from cxr_core.evaluation.results import Results
from cxr_core.evaluation.stamp import Stamp
from cxr_core.evaluation.subgroups import auc_gaps
from cxr_core.render.report import Told, make_report
from cxr_core.render.report_beside import ByGroup

RNG = np.random.default_rng(2)
EVIL = "<script>alert(1)</script>"
HEADS = ("<h2>Confusion</h2>", "<h2>Groups of people</h2>")


class Asks(HTMLParser):
    """Collects the tags, and all that a file would load or lead to."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.leads: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.leads += [value or "" for name, value in attributes if name in ("src", "href", "action", "data")]


@pytest.fixture(scope="module")
def report() -> str:
    labels = np.c_[RNG.integers(0, 2, 60), np.zeros(60), RNG.integers(0, 2, 60)].astype(float)
    scores = np.c_[RNG.random((60, 2)), np.full(60, 0.5)]  # the second has one class, the third constant scores
    films = pd.DataFrame({"image": [f"{n}.png" for n in range(60)], "patient": [str(n) for n in range(60)]})
    results = Results("mine", ("Mass", "Hernia", "Nodule"), EVIL, films, labels, scores, scores,
                      Provenance("imported", "mine", command=EVIL))
    rows = [worth(key, labels[:, c], scores[:, c], 0.5, (0.4, 0.6)) for c, key in enumerate(results.findings)]
    points = {"Mass": 0.5, "Hernia": 0.5, "Nodule": None}
    confusion = measure_confusion("test", ("a", EVIL), np.arange(60) % 2, np.arange(60) % 3 % 2, np.arange(60))
    gaps = auc_gaps(films.assign(sex=["M", "F"] * 30, age=np.nan, view=""), labels[:, 0], scores[:, 0])
    told = Told(EVIL, results, Stamp.of(results, "test", "ab" * 32), rows, {}, points, "#56B4E9", "today")
    bare = make_report(told)
    assert all(head not in bare for head in HEADS) and "<h2>Beside published figures</h2>" in bare
    return make_report(replace(told, confusion=confusion, groups=(ByGroup("AUC", EVIL, gaps, "as drawn"),),
                               cares=(f"learnt from {EVIL}",), mean=(0.41, 0.59)))


def test_the_file_holds_all_it_needs(report: str) -> None:
    asks = Asks()
    asks.feed(report)
    assert not asks.leads and "link" not in asks.tags and "iframe" not in asks.tags
    assert "default-src 'none'" in report and "Plotly.newPlot" in report.split("</head>")[1]


def test_every_finding_with_two_classes_has_its_figures_and_the_others_a_row(report: str) -> None:
    body = report.split("</head>")[1]
    # the averages, the small ones, groups, confusion; of each of two findings ROC, precision over recall and calibration
    assert body.count("Plotly.newPlot") == 4 + 3 * 2
    assert "<td>Hernia</td><td>60</td><td>0</td><td>–</td>" in body
    (mean,) = [row for row in body.split("<tr") if "Mean of 2 findings" in row]
    assert f"<td>0.410–0.590</td>{'<td></td>' * 7}</tr>" in mean
    assert "At the card's operating point 0.500" in body and "<h3>Hernia" not in body
    assert body.count("names sha256") >= 6


def test_a_mark_stands_in_every_figure_of_curves(report: str) -> None:
    assert "of its own patients" not in report
    labels, scores = RNG.integers(0, 2, (60, 1)).astype(float), RNG.random((60, 1))
    films = pd.DataFrame({"image": [f"{n}.png" for n in range(60)], "patient": [str(n) for n in range(60)]})
    results = Results("mine", ("Mass",), "", films, labels, scores, scores)
    rows = [worth("Mass", labels[:, 0], scores[:, 0], 0.5, (0.4, 0.6))]
    told = Told("mine", results, Stamp.of(results, "test", ""), rows, {}, {}, "#56B4E9", "today",
                mark="of its own patients")
    drawn = make_report(told).split("<h2>Beside published figures</h2>")[0].split("</head>")[1].split("Plotly.newPlot")
    assert len(drawn) == 6 and all("of its own patients" in figure for figure in drawn[1:])  # averages, grid and three


def test_confusion_groups_and_calibration_stand_in_it_and_a_care_at_its_head(report: str) -> None:
    body = report.split("</head>")[1]
    assert all(body.count(head) == 1 for head in HEADS) and "as drawn" in body
    assert body.index("learnt from") < body.index("<h2>")
    labels, scores = (np.array([[1, 0], [0, 1]], float) for _ in range(2))
    films = pd.DataFrame({"image": ["a", "b"], "patient": ["a", "b"]})
    results = Results("mine", ("Mass", "Edema"), "", films, labels, scores * 0.5, scores * [1, 0.5])
    rows = [worth(key, labels[:, c], scores[:, c], None, (0.4, 0.6)) for c, key in enumerate(results.findings)]
    told = make_report(Told("mine", results, Stamp.of(results, "test", ""), rows, {}, {}, "#56B4E9", "today"))
    calibration = told.split("<h2>Calibration</h2>")[1]
    assert "<td>Mass</td><td>0.125</td><td>0.000</td>" in calibration  # of a half and 0: after, of 1 and 0
    assert "<td>Edema</td><td>–</td><td>0.125</td>" in calibration  # nothing was calibrated


def test_words_of_others_are_never_run(report: str) -> None:
    assert EVIL not in report.split("</head>")[1] and EVIL not in report.split("<script>")[0]
