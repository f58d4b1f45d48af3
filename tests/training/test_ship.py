"""A finished run becomes a folder of weights whose stored results say where they come from."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
import tiny_training as tiny

from cxr_core.evaluation.results import load_results
from cxr_core.models.registry import MODELS


@pytest.fixture
def registered():
    tiny.register()
    yield
    del MODELS[tiny.SPEC.id]


def test_results_are_stored_with_their_provenance(tmp_path: Path, registered: None) -> None:
    import keras

    from cxr_core.training.assess import assess

    drawn = tiny.draw_films(tmp_path)
    splits = np.array(["val", "test", "test", "test_wide"])[np.arange(120) % 4]
    index = type(drawn)(tmp_path, drawn.table.assign(split=splits, slice=["natural", "picked"] * 60))
    run, out = tmp_path / "run", tmp_path / tiny.SPEC.id
    run.mkdir()
    keras.utils.set_random_seed(1)
    tiny.build(tiny.SPEC).save_weights(run / "best.weights.h5")
    pd.DataFrame({"epoch": [1], "seconds": [1.0]}).to_csv(run / "history.csv", index=False)
    card = assess(tiny.RECIPE, index, run, hardware="none", out=out)
    told = load_results(out)
    assert len(told) == 90 and told.subsets == ("test", "test_wide")
    assert told.provenance.kind == "shipped" and told.provenance.digest == card.weights.sha256
    np.testing.assert_allclose(told.probability, card.calibrate(told.raw), atol=1e-6)
