"""The networks are the published ones, layer by layer, and each begins from weights of its own kind, however written.

What a paper or Keras's own documentation states is marked "published"; the rest are the choices of systems.md, "ours".
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
from rounding import assert_same_answer

from cxr_core.errors import TrainingError
from cxr_core.models.registry import MODELS, find_spec
from cxr_core.models.spec import ModelSpec

OURS = [id for id, spec in MODELS.items() if not spec.members]

# Published by Keras and torchvision: all parameters (ResNet18: the trained ones), three colours in and 1000 outputs.
XCEPTION, INCEPTIONV3, DENSENET121, RESNET18 = 22_910_480, 23_851_784, 8_062_504, 11_689_512
CLINICAL = 7_053_182  # published: Crobu, Di Ciaccio 2019, the whole network

# From the last feature maps to the outputs, in Keras's order: by how far from the outputs.
HEADS: dict[str, list[tuple]] = {
    # published: average pooling (2048), dropout .3, a hidden layer, dropout .3, softmax; 512 and ReLU are ours
    "xception-128-nih14": [("pool", 2048), ("dropout", 0.3), ("dense", 512, "relu"), ("dropout", 0.3),
                           ("dense", 14, "linear"), ("softmax",)],
    # as above; published for the second recipe: sigmoid
    "xception-299-nih14": [("pool", 2048), ("dropout", 0.3), ("dense", 512, "relu"), ("dropout", 0.3),
                           ("dense", 14, "linear"), ("sigmoid",)],
    # published: 512, batch norm, 128, batch norm, 32, 15 sigmoids; ReLU is ours
    "inceptionv3-299-nih15": [("pool", 2048), ("dense", 512, "relu"), ("norm",), ("dense", 128, "relu"), ("norm",),
                              ("dense", 32, "relu"), ("dense", 15, "linear"), ("sigmoid",)],
    # published: 32 and 16 over 17 inputs, beside average pooling (1024); joined; 14 sigmoids; ReLU is ours
    "densenet121-224-nih14-clinical": [("input", 17), ("dense", 32, "relu"), ("pool", 1024), ("dense", 16, "relu"),
                                       ("joined", 1040), ("dense", 14, "linear"), ("sigmoid",)],
    # published: two branches over a transition layer of depth 1024; how they meet is ours
    "mobilenet-128-nih6": [("pool", 1024), ("pool", 1024), ("joined", 2048), ("dense", 6, "linear"), ("sigmoid",)],
    # published: the last layer replaced by three classes
    "resnet18-224-covid3": [("pool", 512), ("dense", 3, "linear"), ("softmax",)],
    "resnet18-128-nih14": [("pool", 512), ("dense", 14, "linear"), ("sigmoid",)],
    # published: dropout .25; average pooling and one dense layer are ours
    "customcnn-224-covid3": [("pool", 512), ("dropout", 0.25), ("dense", 3, "linear"), ("softmax",)],
}

# Published in the networks' own papers: how many layers of each kind there are.
LAYERS: dict[str, dict[str, int]] = {
    "xception": {"SeparableConv2D": 34, "Conv2D": 2 + 4},  # 36 convolutions and 4 shortcuts (Chollet 2017)
    "inception_v3": {"Conv2D": 94},  # Szegedy et al. 2015
    "densenet121_clinical": {"Conv2D": 120},  # 121 with the outputs (Huang et al. 2016)
    "mobilenet_attention": {"DepthwiseConv2D": 11, "Conv2D": 1 + 11 + 2},  # to its 11th pair; transition and attention
    "resnet18": {"Conv2D": 17 + 3},  # 18 with the outputs, and 3 shortcuts (He et al. 2015)
    "custom_cnn": {"Conv2D": 5, "MaxPooling2D": 5, "BatchNormalization": 5},  # Ibisoglu, Akcay 2021
}


@pytest.fixture(scope="module", params=OURS)
def built(request: pytest.FixtureRequest):
    """Each network once for all tests, at its own size."""
    from cxr_core.models.networks import build

    return MODELS[request.param], build(MODELS[request.param])


def told(layer) -> tuple | None:
    """A layer of a head as the tables above have it; None for what they leave out."""
    kind = type(layer).__name__
    if kind == "GlobalAveragePooling2D":
        return "pool", layer.output.shape[-1]
    if kind == "Dense":
        return "dense", layer.units, layer.activation.__name__
    if kind == "Dropout":
        return "dropout", layer.rate
    if kind == "BatchNormalization":
        return ("norm",)
    if kind == "Concatenate":
        return "joined", layer.output.shape[-1]
    if kind == "Activation":
        return (layer.activation.__name__,)
    return ("input", layer.output.shape[-1]) if kind == "InputLayer" else None


def test_the_head_is_the_published_one(built) -> None:
    spec, model = built
    pooled = [type(layer).__name__ for layer in model.layers].index("GlobalAveragePooling2D")
    beside = [layer for layer in model.layers[:pooled] if layer.name.startswith("clinical")]
    head = [*beside, *model.layers[pooled:]]
    assert [one for one in map(told, head) if one is not None] == HEADS[spec.id]


def test_the_backbone_has_the_published_layers(built) -> None:
    spec, model = built
    counted = Counter(type(layer).__name__ for layer in model.layers)
    assert {kind: counted[kind] for kind in LAYERS[spec.network]} == LAYERS[spec.network]


def test_the_parameters_are_as_many_as_published(built) -> None:
    spec, model = built
    outputs = len(spec.findings)
    grey = 2 * 3 * 3 * 32  # what the first kernels of 3 x 3 lack without two colours
    expected = {
        "xception": XCEPTION - 1000 * 2049 - grey + 512 * 2049 + outputs * 513,
        "inception_v3": (INCEPTIONV3 - 1000 * 2049 + 512 * 2049 + 4 * 512 + 128 * 513 + 4 * 128 + 32 * 129
                         + outputs * 33),
        "densenet121_clinical": CLINICAL,
    }
    if spec.network in expected:
        assert model.count_params() == expected[spec.network]
    if spec.network == "densenet121_clinical":  # the same from Keras's own number
        assert CLINICAL == DENSENET121 - 1000 * 1025 + 32 * 18 + 16 * 33 + outputs * (1024 + 16 + 1)
    if spec.network == "resnet18":
        trained = sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
        stem = 7 * 7 * 64 * (3 - spec.channels)
        assert trained == RESNET18 - 1000 * 513 + outputs * 513 - stem


def test_each_network_gives_a_probability_per_finding(built) -> None:
    spec, model = built
    assert model.output_shape == (None, len(spec.findings))
    assert [tuple(one.shape) for one in model.inputs] == [(None, *spec.input_shape), *[(None, 17)] * spec.clinical]
    assert model.get_layer("logits").output.shape[-1] == len(spec.findings)
    assert model.get_layer("probabilities").activation.__name__ == spec.activation


def test_the_custom_cnn_has_the_published_layers_in_their_order() -> None:
    from keras import initializers

    from cxr_core.models.networks import build

    model = build(replace(find_spec("customcnn-224-covid3"), size=64))
    block = ["Conv2D", "BatchNormalization", "Activation", "MaxPooling2D"]
    head = ["GlobalAveragePooling2D", "Dropout", "Dense", "Activation"]
    assert [type(layer).__name__ for layer in model.layers] == ["InputLayer", *block * 5, *head]
    assert all(model.get_layer(f"block{n}_relu").activation.__name__ == "relu" for n in range(1, 6))
    convolutions = [layer for layer in model.layers if type(layer).__name__ == "Conv2D"]
    for layer in (*convolutions, model.get_layer("logits")):
        assert isinstance(layer.kernel_initializer, initializers.GlorotUniform)  # published: Xavier's


def test_classes_share_one_whole() -> None:
    from cxr_core.models.networks import build

    spec = replace(find_spec("customcnn-224-covid3"), size=64)
    films = np.random.default_rng(0).uniform(-1, 1, (2, *spec.input_shape)).astype(np.float32)
    scores = np.asarray(build(spec)(films))
    assert spec.exclusive and scores.shape == (2, 3)
    np.testing.assert_allclose(scores.sum(axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize(("network", "side"), [("", 8), ("_16", 16), ("_32", 32)])  # published: S of the thesis
def test_khans_network_weighs_a_map_of_each_published_side(network: str, side: int) -> None:
    from cxr_core.models.networks import build

    model = build(replace(find_spec("mobilenet-128-nih6"), network=f"mobilenet_attention{network}"))
    transition, attention = model.get_layer("transition"), model.get_layer("attention")
    assert transition.output.shape == (None, side, side, 1024)  # published: D
    assert attention.output.shape == (None, side, side, 1) and attention.activation.__name__ == "sigmoid"
    weighted = model.get_layer("weighted").input
    assert weighted[0] is transition.output and weighted[1] is attention.output
    assert model.get_layer("uniform").input is transition.output
    assert model.get_layer("attended").input is model.get_layer("weighted").output


def test_the_two_xceptions_are_one_network_but_for_size_and_softmax() -> None:
    then, today = MODELS["xception-128-nih14"], MODELS["xception-299-nih14"]
    assert (then.size, then.activation, today.size, today.activation) == (128, "softmax", 299, "sigmoid")
    same = ("network", "channels", "findings", "clinical", "exclusive", "members")
    assert [getattr(then, name) for name in same] == [getattr(today, name) for name in same]
    assert HEADS[then.id][:-1] == HEADS[today.id][:-1]


def write_keras_2(model, path: Path) -> None:
    """As `keras.applications` keeps its files: a group a layer, numbered on from other networks, other outputs."""
    with h5py.File(path, "w") as file:
        names = []
        for layer in model.layers:
            name = re.sub(r"^((?:conv2d|batch_normalization)(?:_|$))(\d*)$",
                          lambda found: f"{found[1].rstrip('_')}_{int(found[2] or 0) + 300}", layer.name)
            names.append(name if name != "logits" else "predictions")
            group = file.create_group(names[-1])
            held = [(f"{names[-1]}/{one.name}:0", np.asarray(one)) for one in layer.weights]
            group.attrs["weight_names"] = [key.encode() for key, _ in held]
            for key, values in held:
                other = np.zeros((*values.shape[:-1], 1000), np.float32)
                group.create_dataset(key, data=other if layer.name == "logits" else values)
        file.attrs["layer_names"] = [name.encode() for name in names]


def write_own(model, path: Path) -> None:
    model.save_weights(path)


def write_without_names(model, path: Path) -> None:
    """As Keras 3 wrote them before it wrote the layers' names beside them."""
    model.save_weights(path)
    with h5py.File(path, "r+") as file:
        file.visititems(lambda _, one: one.attrs.pop("name", None) and None)


def write_shipped(model, path: Path) -> None:
    from cxr_core.models.weights import save_weights

    save_weights(model, path, np.float32)


@pytest.mark.parametrize(
    ("write", "file"),
    [(write_own, "best.weights.h5"), (write_without_names, "early.weights.h5"), (write_keras_2, "notop.h5"),
     (write_shipped, "model.safetensors")],
)
def test_a_network_begins_from_its_own_weights_in_every_format(built, write, file: str, tmp_path: Path) -> None:
    from cxr_core.training.initial import begin_from

    _, model = built
    rng = np.random.default_rng(0)
    theirs = [rng.normal(size=one.shape).astype(np.float32) for one in model.get_weights()]
    model.set_weights(theirs)
    write(model, tmp_path / file)
    model.set_weights([np.zeros_like(one) for one in theirs])
    taken = begin_from(model, built[0], str(tmp_path / file))
    left = {  # other outputs; or dense layers without a name, the outputs one of them
        write_keras_2: [model.get_layer("logits")],
        write_without_names: [layer for layer in model.layers if type(layer).__name__ == "Dense"],
    }.get(write, [])
    paths = {variable.path for layer in left for variable in layer.weights}
    assert taken == len(theirs) - len(paths)
    for variable, expected in zip(model.weights, theirs, strict=True):
        np.testing.assert_array_equal(variable, 0 if variable.path in paths else expected)


@pytest.mark.parametrize("write", [write_own, write_without_names, write_shipped])
def test_inceptionv3_s_numbered_layers_are_taken_in_the_order_they_were_numbered_in(write, tmp_path: Path) -> None:
    """Keras numbers its 188 layers as they are made, and lists them by depth: our own files number them so."""
    from cxr_core.models.importing.files import read_file
    from cxr_core.models.importing.fit import fit_layers
    from cxr_core.models.networks import build

    spec, rng = replace(find_spec("inceptionv3-299-nih15"), size=75), np.random.default_rng(0)
    theirs = build(spec)
    theirs.set_weights([rng.uniform(0.5, 1.5, one.shape) for one in theirs.get_weights()])
    write(theirs, tmp_path / ("w.safetensors" if write is write_shipped else "own.weights.h5"))
    path = next(tmp_path.iterdir())
    fit = fit_layers(theirs, read_file(path), tuple(range(15)))
    for one, other in zip(fit.arrays, theirs.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("id", OURS)
def test_every_network_says_what_it_can_begin_from_where_imagenet_is_not_to_be_had(
    id: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import keras

    from cxr_core.training.initial import BACKBONES, begin_from

    def nothing(*_, **__) -> None:
        raise OSError("no network")

    for name in set(BACKBONES.values()):  # what Keras does without a network; with one it would fetch 100 MB
        monkeypatch.setattr(keras.applications, name, nothing)
    spec = MODELS[id]
    with pytest.raises(TrainingError) as problem:
        begin_from(None, spec, "imagenet")
    said = str(problem.value)
    assert ("could not be fetched" if spec.network in BACKBONES else "Keras has no ImageNet weights of") in said
    assert ".safetensors" in said and "run folder" in said and "imported" in said and "weights=none" in said
    assert ("train pretrain-" in said) == (spec.network != "custom_cnn")


def test_a_network_begins_from_a_models_folder_and_from_films_of_other_channels(tmp_path: Path) -> None:
    """ResNet18 for COVID-19 from the house's own on grey films, and back: the answer to a grey film is the same."""
    import keras

    from cxr_core.models.networks import build
    from cxr_core.models.weights import FILE
    from cxr_core.training.initial import begin_from

    coloured: ModelSpec = replace(find_spec("resnet18-224-covid3"), size=64)
    grey = replace(find_spec("resnet18-128-nih14"), size=64)
    theirs, ours, back = build(grey), build(coloured), build(replace(grey, findings=("Mass",)))
    write_shipped(theirs, tmp_path / FILE)
    assert begin_from(ours, coloured, str(tmp_path)) == len(ours.weights) - 2
    write_shipped(ours, tmp_path / FILE)
    assert begin_from(back, grey, str(tmp_path)) == len(ours.weights) - 2
    film = np.random.default_rng(0).uniform(-1, 1, (2, 64, 64, 1)).astype(np.float32)
    pooled = [keras.Model(one.input, one.get_layer("pool").output) for one in (theirs, ours, back)]
    expected = np.asarray(pooled[0](film))
    assert_same_answer(pooled[1](np.repeat(film, 3, axis=-1)), expected)
    assert_same_answer(pooled[2](film), expected)
