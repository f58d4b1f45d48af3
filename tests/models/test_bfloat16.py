"""Gradients rounded to bfloat16: where, by how much, and that nothing else is."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rounding import assert_same_answer

from cxr_core.explain.baselines import make_baselines
from cxr_core.explain.integrated_gradients import integrated_gradients
from cxr_core.imaging.phantom import make_phantom
from cxr_core.imaging.prepare import ends, prepare
from cxr_core.imaging.read import read_radiograph

NETWORKS = ["resnet18-128-nih14", "mobilenet-128-nih6", "inceptionv3-299-nih15", "xception-128-nih14",
            "xception-299-nih14", "resnet18-224-covid3", "customcnn-224-covid3", "densenet121-224-nih14-clinical"]


def relative(values: np.ndarray, others: np.ndarray) -> float:
    return float(np.linalg.norm(values - others) / np.linalg.norm(others))


@pytest.mark.parametrize("flags, onednn, gpus, multiplies", [
    ("flags : avx512f avx512_bf16", None, [], True), ("flags : amx_bf16 amx_tile", "1", [], True),
    ("flags : avx512f", None, [], False), ("flags : avx512_bf16", "0", [], False),
    ("flags : avx512_bf16", None, ["GPU:0"], False),
])
def test_a_processor_that_multiplies_bfloat16_is_known(
    flags: str, onednn: str | None, gpus: list[str], multiplies: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cxr_core.models import bfloat16 as room

    (tmp_path / "cpuinfo").write_text(flags)
    monkeypatch.setattr(room, "_CPUINFO", tmp_path / "cpuinfo")
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    monkeypatch.setattr("tensorflow.config.list_physical_devices", lambda kind: gpus)
    monkeypatch.delenv("TF_ENABLE_ONEDNN_OPTS", raising=False)
    if onednn is not None:
        monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", onednn)
    assert room.multiplies_bfloat16() == multiplies
    (tmp_path / "cpuinfo").unlink()
    assert not room.multiplies_bfloat16()  # nobody tells


def test_gradients_are_rounded_on_their_way_back_and_outputs_are_not() -> None:
    import keras

    from cxr_core.models.gradients import compile_network

    keras.utils.set_random_seed(2)
    films = inputs = keras.Input((33, 33, 1))
    for layer in (
        keras.layers.Conv2D(8, 3, strides=2, padding="same", activation="relu"),
        keras.layers.Conv2D(8, (1, 7), dilation_rate=(1, 2), padding="same", activation="relu"),
        keras.layers.SeparableConv2D(16, 3, activation="relu"), keras.layers.Conv2D(8, 3, strides=2),
        keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(2),
    ):
        films = layer(films)
    model = keras.Model(inputs, films)
    batch = np.random.default_rng(0).uniform(-1, 1, (3, 33, 33, 1)).astype(np.float32)
    (outputs, slopes), (same, rounded) = (compile_network(model, way).gradients(batch, (0, 1)) for way in (False, True))
    assert_same_answer(same, outputs)
    assert 1e-4 < relative(rounded, slopes) < 0.02  # to 8 bits, four times over


def test_under_jax_films_of_any_number_have_their_own_gradients_from_few_shapes() -> None:
    pytest.importorskip("jax")
    code = (
        "import keras, numpy as np\n"
        "from cxr_core.models.gradients import compile_network\n"
        "films = keras.Input((8, 8, 1))\n"
        "made = keras.layers.Dense(3)(keras.layers.Flatten()(keras.layers.Conv2D(4, 3, activation='relu')(films)))\n"
        "gradients = compile_network(keras.Model(films, made), True).gradients\n"
        "batch = np.random.default_rng(0).normal(size=(5, 8, 8, 1)).astype(np.float32)\n"
        "alone = [gradients(one[None], (2, 0)) for one in batch]\n"
        "for count in (1, 2, 3, 5):\n"
        "    outputs, slopes = gradients(batch[:count], (2, 0))\n"
        "    assert outputs.shape == (count, 2) and slopes.shape == (2, count, 8, 8, 1)\n"
        "    np.testing.assert_allclose(outputs, np.concatenate([one[0] for one in alone[:count]]), atol=1e-5)\n"
        "    np.testing.assert_allclose(slopes, np.concatenate([one[1] for one in alone[:count]], axis=1), atol=1e-5)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], env=os.environ | {"KERAS_BACKEND": "jax"}, capture_output=True,
                          text=True, cwd=Path(__file__).parents[2])
    assert done.returncode == 0, done.stderr


def test_what_was_not_measured_is_not_rounded(tiny_weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cxr_core.models import classifier as room
    from cxr_core.models.card import Origin

    asked: list[bool] = []
    compile_network = room.compile_network
    monkeypatch.setattr(room, "compile_network", lambda model, way: asked.append(way) or compile_network(model, way))
    monkeypatch.setattr(room, "multiplies_bfloat16", lambda: True)
    ours = room.load_classifier("resnet18-128-nih14")
    theirs = replace(ours.card, origin=Origin("chexnet", "a.h5", "0" * 64, (), "nobody"))
    room.Classifier(ours.spec, theirs, ours._model)
    monkeypatch.setattr(room, "multiplies_bfloat16", lambda: False)
    room.Classifier(ours.spec, ours.card, ours._model)
    assert asked == [True, False, False]


@pytest.mark.parametrize("model_id", NETWORKS)
def test_rounding_leaves_a_trained_network_s_map_as_it_is(model_id: str) -> None:
    from cxr_core.models.bfloat16 import multiplies_bfloat16
    from cxr_core.models.classifier import load_classifier
    from cxr_core.models.measuring import in_float32

    if not multiplies_bfloat16():
        pytest.skip("this processor does not multiply bfloat16: no gradient is rounded here")
    rounded = load_classifier(model_id)
    film = prepare(read_radiograph(make_phantom()), rounded.spec)[0]
    one, other = (
        integrated_gradients(lambda batch: way.gradients(batch, (0,)), film, make_baselines(film, ends(rounded.spec)),
                             steps=4, first=4, inner_batch=4, tolerance=0).values
        for way in (rounded, in_float32(rounded))
    )
    assert 0 < relative(one, other) < 0.05
