"""A clinical classifier: told of the patient it scores and explains the film with that held fixed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tiny_training as tiny
from rounding import assert_same_answer

from cxr_core.errors import ClinicalInputError, WeightsCorrupt
from cxr_core.imaging.phantom import make_phantom
from cxr_core.models.card import load_card, write_card
from cxr_core.models.clinical import ClinicalInputs
from cxr_core.models.registry import MODELS
from cxr_core.reading import explain_film, read_film, rescore

MODEL = tiny.CLINICAL.id
OLD_MAN = ClinicalInputs(80, "M", "AP", ("Mass", "Edema"))


@pytest.fixture
def weights(tiny_models: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CXR_WEIGHTS", str(tmp_path))
    tiny.write_clinical_weights(tmp_path)
    return tmp_path / MODEL


@pytest.fixture
def classifier(weights: Path):
    from cxr_core.models.classifier import load_classifier

    return load_classifier(MODEL)


def a_film() -> np.ndarray:
    return np.random.default_rng(3).uniform(-1, 1, (1, *tiny.CLINICAL.input_shape)).astype(np.float32)


def test_a_card_with_clinical_values_comes_back_equal(weights: Path, tmp_path: Path) -> None:
    card = load_card(weights)
    assert card.clinical.neutral == tiny.NEUTRAL
    write_card(tmp_path, card)
    assert load_card(tmp_path) == card


def test_a_model_told_of_the_patient_scores_as_its_network_does(classifier, weights: Path) -> None:
    from cxr_core.models.weights import load_weights

    network = tiny.build(tiny.CLINICAL)
    load_weights(network, weights, classifier.card)
    told = np.array([[0.8, 1, 1, *[0] * 3, 1, *[0] * 5, 1, *[0] * 4]], np.float32)  # Edema is the 4th, Mass the 10th
    assert_same_answer(classifier.knowing(OLD_MAN).predict(a_film()), np.asarray(network([a_film(), told])))


def test_nothing_known_is_the_neutral_patient_and_not_a_row_of_zeros(classifier) -> None:
    untold, nothing = classifier.predict(a_film()), classifier.knowing(ClinicalInputs()).predict(a_film())
    np.testing.assert_array_equal(untold, nothing)
    zeros = classifier.knowing(ClinicalInputs(0, "F", "PA", ())).predict(a_film())
    assert np.abs(zeros - nothing).min() > 1e-4


def test_telling_one_patient_leaves_the_model_as_it_was(classifier) -> None:
    before = classifier.predict(a_film())
    assert np.abs(classifier.knowing(OLD_MAN).predict(a_film()) - before).min() > 1e-4
    np.testing.assert_array_equal(classifier.predict(a_film()), before)


def test_the_gradient_is_the_films_slope_for_this_patient(classifier) -> None:
    told, film = classifier.knowing(OLD_MAN), a_film().repeat(3, axis=0)
    outputs, slopes = told.gradients(film, (1,))
    step = 1e-2 * slopes[0] / np.linalg.norm(slopes[0][0])
    rise = told.outputs(film + step, (1,)) - told.outputs(film - step, (1,))
    assert rise[0, 0] == pytest.approx(2e-2 * np.linalg.norm(slopes[0][0]), rel=0.1)
    np.testing.assert_allclose(outputs, told.outputs(film, (1,)), atol=1e-5)
    assert slopes.shape == (1, *film.shape)


def test_grad_cam_knows_the_patient_and_is_compiled_once_for_all(classifier, monkeypatch: pytest.MonkeyPatch) -> None:
    from cxr_core.models import classifier as room

    maps, slopes = classifier.knowing(OLD_MAN).features(a_film(), (0,))

    def not_again(*_: object) -> None:
        raise AssertionError("compiled a second time")

    monkeypatch.setattr(room, "compile_gradients", not_again)
    other_maps, other_slopes = classifier.knowing(ClinicalInputs()).features(a_film(), (0,))
    np.testing.assert_array_equal(maps, other_maps)  # the film branch sees no patient
    assert slopes.shape == (1, *maps.shape) == other_slopes.shape


def test_a_map_accounts_for_the_change_of_the_score_with_the_patient_held_fixed(classifier) -> None:
    reading = read_film(make_phantom(300), MODEL, classifier=classifier, clinical=lambda tags: OLD_MAN)
    explained = explain_film(reading, "Mass", classifier=classifier, steps=64)
    told = classifier.knowing(OLD_MAN)
    change = told.outputs(reading.batch, (0,)) - told.outputs(np.full_like(reading.batch, -1), (0,))  # black is -1
    assert explained.attribution.values[0].sum() == pytest.approx(float(change[0, 0]), rel=0.02)
    assert explained.receipt.held == ("age", "sex", "view", "history")


def test_a_rescored_reading_is_the_one_read_so_at_once(classifier) -> None:
    film = make_phantom(300)
    plain = read_film(film, MODEL, classifier=classifier)
    assert plain.clinical == ClinicalInputs()  # a PNG has no tags
    at_once = read_film(film, MODEL, classifier=classifier, clinical=lambda tags: replace(tags, age=80, sex="M"))
    assert rescore(plain, ClinicalInputs(80, "M"), classifier).prediction == at_once.prediction != plain.prediction


def test_a_model_without_clinical_inputs_takes_none(tiny_weights: Path) -> None:
    with pytest.raises(ClinicalInputError, match="takes no age"):
        read_film(make_phantom(300), "resnet18-128-nih14", clinical=lambda tags: OLD_MAN)


def test_a_clinical_card_without_neutral_values_is_not_used(weights: Path) -> None:
    from cxr_core.models.classifier import load_classifier

    write_card(weights, replace(load_card(weights), clinical=None))
    with pytest.raises(WeightsCorrupt, match="neutral"):
        load_classifier(MODEL)


def test_the_published_network_folds_to_the_same_function() -> None:
    import keras

    from cxr_core.models.folding import fold_batch_norms
    from cxr_core.models.networks import build

    spec = replace(MODELS["densenet121-224-nih14-clinical"], size=32)
    keras.utils.set_random_seed(1)
    rng, model = np.random.default_rng(0), build(spec)
    norms = [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]
    for norm in norms:
        norm.set_weights([rng.uniform(0.5, 1.5, weight.shape) for weight in norm.get_weights()])
    folded = fold_batch_norms(model)
    film, told = rng.uniform(-1, 1, (2, *spec.input_shape)).astype("f"), rng.uniform(0, 1, (2, 17)).astype("f")
    logits = [keras.Model(one.inputs, one.get_layer("logits").output) for one in (model, folded)]
    plain, fast = (np.asarray(one([film, told])) for one in logits)
    np.testing.assert_allclose(fast, plain, atol=1e-4 * np.abs(plain).max())
    left = [layer for layer in folded.layers if isinstance(layer, keras.layers.BatchNormalization)]
    assert len(left) <= len(norms) - 59  # the stem's, and one of the two in each of the 58 dense blocks' layers
