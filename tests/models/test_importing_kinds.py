"""Exclusive classes and clinical inputs of other people's networks: named, ordered and told as they were for them."""

from __future__ import annotations

import io
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tomli_w
import tiny_classes
import tiny_training as tiny

from cxr_core.cli import main
from cxr_core.cli.weights import _neutral
from cxr_core.errors import WeightsCorrupt, WeightsRefused
from cxr_core.findings import COVID3, NIH14
from cxr_core.imaging.phantom import make_phantom
from cxr_core.models.card import load_card, write_card
from cxr_core.models.clinical import COUNT, ClinicalInputs
from cxr_core.models.registry import ARCHITECTURES, all_models, find_spec
from cxr_core.models.weights import imported_folder

THEIR_CLASSES = ("COVID-19", "Normal", "Pneumonia")
FILMS = np.random.default_rng(0).uniform(-1, 1, (3, *tiny.SPEC.input_shape)).astype(np.float32)


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, tiny_models: None) -> Iterator[None]:
    """A user's folder for this file alone, and the tiny networks as architectures that can be imported."""
    from cxr_core.training.recipes import RECIPES

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CXR_HOME", str(tmp_path_factory.mktemp("home")))
        tiny_classes.register(patch)
        for spec in (tiny_classes.SPEC, tiny.CLINICAL):
            patch.setitem(ARCHITECTURES, spec.id, spec)
        patch.setitem(RECIPES, tiny.CLINICAL.id, tiny.SPEC.network)
        yield


def theirs_of(spec, path: Path):
    """Somebody else's network of this architecture, written as Keras writes it; no output is like another."""
    import keras

    keras.utils.set_random_seed(7)
    model = tiny.build(spec)
    head = model.get_layer("logits")
    head.set_weights([3 * head.get_weights()[0], np.linspace(-0.5, 0.5, len(spec.findings))])
    model.save(path) if path.suffix == ".keras" else model.save_weights(path)
    return model


def take(path: Path, spec, name: str, *more: str) -> int:
    return main(["weights", "import", str(path), "--model", spec.id, "--name", name, *more])


def test_three_classes_are_mapped_by_name_and_stay_exclusive(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from cxr_core.models.classifier import load_classifier

    theirs = theirs_of(tiny_classes.SPEC, tmp_path / "theirs.weights.h5")
    named = ["--findings", "covid-19, normal, Pnemonia", "--yes"]  # CoronaHack's own spelling
    assert take(tmp_path / "theirs.weights.h5", tiny_classes.SPEC, "classes", *named) == 0
    ours, expected = load_classifier("classes"), np.asarray(theirs(FILMS))
    assert ours.spec.findings == COVID3 and ours.spec.exclusive and np.ptp(expected) > 0.05
    for place, key in enumerate(THEIR_CLASSES):
        assert ours.predict(FILMS)[:, COVID3.index(key)] == pytest.approx(expected[:, place], abs=2e-3)  # float16
    read = ours.predict_film(FILMS[:1])
    assert [score.call for score in read.scores].count("likeliest") == 1
    assert sum(score.probability for score in read.scores) == pytest.approx(1, abs=1e-5)
    assert 'temperature = "unknown"' in (imported_folder() / "classes" / "card.toml").read_text()
    assert not ours.card.is_calibrated and "Not audited" in ours.card.classes.audit.in_words
    (tmp_path / "film.png").write_bytes(make_phantom(size=300))
    capsys.readouterr()
    assert main(["predict", str(tmp_path / "film.png"), "--model", "classes", "--json"]) == 0
    assert "Not audited" in capsys.readouterr().out


@pytest.mark.parametrize("kind", ["shipped.safetensors", "whole.keras", "own.weights.h5"])
def test_a_network_with_a_hidden_layer_is_taken_in_from_every_format(kind: str, tmp_path: Path) -> None:
    """Safetensors lists a bias before its kernel, and layers by their names: the outputs are found all the same."""
    from cxr_core.models.classifier import load_classifier
    from cxr_core.models.weights import save_weights

    path, name = tmp_path / kind, f"hidden-{kind.split('.')[0]}"
    theirs = theirs_of(tiny.CLINICAL, tmp_path / ("whole.keras" if kind == "whole.keras" else "own.weights.h5"))
    if kind == "shipped.safetensors":
        save_weights(theirs, path, np.float32)
    neutral = ",".join(["0.5"] * COUNT)
    assert take(path, tiny.CLINICAL, name, "--findings", "Mass,Effusion", "--neutral", neutral, "--yes") == 0
    ours = load_classifier(name)
    expected = np.asarray(theirs([FILMS, np.full((len(FILMS), COUNT), 0.5, np.float32)]))
    order = [("Mass", "Effusion").index(key) for key in ours.spec.findings]
    np.testing.assert_allclose(ours.predict(FILMS), expected[:, order], atol=2e-3)


def test_classes_are_shown_and_asked_about(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    theirs_of(tiny_classes.SPEC, tmp_path / "theirs.weights.h5")
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    assert take(tmp_path / "theirs.weights.h5", tiny_classes.SPEC, "asked") == 2
    said = capsys.readouterr().err
    assert "exactly one" in said and " 1  Normal" in said and " 3  COVID-19" in said and "not confirmed" in said


@pytest.mark.parametrize("named", ["Mass,Nodule,Hernia", "Normal,No Finding,COVID-19"])
def test_other_classes_than_are_known_here_are_refused(
    named: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    theirs_of(tiny_classes.SPEC, tmp_path / "theirs.weights.h5")
    assert take(tmp_path / "theirs.weights.h5", tiny_classes.SPEC, "other", "--findings", named, "--yes") == 2
    assert "tells apart Normal, Pneumonia, COVID-19" in capsys.readouterr().err
    assert not (imported_folder() / "other").exists()


def test_outputs_that_do_not_exclude_each_other_are_no_classes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    theirs_of(replace(tiny_classes.SPEC, activation="sigmoid"), tmp_path / "theirs.keras")
    assert take(tmp_path / "theirs.keras", tiny_classes.SPEC, "other", "--findings", ",".join(COVID3), "--yes") == 2
    assert "sigmoids" in capsys.readouterr().err


def test_a_clinical_network_scores_as_theirs_told_and_untold(tmp_path: Path) -> None:
    from cxr_core.models.classifier import load_classifier

    theirs = theirs_of(tiny.CLINICAL, tmp_path / "theirs.weights.h5")
    neutral = np.linspace(0.1, 0.9, COUNT).astype(np.float32)
    told = ["--findings", "Mass,Effusion", "--neutral", ",".join(map(str, neutral)), "--yes"]
    assert take(tmp_path / "theirs.weights.h5", tiny.CLINICAL, "clinical", *told) == 0
    ours = load_classifier("clinical")
    patient = ClinicalInputs(58, "M", "AP", ("Mass",))
    for model, row in ((ours, neutral), (ours.knowing(patient), patient.values())):
        expected = np.asarray(theirs([FILMS, np.repeat(row[None], len(FILMS), axis=0)]))
        order = [("Mass", "Effusion").index(key) for key in ours.spec.findings]
        np.testing.assert_allclose(model.predict(FILMS), expected[:, order], atol=2e-3)
    assert load_card(imported_folder() / "clinical").clinical.neutral_from == "named by the user"


def test_a_clinical_network_is_refused_where_nothing_says_what_unknown_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    theirs_of(tiny.CLINICAL, tmp_path / "theirs.weights.h5")
    monkeypatch.setenv("CXR_DATA", str(tmp_path / "none"))
    named = ["--findings", "Mass,Effusion", "--yes"]
    for more, said in (([], "--neutral"), (["--neutral", "0.5"], "17 numbers"),
                       (["--neutral", ",".join(["0.5"] * 16 + ["nan"])], "17 numbers"),
                       (["--neutral", ",".join(["0.5"] * 16 + ["2"])], "17 numbers")):
        assert take(tmp_path / "theirs.weights.h5", tiny.CLINICAL, "refused", *named, *more) == 2
        assert said in capsys.readouterr().err and not (imported_folder() / "refused").exists()
    with pytest.raises(WeightsRefused, match="takes no clinical inputs"):
        _neutral(find_spec("resnet18-128-nih14"), ",".join(["0.5"] * COUNT))


@pytest.mark.realdata
def test_what_unknown_counts_as_is_the_mean_of_the_films_our_own_network_learns_from(
    data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CXR_DATA", str(data_folder))
    found = _neutral(find_spec("densenet121-224-nih14-clinical"), None)
    table = pd.read_csv(data_folder / "nih" / "images.csv").query("split == 'train'")
    ages = table["age"][table["age"].between(0, 120)]
    told = [ages.mean() / 100, (table["sex"] == "M").mean(), (table["view"] == "AP").mean()]
    assert found.neutral[:3] == pytest.approx(told, abs=1e-6) and len(found.neutral) == 3 + len(NIH14)
    assert 0 < min(found.neutral) and "not of those that this network was trained on" in found.neutral_from


def test_a_model_is_called_by_a_plain_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    theirs_of(tiny_classes.SPEC, tmp_path / "theirs.weights.h5")
    before = sorted(imported_folder().parent.rglob("*"))
    for name in ("../mine", "/tmp/mine", "a/b", "..", ".mine", "mine\n", "pretrain-resnet18"):
        assert take(tmp_path / "theirs.weights.h5", tiny_classes.SPEC, name, "--yes") == 2
        assert "name" in capsys.readouterr().err
    assert sorted(imported_folder().parent.rglob("*")) == before
    assert take(tmp_path / "theirs.weights.h5", replace(tiny.SPEC, id="../weights"), "mine") == 2
    assert "no architecture" in capsys.readouterr().err


def test_a_card_that_names_a_file_elsewhere_is_not_followed(sound: Path, tmp_path: Path) -> None:
    from cxr_core.models.classifier import load_classifier

    card, outside = load_card(sound), tmp_path / "outside.safetensors"
    outside.write_bytes((sound / card.weights.file).read_bytes())
    for named in (str(outside), "../sound/model.safetensors", "..", "", "gone.safetensors"):
        write_card(sound, replace(card, weights=replace(card.weights, file=named)))
        with pytest.raises(WeightsCorrupt, match="no file of its folder"):
            load_classifier("sound")
    write_card(sound, card)
    assert load_classifier("sound").spec.id == "sound"


@pytest.fixture(scope="module")
def sound(home: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an imported model that can be used."""
    path = tmp_path_factory.mktemp("theirs") / "theirs.weights.h5"
    theirs_of(tiny_classes.SPEC, path)
    assert take(path, tiny_classes.SPEC, "sound", "--findings", ",".join(COVID3), "--yes") == 0
    return imported_folder() / "sound"


@pytest.mark.parametrize(
    ("part", "broken"),
    [("model", "words"), ("findings", "words"), ("findings", [1]), ("weights", 3), ("classes", "words"),
     ("classes", {"confusions": [1]}), ("clinical", [1]), ("origin", "words"), ("subsets", 3)],
)
def test_a_broken_card_hides_no_other_model(part: str, broken: object, sound: Path) -> None:
    folder = sound.with_name("broken")
    folder.mkdir(exist_ok=True)
    content = tomllib.loads((sound / "card.toml").read_text())
    content["model"]["id"] = "broken"
    (folder / "card.toml").write_text(tomli_w.dumps(content))
    assert "broken" in all_models()
    for text in (tomli_w.dumps(content | {part: broken}), f"{part} = {'[' * 5000}"):
        (folder / "card.toml").write_text(text)
        assert "broken" not in all_models() and "sound" in all_models()
    (folder / "card.toml").unlink()


@pytest.mark.parametrize(
    ("field", "value"),
    [("input", ("a", "b", "c")), ("input", (10**9, 10**9, 1)), ("input", (16, 16)), ("scaling", "none"),
     ("activation", "exec"), ("title", 3)],
)
def test_a_card_that_no_network_can_be_built_by_is_no_models(field: str, value: object, sound: Path) -> None:
    card = load_card(sound)
    assert "sound" in all_models()
    write_card(sound, replace(card, model=replace(card.model, **{field: value})))
    assert "sound" not in all_models()
    write_card(sound, card)
