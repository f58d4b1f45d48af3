"""What counts say of a trait is what the films that were counted say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from cxr_core.datasets.counts import Selection
from cxr_core.datasets.summary import load_summary
from cxr_core.evaluation.bootstrap import auc
from cxr_core.evaluation.traits_by_counts import TRAITS, auc_of_counts, predict_by_counts


def test_a_counted_example() -> None:
    # PA: 1 ill and 3 well, AP: 2 ill and 2 well: of 15 pairs 2 x 3 are told rightly, 1 x 3 + 2 x 2 are ties, 2 wrongly
    assert auc_of_counts(np.array([1.0, 2.0]), np.array([3.0, 2.0])) == pytest.approx((6 + 3.5) / 15)
    assert auc_of_counts(np.array([2.0, 4.0]), np.array([4.0, 8.0])) == 0.5  # the same share in both


@pytest.mark.parametrize("asked", [Selection(), Selection(sex="F", view="PA")])
def test_the_auc_of_counts_is_that_of_the_films(asked: Selection) -> None:
    summary = load_summary()
    told = predict_by_counts(summary, kinds := asked.kinds(summary))
    columns = {title: name for name, title in TRAITS.items()}
    assert {one.trait for one in told} == set(TRAITS.values()) - ({"View", "Sex"} if asked.sex else set())
    table = summary.cube[kinds].assign(**{name: summary.has(name)[kinds] for name in ("Edema", "Hernia")})
    films = table.loc[table.index.repeat(table["films"])]
    for one in told:
        if one.finding in ("Edema", "Hernia"):
            known = films[films["age"] != -1] if one.trait == "Age" else films
            ill = known[one.finding].to_numpy()
            share = known.groupby(columns[one.trait], observed=True)[one.finding].transform("mean").to_numpy()
            assert one.auc == pytest.approx(auc(ill, share)) and (one.positives, one.films) == (ill.sum(), len(known))
            assert np.isnan(one.low) and not one.is_shortcut


def test_too_few_films_and_what_is_the_same_in_all_are_left_out() -> None:
    cube = pd.DataFrame({
        "findings": [1, 0, 2, 0], "age": -1, "sex": ["F", "M", "F", "M"], "view": "PA", "follow_up": 0, "split": "",
        "boxed": False, "films": [20, 100, 19, 50],
    })
    summary = replace(load_summary(), cube=cube, findings=("Mass", "Nodule"))
    (one,) = predict_by_counts(summary, np.ones(4, bool))
    assert (one.trait, one.finding, one.positives, one.films) == ("Sex", "Mass", 20, 189)
