"""A classifier: gradients that are slopes, weights that are what the card says."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from rounding import assert_same_answer

from cxr_core.errors import ScoreError, WeightsCorrupt, WeightsMissing
from cxr_core.models.card import load_card, write_card
from cxr_core.models.registry import find_spec

MODEL = "resnet18-128-nih14"


def a_film() -> np.ndarray:
    return np.random.default_rng(3).uniform(-1, 1, (1, 128, 128, 1)).astype(np.float32)


def test_a_gradient_is_the_slope_of_its_output(tiny_weights: Path) -> None:
    from cxr_core.models.classifier import load_classifier

    classifier, film = load_classifier(MODEL), a_film()
    outputs, slopes = classifier.gradients(film, (4, 0))
    step = 1e-2 * slopes[0] / np.linalg.norm(slopes[0])
    up, down = classifier.gradients(film + step, (4,))[0], classifier.gradients(film - step, (4,))[0]
    assert float((up - down)[0, 0]) == pytest.approx(2e-2 * np.linalg.norm(slopes[0]), rel=0.1)
    assert outputs.shape == (1, 2) and slopes.shape == (2, 1, 128, 128, 1)


def test_another_finding_costs_no_other_trace_and_logit_and_probability_share_theirs(
    tiny_weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cxr_core.models import gradients as room
    from cxr_core.models.classifier import load_classifier
    from cxr_core.models.measuring import in_float32

    traced, forward = [], room._forward
    monkeypatch.setattr(room, "_forward", lambda *inputs: traced.append(inputs) or forward(*inputs))
    classifier, film = in_float32(load_classifier(MODEL)), a_film()
    classifier.trace()
    probability, logit = classifier.predict(film)[0], classifier.outputs(np.concatenate([film, -film]), (4, 0))[0]
    assert_same_answer(1 / (1 + np.exp(-logit)), probability[[4, 0]])
    of_logit = classifier.gradients(film.repeat(3, axis=0), (4,))[1][0, 0]
    outputs, slopes = classifier.gradients(film, (4,), of="probability")
    assert outputs[0, 0] == pytest.approx(probability[4], abs=1e-5)
    assert_same_answer(slopes[0, 0], probability[4] * (1 - probability[4]) * of_logit, 1e-4)
    assert not np.allclose(classifier.gradients(film, (0,))[1][0, 0], of_logit)
    assert len(traced) == 2


def test_a_film_scores_the_same_alone_and_among_others(tiny_weights: Path) -> None:
    from cxr_core.models.classifier import load_classifier

    classifier, film = load_classifier(MODEL), a_film()
    np.testing.assert_array_equal(classifier.predict(np.concatenate([film, -film]))[0], classifier.predict(film)[0])


def test_a_score_that_is_no_number_is_refused_and_says_whose(tiny_weights: Path) -> None:
    from cxr_core.models.classifier import load_classifier

    classifier, film = load_classifier(MODEL), a_film()
    bias = classifier._model.get_layer("logits").weights[1]
    bias.assign(np.where(np.arange(14) == 4, np.nan, np.asarray(bias)))
    with pytest.raises(ScoreError, match=f"{MODEL} gave nan for Effusion of film 1 of 2.*2 of 2 films"):
        classifier.predict(np.concatenate([film, -film]))
    with pytest.raises(ScoreError, match="this film"):
        classifier.predict_film(film)


def test_a_changed_weight_file_is_not_loaded(tiny_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cxr_core.models.classifier import load_classifier

    shutil.copytree(tiny_weights / MODEL, tmp_path / MODEL)
    file = tmp_path / MODEL / "model.safetensors"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    monkeypatch.setenv("CXR_WEIGHTS", str(tmp_path))
    with pytest.raises(WeightsCorrupt, match="sha256"):
        load_classifier(MODEL)


def test_missing_weights_are_named_with_the_way_to_get_them(
    tiny_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cxr_core.models.weights import find_weights, has_weights

    assert has_weights(find_spec(MODEL)) and not has_weights(find_spec("inceptionv3-299-nih15"))
    monkeypatch.setenv("CXR_WEIGHTS", str(tmp_path))
    assert not has_weights(find_spec(MODEL))
    with pytest.raises(WeightsMissing, match="cxr_core train"):
        find_weights(find_spec(MODEL))


def test_a_card_comes_back_equal(tiny_weights: Path, tmp_path: Path) -> None:
    card = load_card(tiny_weights / MODEL)
    write_card(tmp_path, card)
    assert load_card(tmp_path) == card


def test_weights_go_into_a_network_built_after_others(tmp_path: Path) -> None:
    from cxr_core.models.networks import build
    from cxr_core.models.weights import load_weights, save_weights

    spec = replace(find_spec("inceptionv3-299-nih15"), size=75)
    first, second = build(spec), build(spec)  # Keras numbers the layers of the second after those of the first
    digest = save_weights(first, tmp_path / "model.safetensors", dtype=np.float32)
    told = SimpleNamespace(model=SimpleNamespace(id=spec.id), weights=SimpleNamespace(file="model.safetensors", sha256=digest))
    load_weights(second, tmp_path, told)
    for one, other in zip(first.weights, second.weights, strict=True):
        np.testing.assert_array_equal(one, other)


def test_memory_that_is_short_is_said_as_such_and_not_as_a_fault_of_the_program() -> None:
    import keras
    import tensorflow as tf

    from cxr_core.models.gradients import compile_network

    class Greedy(keras.layers.Layer):
        """Asks for a million gigabytes."""

        def call(self, films):
            return tf.reduce_sum(tf.sort(tf.broadcast_to(films[:, 0, 0], (2**30, 2**20))), axis=0, keepdims=True)

        def compute_output_shape(self, shape):
            return (1, 2**20)

    films = keras.Input((4, 4, 1))
    network = compile_network(keras.Model(films, Greedy()(films)))
    with pytest.raises(MemoryError, match="too short"):
        network.outputs(np.zeros((1, 4, 4, 1), np.float32))
