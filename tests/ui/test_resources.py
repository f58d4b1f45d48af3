"""What the pages share."""

from __future__ import annotations

from pathlib import Path

from cxr_core.ui import resources


def test_a_page_that_ends_does_not_disturb_a_network_that_is_being_built(tiny_weights: Path) -> None:
    """Streamlit clears Keras's session after each run of a page; layers were then numbered from 0 in all threads."""
    from streamlit.runtime.scriptrunner.script_runner import _clean_problem_modules

    resources.classifier("resnet18-128-nih14")
    import keras

    names = []
    for _ in range(3):
        names.append(keras.layers.Dense(1).name)
        _clean_problem_modules()
    assert len(set(names)) == 3
