"""What was typed in from papers agrees with itself."""

from __future__ import annotations

import numpy as np
import pytest

from cxr_core.evaluation.published import PUBLISHED, Published
from cxr_core.findings import NIH14


@pytest.mark.parametrize("paper", [one for one in PUBLISHED if len(one.auc) == len(NIH14)], ids=lambda one: one.name)
def test_a_paper_s_mean_is_the_mean_of_its_findings(paper: Published) -> None:
    assert np.mean(list(paper.auc.values())) == pytest.approx(paper.mean, abs=0.0011)


def test_only_what_is_on_the_official_list_is_called_official() -> None:
    assert {one.name for one in PUBLISHED if one.official} == {
        "Crobu, Di Ciaccio", "Wang et al.", "DenseNet121 at 224 px, plain", "best documented single model"}
