"""A peer draws the map of our network in a process of its own; one whose environment lacks something says so."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from cxr_core.bench.peers import Peer
from cxr_core.errors import CxrError


def test_a_peer_explains_a_linear_network_exactly_and_one_that_is_not_there_names_its_setup(tmp_path: Path) -> None:
    import keras

    film = keras.Input((8, 8, 1))
    model = keras.Model(film, keras.layers.Dense(2, name="logits")(keras.layers.Flatten()(film)))
    model.save(tmp_path / "network.keras")
    ends = np.random.default_rng(0).normal(size=(2, 8, 8, 1)).astype(np.float32)
    np.save(tmp_path / "path.npy", ends)
    files = tmp_path / "network.keras", tmp_path / "path.npy", 1, tmp_path / "map.npy"
    weights = model.get_layer("logits").get_weights()[0][:, 1].reshape(8, 8)
    for name in ("saliency", "saliency_compiled"):  # as its guide calls it, and with a compiled gradient
        peer = Peer(name, Path(sys.executable), *files)
        values, seconds = peer.draw(4)
        peer.close()
        np.testing.assert_allclose(values, (ends[0] - ends[1])[..., 0] * weights, rtol=1e-4, atol=1e-6)
        assert seconds > 0 and peer.inner_batch in (5, 10, 25)
    with pytest.raises(CxrError, match="alibi/bin/pip install"):
        Peer("alibi", Path(sys.executable), *files)
    with pytest.raises(CxrError, match="cannot be run"):
        Peer("captum", tmp_path / "nobody", *files)
