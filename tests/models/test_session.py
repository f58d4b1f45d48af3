"""A network is built whole, whatever pages end while it is built."""

from __future__ import annotations

import keras
import pytest
from keras.src.backend.common.global_state import clear_session

from cxr_core.models.gradients import keep_session


def test_a_session_that_is_cleared_in_the_middle_gives_no_name_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    def names() -> list[str]:
        first = keras.layers.Conv2D(1, 1)
        keras.backend.clear_session()  # as Streamlit does after each run of a page
        return [first.name, keras.layers.Conv2D(1, 1).name]

    monkeypatch.setattr(keras.backend, "clear_session", clear_session)  # whatever ran before; put back afterwards
    keras.backend.clear_session()
    assert len(set(names())) == 1  # what goes wrong without it
    keep_session()
    assert len(set(names())) == 2
