"""What was typed in from papers agrees with itself."""

from __future__ import annotations

import numpy as np
import pytest

from cxr_core.evaluation.published import PUBLISHED, Published
from cxr_core.findings import NIH14


@pytest.mark.parametrize("paper", [one for one in PUBLISHED if len(one.auc) == len(NIH14)], ids=lambda one: one.name)
def test_a_paper_s_mean_is_the_mean_of_its_findings(paper: Published) -> None:
    assert np.mean(list(paper.auc.values())) == pytest.approx(paper.mean, abs=0.0011)


def test_a_mean_says_over_how_many_findings_it_is() -> None:
    """As a mean of 6 findings, or of 15 outputs with No Finding, is none of 14."""
    of = {one.name: one.mean_of for one in PUBLISHED if np.isfinite(one.mean)}
    assert all(count > 0 for count in of.values())
    assert {name: count for name, count in of.items() if count != len(NIH14)} == {
        "Srikar, Reddy, Reddy": 15, "Streamlit dashboard with DenseNet121": 10}
    assert all(len(one.auc) in (0, one.mean_of) or np.isnan(one.mean) for one in PUBLISHED)


def test_every_published_figure_tells_its_split() -> None:
    assert all(one.split and one.n for one in PUBLISHED)
    assert all(("official test list" == one.split) is one.official for one in PUBLISHED)


def test_only_what_is_on_the_official_list_is_called_official() -> None:
    assert {one.name for one in PUBLISHED if one.official} == {
        "Crobu, Di Ciaccio", "Wang et al.", "DenseNet121 at 224 px, plain", "DenseNet121 at 512 px, plain",
        "best documented single model"}
