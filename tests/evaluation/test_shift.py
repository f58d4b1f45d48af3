"""A planted shift is measured, equal groups are not called different, and patients count once."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_ind

from cxr_core.evaluation.shift import Shift, compare_groups
from cxr_core.render.trait_figures import draw_shifts


def test_a_planted_shift_has_its_effect_size() -> None:
    rng = np.random.default_rng(1)
    first = pd.DataFrame({"age": rng.normal(60, 10, 4000), "women": np.arange(4000) % 2, "only here": 1.0})
    second = pd.DataFrame({"age": rng.normal(55, 10, 3000), "women": np.arange(3000) % 2})
    told = compare_groups(first.astype(float), second.astype(float), (np.arange(4000), np.arange(4000, 7000)))
    assert [one.measure for one in told] == ["age", "women"]
    assert told[0].effect == pytest.approx(0.5, abs=0.06) and told[0].low < 0.5 < told[0].high and told[0].p < 1e-6
    assert told[1].effect == 0 and told[1].p == 1 and told[1].low < 0 < told[1].high


def test_a_film_a_patient_is_welchs_test() -> None:
    rng = np.random.default_rng(2)
    a, b = rng.normal(0, 1, 400), rng.normal(0.15, 2, 300)
    told = compare_groups(pd.DataFrame({"x": a}), pd.DataFrame({"x": b}), (np.arange(400), np.arange(400, 700)))
    assert told[0].p == pytest.approx(ttest_ind(a, b, equal_var=False).pvalue, rel=0.1)


def test_many_films_of_few_patients_prove_little() -> None:
    rng = np.random.default_rng(3)
    person = rng.normal(size=40)
    films = np.repeat(np.arange(40), 100)
    values = person[films] + rng.normal(0, 0.1, 4000)
    first, second = films < 20, films >= 20
    table = pd.DataFrame({"x": values})
    told = compare_groups(table[first], table[second], (films[first], films[second]))[0]
    naive = ttest_ind(values[first], values[second]).pvalue
    assert naive < 1e-3 < told.p


def test_what_is_known_of_too_few_or_never_differs_is_left_out() -> None:
    first = pd.DataFrame({"rare": [1.0] * 5 + [np.nan] * 45, "same": 1.0, "age": np.arange(50.0)})
    told = compare_groups(first, first, (np.arange(50), np.arange(50)))
    assert [one.measure for one in told] == ["age"] and told[0].effect == 0 and told[0].p == 1


def test_one_that_is_apart_altogether_does_not_press_the_others_together() -> None:
    told = [Shift("width", 1.0, 9.0, -24.0, -26.0, -22.0, 0.0, (50, 50)),
            Shift("age", 1.0, 2.0, 0.3, 0.1, 0.5, 0.01, (50, 50))]
    figure = draw_shifts(told)
    assert figure.layout.xaxis.range == (-4, 4) and "-24.0" in figure.layout.annotations[0].text
    assert figure.layout.annotations[0].y == "width"
    near = draw_shifts([told[1], Shift("sex", 1.0, 1.0, 0.1, np.nan, np.nan, np.nan, (50, 50))])
    assert near.layout.xaxis.range[1] == pytest.approx(0.525) and not near.layout.annotations
