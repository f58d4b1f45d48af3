"""A model's report is one file that asks nobody for anything, and believes no text it is given."""

from __future__ import annotations

from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from cxr_core.evaluation.curves import worth
from cxr_core.evaluation.provenance import Provenance
from cxr_core.evaluation.results import Results
from cxr_core.evaluation.stamp import Stamp
from cxr_core.render.report import Told, make_report

RNG = np.random.default_rng(2)
EVIL = "<script>alert(1)</script>"


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
    return make_report(Told(EVIL, results, Stamp.of(results, "test", "ab" * 32), rows, {}, points, "#56B4E9", "today"))


def test_the_file_holds_all_it_needs(report: str) -> None:
    asks = Asks()
    asks.feed(report)
    assert not asks.leads and "link" not in asks.tags and "iframe" not in asks.tags
    assert "default-src 'none'" in report and "Plotly.newPlot" in report.split("</head>")[1]


def test_every_finding_with_two_classes_has_its_figures_and_the_others_a_row(report: str) -> None:
    body = report.split("</head>")[1]
    assert body.count("Plotly.newPlot") == 2 + 2 * 2  # the averages, the small ones, and two for each of two findings
    assert "<td>Hernia</td><td>60</td><td>0</td><td>–</td>" in body
    assert "At the card's operating point 0.500" in body and "<h3>Hernia" not in body
    assert body.count("names sha256") >= 6


def test_words_of_others_are_never_run(report: str) -> None:
    assert EVIL not in report.split("</head>")[1] and EVIL not in report.split("<script>")[0]
