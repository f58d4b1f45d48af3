"""A finished run becomes a folder of weights whose stored results say where they come from."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tiny_training as tiny

from cxr_core.cli import main
from cxr_core.datasets.sources import TITLES
from cxr_core.errors import TrainingError, WeightsCorrupt
from cxr_core.evaluation.results import load_results
from cxr_core.models.card import load_card, write_card
from cxr_core.models.registry import MODELS
from cxr_core.training.card_words import command, initialisation
from cxr_core.training.overrides import override
from cxr_core.training.recipes import find_recipe
from cxr_core.training.record import missing_epochs

ENSEMBLE = next(one.id for one in MODELS.values() if one.members)


def ship(tmp_path: Path, seed: int = 1):
    """A card, and the folder and films that it is of: 120 drawn films, a network of random weights."""
    import keras

    from cxr_core.training.assess import assess

    drawn = tiny.draw_films(tmp_path)
    splits = np.array(["val", "test", "test", "test_wide"])[np.arange(120) % 4]
    index = type(drawn)(tmp_path, drawn.table.assign(split=splits, slice=["natural", "picked"] * 60))
    run, out = tmp_path / "run", tmp_path / tiny.SPEC.id
    run.mkdir(exist_ok=True)
    keras.utils.set_random_seed(seed)
    tiny.build(tiny.SPEC).save_weights(run / "best.weights.h5")
    pd.DataFrame({"epoch": [1], "seconds": [1.0]}).to_csv(run / "history.csv", index=False)
    return assess(tiny.RECIPE, index, run, hardware="none", out=out), out, index


def test_results_are_stored_with_their_provenance(tmp_path: Path, tiny_models: None) -> None:
    card, out, _ = ship(tmp_path)
    told = load_results(out)
    assert len(told) == 90 and told.subsets == ("test", "test_wide")
    assert told.provenance.kind == "shipped" and told.provenance.digest == card.weights.sha256
    assert told.provenance.data == TITLES["nih_small"] and "train" in card.training.data  # scored are other films
    np.testing.assert_allclose(told.probability, card.calibrate(told.raw), atol=1e-6)


def test_an_ensemble_ships_by_reference_and_is_refused_when_a_member_changes(
    tmp_path: Path, tiny_models: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cxr_core.models.classifier import load_classifier
    from cxr_core.training.assess_ensemble import assess_ensemble

    monkeypatch.setenv("CXR_WEIGHTS", str(tmp_path))
    card, _, index = ship(tmp_path)
    spec = replace(tiny.SPEC, id="tiny-ensemble", network="ensemble", scaling="unit", members=(tiny.SPEC.id,))
    monkeypatch.setitem(MODELS, spec.id, spec)
    made = assess_ensemble(spec, index)
    assert load_results(tmp_path / spec.id).provenance.data == TITLES["nih_small"]
    assert [file.name for file in sorted((tmp_path / spec.id).iterdir())] == ["card.toml", "results.parquet"]
    assert made.subsets[0].mean_auc == pytest.approx(card.subsets[0].mean_auc, abs=1e-3)  # of one member: a copy of it
    film = np.random.default_rng(2).random((1, 16, 16, 1)).astype(np.float32)
    alone = card.calibrate(load_classifier(tiny.SPEC.id).predict(film * 2 - 1))
    np.testing.assert_allclose(load_classifier(spec.id).predict(film), alone, atol=1e-5)
    ship(tmp_path, seed=2)
    with pytest.raises(WeightsCorrupt, match="Measure it again"):
        load_classifier(spec.id)


@pytest.mark.parametrize(("model", "options", "said"), [
    (ENSEMBLE, ["--data", "films"], "is an ensemble.*Leave out --data"),
    (ENSEMBLE, ["--run", "run", "--hardware", "a GPU"], "is an ensemble.*Leave out --run and --hardware"),
    (ENSEMBLE, ["--table", "labels.csv"], "is an ensemble.*Leave out --table"),
    ("resnet18-128-nih14", ["--recalibrate", "--remeasure"], "two commands"),
    ("resnet18-128-nih14", ["--recalibrate", "--run", "run"], "Leave out --run"),
    ("resnet18-128-nih14", ["--remeasure", "--data", "films"], "Leave out --data"),
])
def test_an_option_that_would_not_be_heard_is_refused(
    model: str, options: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("CXR_WEIGHTS", str(tmp_path))  # nothing is shipped over, whatever is done
    assert main(["ship", model, *options]) == 2
    assert re.search(said, capsys.readouterr().err)


def test_films_of_ones_own_ship_without_the_reduced_sets_parts_and_words(tmp_path: Path, tiny_models: None) -> None:
    from cxr_core.training.assess import assess

    _, out, index = ship(tmp_path)
    own = type(index)(index.root, index.table[index.table["split"] != "test_wide"].drop(columns="slice"))
    card = assess(tiny.RECIPE, own, tmp_path / "run", hardware="none", out=out, data="films")
    assert [one.name for one in card.subsets] == ["test", "val"] and load_results(out).subsets == ("test",)
    assert card.training.command.endswith(" --data films") and "of films," in card.training.data
    assert not any("reduced" in one or "few films" in one for one in (*card.data.sources, *card.use.limits))
    made = load_results(out).provenance
    assert made.data == "the films of films"
    assert made.command.endswith(" --data films") and made.label_version == card.subsets[0].label_version
    assert made.label_version == "those of films"  # nobody knows which: never those of the reduced set
    first = type(own)(own.root, own.table, "2017")
    old = assess(tiny.RECIPE, first, tmp_path / "run", hardware="none", out=out, data="nih")
    assert {one.label_version for one in old.subsets} == {"Data_Entry_2017"} == {load_results(out).label_version}
    with pytest.raises(TrainingError, match="no film of test"):
        assess(tiny.RECIPE, own.where(own.table["split"] == "val"), tmp_path / "run", hardware="none", out=out)


def test_a_finding_that_val_never_has_ships_uncalibrated_and_that_is_said(
    tmp_path: Path, tiny_models: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cxr_core.models.classifier import load_classifier
    from cxr_core.training.assess import assess

    _, out, index = ship(tmp_path)
    here = (index.table["split"] == "val") & index.table["labels"].str.contains("Mass")
    card = assess(tiny.RECIPE, index.where(~here), tmp_path / "run", hardware="none", out=out)
    mass, effusion = load_card(out).findings
    assert mass.operating_point is None and mass.unsure is None and "val" not in mass.figures and mass.figures["test"]
    assert effusion.platt != (1.0, 0.0) and effusion.operating_point is not None
    assert [one for one in card.use.limits if "Not calibrated" in one and one.count("Mass") and "Effusion" not in one]
    told = load_results(out)
    np.testing.assert_allclose(told.probability[:, 0], told.raw[:, 0], atol=1e-6)
    monkeypatch.setenv("CXR_WEIGHTS", str(tmp_path))
    read = load_classifier(tiny.SPEC.id).predict_film(np.zeros((1, 16, 16, 1), np.float32)).scores
    assert read[0].call == "unknown" and read[1].call != "unknown"


def test_the_cards_command_says_what_was_changed_and_no_folder_of_the_machine(tiny_models: None) -> None:
    changed = override(tiny.RECIPE, ["batch=8", "stages.1.epochs=4", "weights=/home/someone/runs/pretrain-xception"])
    assert command(tiny.RECIPE) == f"python -m cxr_core train {tiny.SPEC.id}"
    assert set(command(changed).split(" --set ")[1:]) == {"batch=8", "stages.1.epochs=4", "weights=pretrain-xception"}
    assert override(tiny.RECIPE, command(changed).split(" --set ")[1:]).stages == changed.stages
    assert "pretrain-xception" in initialisation(changed)
    told = command(override(tiny.RECIPE, ["weights=runs/pretrain-xception"]))
    assert told.endswith(" --set weights=runs/pretrain-xception")  # as it is typed: no folder of the machine is in it


def test_a_card_names_the_films_of_the_pretraining_and_no_longer_says_from_scratch() -> None:
    from cxr_core.models.card import Begun
    from cxr_core.training.card_words import joined, limits_of_nih, sources

    begun = (Begun("resnet18-128-nih14"), Begun("pretrain-resnet18"))
    plain, told, others = sources(""), sources("", begun), sources("ours", begun)
    assert [len(one.sources) for one in (plain, told, others)] == [1, 3, 4]
    assert told.sources[0] == plain.sources[0] == others.sources[1] and others.sources[0] == "the films of ours"
    assert all("in the pretraining alone" in one for one in told.sources[1:]) and told.licences[1] == "CC BY 4.0"
    assert joined([plain, told, plain]) == told and joined([plain]) == plain
    scratch = [any("from scratch" in one for one in limits_of_nih(before)) for before in ((), begun)]
    assert scratch == [True, False]


def test_a_run_of_another_network_says_what_it_gives_and_does_not_ship(tmp_path: Path, tiny_models: None) -> None:
    from cxr_core.training.assess import assess

    _, _, index = ship(tmp_path)
    changed = override(tiny.RECIPE, ["network=mobilenet_attention_16"])
    with pytest.raises(TrainingError, match="does not ship"):
        assess(changed, index, tmp_path / "run", hardware="none", out=tmp_path)


def test_epochs_that_are_missing_are_counted(tmp_path: Path) -> None:
    assert missing_epochs(tmp_path, tiny.RECIPE) == 0
    for epochs, missing in ((2, 3), (5, 0), (6, 0)):
        pd.DataFrame({"epoch": range(epochs)}).to_csv(tmp_path / "history.csv", index=False)
        assert missing_epochs(tmp_path, tiny.RECIPE) == missing


def test_the_backend_and_every_build_of_tensorflow_are_among_the_versions() -> None:
    import keras

    from cxr_core.evaluation.provenance import _PACKAGES, installed_versions

    assert installed_versions()["keras backend"] == keras.config.backend()
    assert {"tensorflow", "tensorflow-cpu"} <= set(_PACKAGES)


def test_a_ship_that_is_interrupted_leaves_the_model_as_it_was(
    tmp_path: Path, tiny_models: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cxr_core.training import assess as room

    _, out, _ = ship(tmp_path)
    before = {file.name: file.read_bytes() for file in out.iterdir()}

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(room, "write_results", interrupted)  # the last thing that is done
    with pytest.raises(KeyboardInterrupt):
        ship(tmp_path, seed=2)
    assert {file.name: file.read_bytes() for file in out.iterdir()} == before
    assert not list(tmp_path.glob(f".{out.name}.*"))


def test_judged_boxes_stay_with_the_weights_they_judge_and_notes_stay_anyway(tmp_path: Path, tiny_models: None) -> None:
    from cxr_core.evaluation.judged_boxes import FILE, Draft, Judged

    card, out, _ = ship(tmp_path)
    draft = Draft(out / FILE, tiny.SPEC.id, card.weights.sha256)
    draft.add([Judged("1.png", "1", 0, "Mass", "ig", 0.5, 0.2, True)])
    draft.finish("drawn", ["1.png"], ["ig"])
    (out / "notes.txt").write_text("mine")
    again, _, _ = ship(tmp_path)
    assert again.weights.sha256 == card.weights.sha256 and (out / FILE).is_file()
    ship(tmp_path, seed=2)
    assert not (out / FILE).exists() and (out / "notes.txt").read_text() == "mine"


def test_weights_that_give_no_numbers_do_not_ship(tmp_path: Path, tiny_models: None) -> None:
    from cxr_core.training.assess import assess

    _, out, index = ship(tmp_path)
    before = (out / "card.toml").read_bytes()
    model = tiny.build(tiny.SPEC)
    model.get_layer("logits").weights[1].assign([np.nan, 0.0])
    model.save_weights(tmp_path / "run" / "best.weights.h5")
    with pytest.raises(TrainingError, match="no number"):
        assess(tiny.RECIPE, index, tmp_path / "run", hardware="none", out=out)
    assert (out / "card.toml").read_bytes() == before


def test_what_a_run_began_from_is_on_its_card_and_its_patients_are_learnt_from(
    tmp_path: Path, tiny_models: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run of a run of a pretraining: the films of all three count, and other films than were recorded are unknown."""
    from cxr_core.models.card import Begun
    from cxr_core.training import data
    from cxr_core.training.initial import beginning
    from cxr_core.training.patients import begun_from, training_patients
    from cxr_core.training.record import write_recipe

    drawn = tiny.draw_films(tmp_path)
    own = type(drawn)(tmp_path, drawn.table[drawn.table["patient"] >= 60])
    joined = ["nih:" + str(one) if one < 40 else f":coronahack:person{one}" for one in drawn.table["patient"]]
    every = type(drawn)(tmp_path, drawn.table.assign(patient=joined))
    monkeypatch.setitem(data.READERS, "nih_small", lambda: own)
    monkeypatch.setitem(data.READERS, "all_films", lambda: every)
    pretrain = find_recipe("pretrain-resnet18")
    first, second = tmp_path / "first", tmp_path / "second"
    for run, recipe, films in ((first, pretrain, every), (second, replace(tiny.RECIPE, weights=str(first)), own)):
        run.mkdir()
        write_recipe(run, recipe, films)
    recipe = replace(tiny.RECIPE, weights=str(second))
    begun = begun_from(recipe)
    assert begun == (Begun(tiny.SPEC.id, own.digest()), Begun("pretrain-resnet18", every.digest()))
    train = own.where(own.table["split"] == "train")
    card, out, _ = ship(tmp_path)
    trained = replace(card.training, split_digest=train.digest(), begun=begun)
    learnt = training_patients(replace(card, training=trained))
    assert learnt == set(train.table["patient"].astype(str)) | {
        one.removeprefix("nih:").lstrip(":") for one in every.table["patient"][every.table["split"] == "train"]
    }
    write_card(out, replace(card, training=trained))
    assert load_card(out).training == trained
    asked = f"python -m cxr_core train {tiny.SPEC.id} --set weights=pretrain-resnet18"
    older = replace(trained, begun=None, command=asked)
    assert training_patients(replace(card, training=older)) == learnt
    for unknown in (Begun("pretrain-resnet18", "0" * 64), Begun("elsewhere")):
        assert training_patients(replace(card, training=replace(trained, begun=(unknown,)))) is None
    assert begun_from(replace(tiny.RECIPE, weights="imagenet")) == () == begun_from(tiny.RECIPE)
    assert begun_from(replace(tiny.RECIPE, weights="backbone.h5")) == (Begun("elsewhere"),)
    monkeypatch.setenv("CXR_WEIGHTS", str(out.parent))  # a model at hand: the run that made it, and what that began from
    assert begun_from(replace(tiny.PLAIN, weights=tiny.SPEC.id)) == (Begun(tiny.SPEC.id), *begun)
    assert beginning(tiny.SPEC.id) == out and beginning("backbone.h5") == Path("backbone.h5")


def test_calibrating_anew_reads_val_alone_and_gives_what_shipping_gave(
    tmp_path: Path, tiny_models: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cxr_core.training.recalibrate import recalibrate

    monkeypatch.setenv("CXR_WEIGHTS", str(tmp_path))
    card, out, index = ship(tmp_path)
    before = load_results(out)
    turned = [replace(one, platt=(-one.platt[0], one.platt[1]), operating_point=0.9) for one in card.findings]
    write_card(out, replace(card, findings=tuple(turned)))
    val = index.where(index.table["split"] == "val")
    made, again = recalibrate(tiny.SPEC, val), load_results(out)
    assert load_card(out) == made
    for one, other in zip(made.findings, card.findings, strict=True):
        assert (*one.platt, one.operating_point, *one.unsure) == pytest.approx(
            (*other.platt, other.operating_point, *other.unsure), abs=1e-4)
        assert {name: figure.auc for name, figure in one.figures.items()} == pytest.approx(
            {name: figure.auc for name, figure in other.figures.items()}, abs=1e-6)
    assert (again.raw == before.raw).all() and again.provenance.digest == before.provenance.digest
    np.testing.assert_allclose(again.probability, before.probability, atol=1e-4)
    with pytest.raises(TrainingError, match="calibrated on 30 films of val, these data hold 29"):
        recalibrate(tiny.SPEC, val.where(np.arange(30) > 0))
    mixed = type(val)(val.root, val.table.assign(labels=val.table["labels"].to_numpy()[::-1]))
    with pytest.raises(TrainingError, match="other films or labels"):
        recalibrate(tiny.SPEC, mixed)
    assert load_card(out) == made


def test_intervals_are_measured_anew_on_the_stored_results_and_nothing_else_moves(
    tmp_path: Path, tiny_models: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Val's scores are not stored: what the card says of it stays."""
    from cxr_core.training.remeasure import remeasure

    monkeypatch.setenv("CXR_WEIGHTS", str(tmp_path))
    card, out, _ = ship(tmp_path)
    results = (out / "results.parquet").read_bytes()
    old = replace(card, subsets=tuple(replace(one, low=0.0, high=1.0) for one in card.subsets), findings=tuple(
        replace(one, figures={name: replace(figure, low=0.0, high=1.0) for name, figure in one.figures.items()})
        for one in card.findings
    ))
    write_card(out, old)
    made = remeasure(tiny.SPEC)
    assert load_card(out) == made and (out / "results.parquet").read_bytes() == results
    for one, shipped, spoilt in zip(made.findings, card.findings, old.findings, strict=True):
        assert replace(one, figures={}) == replace(shipped, figures={}) and list(one.figures) == list(shipped.figures)
        for name, figure in one.figures.items():
            truth = (spoilt if name == "val" else shipped).figures[name]
            assert (figure.auc, figure.n, figure.positives) == (truth.auc, truth.n, truth.positives)
            assert (figure.low, figure.high) == pytest.approx((truth.low, truth.high), abs=1e-6)
    for one, shipped, spoilt in zip(made.subsets, card.subsets, old.subsets, strict=True):
        truth = spoilt if one.name == "val" else shipped
        assert replace(one, low=truth.low, high=truth.high) == truth
        assert (one.low, one.high) == pytest.approx((truth.low, truth.high), abs=1e-6)
    write_card(out, replace(card, subsets=tuple(replace(one, mean_auc=0.99) for one in card.subsets)))
    with pytest.raises(TrainingError, match="do not belong together"):
        remeasure(tiny.SPEC)
