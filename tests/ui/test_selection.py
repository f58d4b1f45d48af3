"""A selection survives its way through an address, and an address asks nothing that there is not."""

from __future__ import annotations

import pytest

from cxr_core.datasets.counts import Selection
from cxr_core.ui.selection import from_address, to_address


@pytest.mark.parametrize("chosen", [
    Selection(), Selection(any_of=("Mass", "Nodule"), none_of=("No Finding",), sex="F"),
    Selection(all_of=("Effusion",), age=(40, 60), view="AP", follow_up=(0, 3), split="test", boxed=True), Selection(boxed=False),
])
def test_an_address_leads_back_to_its_selection(chosen: Selection) -> None:
    assert from_address(to_address(chosen)) == chosen


def test_the_address_of_everything_is_empty() -> None:
    assert to_address(Selection()) == {}


@pytest.mark.parametrize("words", [
    {"any_of": "Cough,,<script>"}, {"age": "60-40"}, {"age": "0-1000"}, {"age": "young"}, {"sex": "X"}, {"split": "../.."},
    {"boxed": "perhaps"}, {"follow_up": "-3"}, {"patient": "123"},
])
def test_what_an_address_cannot_ask_is_left_out(words: dict[str, str]) -> None:
    assert from_address(words) == Selection()
