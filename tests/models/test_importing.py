"""Other people's weights: the scores stay theirs, the outputs find their names, and nothing in the file is run."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
import pytest

from cxr_core.cli import main
from cxr_core.errors import WeightsRefused
from cxr_core.findings import NIH14
from cxr_core.imaging.phantom import make_phantom
from cxr_core.imaging.prepare import IMAGENET_MEAN, IMAGENET_STD, network_view, prepare
from cxr_core.imaging.read import read_radiograph
from cxr_core.models.card import load_card
from cxr_core.models.importing.files import read_file
from cxr_core.models.importing.outputs import CHEXNET_ORDER, parse_outputs
from cxr_core.models.registry import all_models, find_spec
from cxr_core.models.weights import imported_folder

CHEXNET = "densenet121-224-nih14"
NAMED = ["--findings", ",".join(CHEXNET_ORDER), "--yes"]


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A user's folder for this file alone: other tests count the models there are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CXR_HOME", str(tmp_path_factory.mktemp("home")))
        yield


@pytest.fixture(scope="module")
def chexnet():
    """keras.applications' DenseNet121 and a dense layer of 14, as the public CheXNet in Keras has it: none of ours."""
    import keras

    keras.utils.set_random_seed(3)
    base = keras.applications.DenseNet121(weights=None, include_top=False, input_shape=(224, 224, 3), pooling="avg")
    outputs = keras.layers.Dense(14, activation="sigmoid", name="predictions")(base.output)
    model = keras.Model(base.input, outputs)
    rng = np.random.default_rng(3)
    for layer in model.layers:  # a trained net's batch norms are not 0 and 1: these would hide a mistake
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.set_weights([rng.uniform(0.8, 1.2, one.shape) if place in (0, 3) else rng.normal(0, 0.1, one.shape)
                               for place, one in enumerate(layer.get_weights())])
    return model


def write_keras_2(model, path: Path) -> Path:
    """Weights alone as Keras 2 wrote them: a group per layer, `conv1/conv` for a name, `conv1/conv/kernel:0` in it."""
    with h5py.File(path, "w") as file:
        layers = [(_as_keras_2(layer.name), layer) for layer in model.layers]
        file.attrs["layer_names"] = [name.encode() for name, _ in layers]
        file.attrs["backend"], file.attrs["keras_version"] = b"tensorflow", b"2.1.2"
        for name, layer in layers:
            group = file.create_group(name)
            weights = [(f"{name}/{one.name}:0".encode(), np.asarray(one)) for one in layer.weights]
            group.attrs["weight_names"] = [key for key, _ in weights]
            for key, values in weights:
                group.create_dataset(key.decode(), data=values)
    return path


def _as_keras_2(name: str) -> str:
    return name.replace("conv1_", "conv1/", 1) if name.startswith("conv1_") else name


@pytest.fixture(scope="module")
def public_file(chexnet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_keras_2(chexnet, tmp_path_factory.mktemp("public") / "weights.h5")


@pytest.fixture(scope="module")
def imported(public_file: Path) -> Path:
    """The folder of the public file taken in once, by the command line."""
    assert main(["weights", "import", str(public_file), "--model", CHEXNET, "--name", "chexnet", *NAMED]) == 0
    return imported_folder() / "chexnet"


def test_chexnets_public_file_scores_as_its_own_network_does(
    chexnet, imported: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "film.png").write_bytes(make_phantom(size=512))
    assert main(["predict", str(tmp_path / "film.png"), "--model", "chexnet", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    spec = find_spec("chexnet")
    film = read_radiograph((tmp_path / "film.png").read_bytes())
    grey = network_view(prepare(film, spec), spec).astype(np.float64) / 255  # then as the paper has it
    theirs = chexnet(((np.stack([grey] * 3, -1) - IMAGENET_MEAN) / IMAGENET_STD)[None], training=False).numpy()[0]
    assert np.ptp(theirs) > 0.01
    for place, key in enumerate(CHEXNET_ORDER):
        assert row[key] == pytest.approx(theirs[place], abs=2e-3)  # float16
    assert set(row["operating_points"].values()) == {None} and set(row["calls"].values()) == {"unknown"}


def test_an_imported_card_says_unknown_and_is_listed(
    imported: Path, public_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    card, text = load_card(imported), (imported / "card.toml").read_text()
    assert card.training is None and card.subsets == () and card.origin.outputs == CHEXNET_ORDER
    assert 'training = "unknown"' in text and 'operating_point = "unknown"' in text and '"unknown",\n]' in text
    assert list(all_models())[-1] == "chexnet" and find_spec("chexnet").findings == NIH14
    assert main(["models", "--json"]) == 0
    listed = {one["id"]: one for one in json.loads(capsys.readouterr().out)}["chexnet"]
    assert listed["imported"] and listed["figures"] == {} and listed["digest"] == card.weights.sha256
    for printed in ("--markdown", "--markdown-findings"):  # these figures are of what ships
        assert main(["models", printed]) == 0
        assert "chexnet" not in capsys.readouterr().out
    assert main(["weights", "import", str(public_file), "--model", CHEXNET, "--name", "chexnet", *NAMED]) == 2
    assert "already" in capsys.readouterr().err


def test_a_file_s_outputs_are_shown_and_must_be_confirmed(
    public_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["weights", "import", str(public_file), "--model", CHEXNET, "--name", "other"]
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    assert main(command) == 2
    said = capsys.readouterr().err
    assert " 3  Effusion" in said and "does not say" in said and "not confirmed" in said
    assert main([*command, "--yes"]) == 2
    assert "--findings" in capsys.readouterr().err
    assert main([*command, "--yes", "--findings", "Effusion,Mass"]) == 2
    assert "14 outputs" in capsys.readouterr().err and not (imported_folder() / "other").exists()


def small(outputs: int = 3):
    """Two branches and a head, of layers that Keras numbers, as InceptionV3's are."""
    from keras import Input, Model, layers

    film = Input((8, 8, 1))
    branches = [layers.BatchNormalization()(layers.Conv2D(4, 3, use_bias=False)(film)) for _ in range(12)]
    features = layers.SeparableConv2D(5, 3, name="last_conv")(layers.Concatenate()(branches))
    hidden = layers.Dense(6, name="head_dense")(layers.GlobalAveragePooling2D()(features))
    return Model(film, layers.Dense(outputs, name="logits", activation="sigmoid")(hidden), name="small")


@pytest.mark.parametrize("kind", ["keras2.h5", "whole.h5", "model.keras", "own.weights.h5", "model.safetensors"])
def test_every_format_of_keras_gives_the_same_layers(kind: str, tmp_path: Path) -> None:
    """Numbered layers too, whose numbers differ between file and network, and whose shapes are all the same."""
    from cxr_core.models.importing.fit import fit_layers
    from cxr_core.models.weights import save_weights

    theirs, path = small(), tmp_path / kind
    if kind == "keras2.h5":
        write_keras_2(theirs, path)
    elif kind == "own.weights.h5":
        theirs.save_weights(path)
    elif kind == "model.safetensors":
        save_weights(theirs, path, np.float32)
    else:
        theirs.save(path)
    model, order = small(), (2, 0, 1)
    fit = fit_layers(model, read_file(path), order)
    for one, other, variable in zip(fit.arrays, theirs.get_weights(), model.weights, strict=True):
        expected = other[..., list(order)] if variable.path.startswith("logits") else other
        np.testing.assert_array_equal(one, expected)


def test_layers_that_do_not_fit_are_named_one_by_one(tmp_path: Path) -> None:
    from cxr_core.models.importing.fit import fit_layers

    path = write_keras_2(small(), tmp_path / "weights.h5")
    with h5py.File(path, "r+") as file:
        group = file["last_conv"]
        del group["last_conv/pointwise_kernel:0"]
        group.create_dataset("last_conv/pointwise_kernel:0", data=np.zeros((1, 1, 7, 7), np.float32))
        file["head_dense/head_dense/bias:0"][3] = np.nan
    with pytest.raises(WeightsRefused) as problem:
        fit_layers(small(), read_file(path), (0, 1, 2))
    said = str(problem.value)
    assert "last_conv has a pointwise_kernel of (1, 1, 7, 7) in the file, (1, 1, 48, 5) in the network" in said
    assert "head_dense has a bias with values that are no numbers" in said and "2 layers" in said


def test_another_network_is_refused_layer_by_layer(public_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["weights", "import", str(public_file), "--model", "resnet18-128-nih14", "--name", "x-y", *NAMED]) == 2
    assert "stem_conv" in capsys.readouterr().err and not (imported_folder() / "x-y").exists()


@pytest.mark.parametrize("kept", [0, 8, 100, 5000, -1])
def test_a_torn_file_is_an_error_in_words(kept: int, public_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "weights.h5"
    path.write_bytes(public_file.read_bytes()[:kept])
    with pytest.raises(WeightsRefused):
        read_file(path)


def test_names_of_outputs_are_known_however_they_are_written() -> None:
    said = parse_outputs("pleural thickening, INFILTRATE,No-Finding")
    assert said == ("Pleural_Thickening", "Infiltration", "No Finding")
    with pytest.raises(WeightsRefused, match="Measles"):
        parse_outputs("Mass,Measles")
    with pytest.raises(WeightsRefused, match="twice"):
        parse_outputs("Mass,Nodule,mass")
