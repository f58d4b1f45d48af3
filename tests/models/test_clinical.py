"""Clinical inputs: known values in their places, neutral ones where unknown, and the network that takes them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cxr_core.datasets.index import Index
from cxr_core.errors import ClinicalInputError
from cxr_core.findings import NIH14
from cxr_core.models.clinical import (
    COUNT, NAMES, ClinicalInputs, encode_index, fill, hide, neutral_values, parse_history,
)
from cxr_core.models.registry import find_spec

MODEL = "densenet121-224-nih14-clinical"
NEUTRAL = np.linspace(0.1, 0.9, COUNT, dtype=np.float32)
WHOLE = ClinicalInputs(age=58, sex="M", view="AP", history=("Nodule", "Mass"))


def test_what_is_known_stands_in_its_place() -> None:
    seen = dict(zip(NAMES, WHOLE.encode(NEUTRAL)))
    assert seen.pop("age") == pytest.approx(0.58) and seen.pop("sex") == 1 and seen.pop("view") == 1
    assert {name for name, value in seen.items() if value} == {"history_Mass", "history_Nodule"}
    assert ClinicalInputs(0, "F", "PA", ()).encode(NEUTRAL).sum() == 0
    assert WHOLE.encode(NEUTRAL).dtype == np.float32 and len(NAMES) == COUNT == 17


def test_what_is_unknown_stands_at_its_neutral_value_and_never_at_zero() -> None:
    np.testing.assert_array_equal(ClinicalInputs().encode(NEUTRAL), NEUTRAL)
    assert ClinicalInputs(sex="F").unknown == ("age", "view", "history")
    assert ClinicalInputs(sex="F").encode(NEUTRAL)[1] == 0
    no_history = ClinicalInputs(58, "M", "AP").encode(NEUTRAL)
    np.testing.assert_array_equal(no_history[3:], NEUTRAL[3:])


def test_an_unknown_history_is_not_an_empty_one() -> None:
    assert ClinicalInputs(history=()).unknown == ("age", "sex", "view") != ClinicalInputs().unknown
    assert not ClinicalInputs(history=()).encode(NEUTRAL)[3:].any()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [({"age": 300}, "300"), ({"age": float("nan")}, "nan"), ({"age": -1}, "-1"), ({"sex": "O"}, "'O'"),
     ({"view": "LATERAL"}, "LATERAL"), ({"history": ("Measles",)}, "Measles")],
)
def test_what_the_network_cannot_take_is_refused_in_words(wrong: dict, said: str) -> None:
    with pytest.raises(ClinicalInputError, match=said):
        ClinicalInputs(**wrong)


def test_a_history_is_read_in_any_order_and_kept_in_nihs() -> None:
    assert parse_history("Nodule|Mass") == ("Mass", "Nodule") and parse_history("No Finding") == ()
    with pytest.raises(ClinicalInputError, match="Measles"):
        parse_history("Mass|Measles")


def test_an_index_is_encoded_as_its_films_are_alone() -> None:
    index = Index(Path(), pd.DataFrame({
        "age": [58, np.nan, 414], "sex": ["M", "F", "O"], "view": ["AP", "PA", "L"], "history": ["Mass|Nodule", "", None],
    }))
    rows = encode_index(index)
    np.testing.assert_array_equal(rows[0], WHOLE.values())
    np.testing.assert_array_equal(rows[1], ClinicalInputs(None, "F", "PA", ()).values())
    assert np.isnan(rows[2]).all()
    np.testing.assert_array_equal(fill(rows, NEUTRAL)[2], NEUTRAL)


def test_the_neutral_value_is_the_mean_of_what_is_known() -> None:
    rows = np.zeros((4, COUNT), np.float32)
    rows[0, 0], rows[:3, 1], rows[3, 0] = 0.9, 1, np.nan
    neutral = neutral_values(rows)
    assert neutral[:2] == pytest.approx([0.3, 0.75]) and neutral.dtype == np.float32
    with pytest.raises(ClinicalInputError, match="view"):
        neutral_values(hide(rows, ("view",)))


def test_the_published_network_has_the_published_number_of_parameters() -> None:
    from cxr_core.models.networks import build

    model = build(find_spec(MODEL))
    assert model.count_params() == 7_053_182  # Crobu, Di Ciaccio 2019
    assert [tuple(one.shape) for one in model.inputs] == [(None, 224, 224, 3), (None, 17)]
    way, layer = [], model.get_layer("logits")
    while layer.name != "clinical":
        way.append((layer.name, layer.output.shape[-1]))
        before = layer.input if isinstance(layer.input, list) else [layer.input]
        layer = before[-1]._keras_history.operation
    assert way == [("logits", len(NIH14)), ("film_and_clinical", 1040), ("clinical_dense2", 16), ("clinical_dense1", 32)]
    assert model.get_layer("film_and_clinical").input[0] is model.get_layer("avg_pool").output
    assert model.get_layer("probabilities").activation.__name__ == "sigmoid"
