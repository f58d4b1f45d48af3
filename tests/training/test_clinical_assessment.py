"""What ships with a clinical model: its rows with and without history, its neutral values, how its scores move."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tiny_training as tiny
from rounding import assert_same_answer

from cxr_core.datasets.history import with_history
from cxr_core.datasets.index import Index
from cxr_core.errors import WeightsCorrupt
from cxr_core.evaluation.bootstrap import auc
from cxr_core.models.card import Card, load_card, write_card
from cxr_core.models.clinical import ClinicalInputs
from cxr_core.models.registry import MODELS
from cxr_core.models.spec import ModelSpec
from cxr_core.training.assess import assess
from cxr_core.training.clinical import neutral_of
from cxr_core.training.films import load_films, network_input

RECIPE = replace(tiny.RECIPE, model_id=tiny.CLINICAL.id)


@pytest.fixture(scope="module")
def index(tiny_models: None, tmp_path_factory: pytest.TempPathFactory) -> Index:
    """Drawn films, three of each patient, in four parts."""
    films = tiny.draw_films(tmp_path_factory.mktemp("films"))
    patient = films.table.index // 3
    table = films.table.assign(
        patient=patient, follow_up=films.table.index % 3, slice=np.where(patient % 2, "natural", "picked"),
        split=np.array(["train", "val", "test", "test", "test_wide"])[patient % 5],
    )
    return with_history(replace(films, table=table), table)


@pytest.fixture(scope="module")
def shipped(index: Index, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that knows sex and an earlier Mass alone: each raises its Mass, and nothing else does anything."""
    run, out = tmp_path_factory.mktemp("run"), tmp_path_factory.mktemp("weights") / tiny.CLINICAL.id
    model = tiny.build(tiny.CLINICAL)
    kernels = {"told": np.zeros((17, 8), np.float32), "logits": np.zeros((16, 2), np.float32)}
    kernels["told"][1, 0], kernels["told"][12, 1] = 1, 1  # the inputs sex and earlier Mass
    kernels["logits"][8, 0], kernels["logits"][9, 0] = 1, 2
    for name, kernel in kernels.items():
        layer = model.get_layer(name)
        layer.set_weights([kernel, np.zeros_like(layer.get_weights()[1])])
    model.save_weights(run / "best.weights.h5")
    pd.DataFrame({"epoch": [1], "seconds": [1.0]}).to_csv(run / "history.csv", index=False)
    assess(RECIPE, index, run, hardware="none", out=out)
    return out


@pytest.fixture
def card(shipped: Path) -> Card:
    return load_card(shipped)


def test_a_row_tells_the_model_no_history_and_another_holds_first_films_alone(card: Card, index: Index) -> None:
    rows = {subset.name: subset for subset in card.subsets}
    test = index.where(index.table["split"] == "test")
    first = test.where(test.table["follow_up"] == 0)
    assert rows["test, history unknown"].n == rows["test, history zeroed"].n == rows["test"].n == len(test)
    assert rows["test, first films"].n == rows["test, first films"].patients == len(first)

    def worth(part: Index, history: np.ndarray | float) -> float:
        told = (part.table["sex"] == "M") + 2 * history
        return auc(part.targets(("Mass",))[:, 0], told.to_numpy(float))

    seen, mass = test.table["history"].str.contains("Mass").astype(float), card.finding("Mass").figures
    assert mass["test"].auc == pytest.approx(worth(test, seen))
    assert mass["test, history zeroed"].auc == mass["test, history unknown"].auc == pytest.approx(worth(test, 0.0))
    assert mass["test, first films"].auc == pytest.approx(worth(first, 0.0))
    assert mass["test"].auc != mass["test, history zeroed"].auc


def test_the_effects_are_those_of_what_the_model_knows(card: Card) -> None:
    moved = {effect.input: effect.change for effect in card.clinical.effects}
    mass, effusion = np.array(list(moved.values())).T
    assert not effusion.any()
    assert dict(zip(moved, mass != 0)) == {
        "age from 40 to 70 years": False, "sex from F to M": True, "view from PA to AP": False,
        "history from unknown to no earlier finding": True, "the same finding on an earlier film, against none": True,
    }


def test_the_card_states_the_neutral_values_of_the_training_films(card: Card, index: Index) -> None:
    assert card.clinical.neutral == tuple(map(float, neutral_of(RECIPE, index)))
    assert any("first visit" in limit for limit in card.use.limits)


def test_stored_scores_are_what_the_model_says_when_told_of_each_patient(
    shipped: Path, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cxr_core.models.classifier import load_classifier

    monkeypatch.setenv("CXR_WEIGHTS", str(shipped.parent))
    classifier = load_classifier(tiny.CLINICAL.id)
    stored = pd.read_parquet(shipped / "results.parquet").set_index("image")
    some = index.where(index.table["image"].isin(stored.index[::7]))
    films = load_films(some, tiny.CLINICAL.size)
    by_index = classifier.predict(network_input(films, tiny.CLINICAL), some)
    for place, film in enumerate(some.table.itertuples()):
        told = ClinicalInputs(film.age, film.sex, film.view, tuple(filter(None, film.history.split("|"))))
        raw = classifier.knowing(told).predict(network_input(films[place:place + 1], tiny.CLINICAL))[0]
        np.testing.assert_array_equal(by_index[place], raw)
        assert raw == pytest.approx(stored.loc[film.image, ["score_Mass", "score_Effusion"]].to_numpy(float), abs=1e-5)


def test_a_test_set_without_first_films_has_no_row_of_them(shipped: Path, index: Index, tmp_path: Path) -> None:
    from cxr_core.training.assess import appraise

    later = index.where((index.table["split"] != "test") | (index.table["earlier"] > 0))
    model = tiny.build(tiny.CLINICAL)
    card = appraise(load_card(shipped), model, tiny.CLINICAL, later, tmp_path)
    assert [one.name for one in card.subsets if one.name.startswith("test,")] == [
        "test, history unknown", "test, history zeroed", "test, film not seen",
    ]


@pytest.fixture
def ensemble(index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[ModelSpec, Index]:
    """An ensemble of one network, whose films are the likelier to have a Mass when an earlier one had."""
    import keras

    monkeypatch.setenv("CXR_WEIGHTS", str(tmp_path))
    (tmp_path / "run").mkdir()
    keras.utils.set_random_seed(1)
    tiny.build(tiny.SPEC).save_weights(tmp_path / "run" / "best.weights.h5")
    pd.DataFrame({"epoch": [1], "seconds": [1.0]}).to_csv(tmp_path / "run" / "history.csv", index=False)
    assess(tiny.RECIPE, index, tmp_path / "run", hardware="none")
    spec = replace(tiny.CLINICAL, id="tiny-told", network="ensemble", scaling="unit", members=(tiny.SPEC.id,))
    monkeypatch.setitem(MODELS, spec.id, spec)
    again = index.table["history"].str.contains("Mass").to_numpy() & (index.table["split"] == "train").to_numpy()
    told = index.table["labels"].where(~again, "Mass")
    return spec, replace(index, table=index.table.assign(labels=told))


def test_an_ensemble_learns_from_train_alone_what_the_patient_tells(ensemble: tuple[ModelSpec, Index]) -> None:
    from cxr_core.models.clinical import NAMES
    from cxr_core.training.log_odds import learn_log_odds

    spec, index = ensemble
    told = learn_log_odds(index, spec.findings)
    odds = np.array(told.log_odds)
    assert odds.shape == (2, 17) and odds[0].argmax() == NAMES.index("history_Mass")
    assert told.neutral == tuple(map(float, neutral_of(RECIPE, index)))
    others = (index.table["split"] != "train").to_numpy()
    swapped = index.table.assign(labels=index.table["labels"].where(~others, "Effusion"))
    assert learn_log_odds(replace(index, table=swapped), spec.findings) == told


@pytest.mark.parametrize("everywhere", ["No Finding", "Effusion"])
def test_of_a_finding_that_no_film_of_train_has_or_every_one_an_ensemble_learns_nothing(
    ensemble: tuple[ModelSpec, Index], everywhere: str
) -> None:
    from cxr_core.training.log_odds import learn_log_odds

    spec, index = ensemble
    train = (index.table["split"] == "train").to_numpy()
    one_class = index.table["labels"].where(~train, everywhere)
    told = learn_log_odds(replace(index, table=index.table.assign(labels=one_class)), spec.findings)
    assert not np.any(told.log_odds) and np.shape(told.log_odds) == (2, 17)


def test_an_ensemble_scores_each_film_with_its_patient_and_is_refused_when_the_odds_change(
    ensemble: tuple[ModelSpec, Index], tmp_path: Path
) -> None:
    from cxr_core.models.classifier import load_classifier
    from cxr_core.training.assess_ensemble import assess_ensemble

    spec, index = ensemble
    card = assess_ensemble(spec, index)
    assert "first visit" in card.use.limits[-2] and "not seen" in card.use.limits[-1] and "log odds" in card.training.initialisation
    assert {"test, history unknown", "test, film not seen", "test, first films"} <= {one.name for one in card.subsets}
    moved = {effect.input: effect.change for effect in card.clinical.effects}
    assert abs(moved["the same finding on an earlier film, against none"][0]) > 1e-6

    together, member = load_classifier(spec.id), load_classifier(tiny.SPEC.id)
    stored = pd.read_parquet(tmp_path / spec.id / "results.parquet").set_index("image")
    some = index.where(index.table["image"].isin(stored.index[::7]))
    film = load_films(some, spec.size)
    raw = together.predict(network_input(film, spec), some)
    np.testing.assert_allclose(raw, stored.loc[some.table["image"], ["score_Mass", "score_Effusion"]], atol=1e-5)
    one, seen = network_input(film[:1], spec), network_input(film[:1], member.spec)
    alone = member.card.calibrate(member.predict(seen))
    np.testing.assert_allclose(together.predict(one), alone, atol=1e-5)  # told nothing, it is its members' mean
    told = ClinicalInputs(sex="M", history=("Mass",))
    beyond = told.encode(np.array(card.clinical.neutral, np.float32)) - np.array(card.clinical.neutral)
    logits = np.log(alone / (1 - alone)) + beyond @ np.array(card.clinical.log_odds).T
    np.testing.assert_allclose(together.knowing(told).predict(one), 1 / (1 + np.exp(-logits)), atol=1e-5)

    other = tuple(tuple(2 * value for value in row) for row in card.clinical.log_odds)
    write_card(tmp_path / spec.id, replace(card, clinical=replace(card.clinical, log_odds=other)))
    with pytest.raises(WeightsCorrupt, match="Measure it again"):
        load_classifier(spec.id)


@pytest.mark.parametrize("look", ["films", "clinical", "classes"])
def test_films_are_scored_a_block_at_a_time_to_the_same_scores(
    look: str, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    import keras

    from cxr_core.training import assess, assess_classes, clinical_assessment, films

    loaded, law = [], films.load_films

    def counted(part: Index, size: int) -> np.ndarray:
        loaded.append(len(part))
        return law(part, size)

    spec = tiny.CLINICAL if look == "clinical" else tiny.SPEC
    keras.utils.set_random_seed(1)
    model = tiny.build(spec)

    def scores() -> np.ndarray:
        if look == "films":
            return assess.score_films(model, spec, index)
        if look == "classes":
            return assess_classes.look(model, spec, index).raw
        return clinical_assessment.look(model, spec, neutral_of(RECIPE, index), index).raw()

    monkeypatch.setattr(films, "load_films", counted)
    at_once, loaded[:] = scores(), []
    monkeypatch.setattr(films, "BLOCK", 50)
    assert_same_answer(scores(), at_once)
    assert loaded == [50, 50, 20]
