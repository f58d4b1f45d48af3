"""What tests of several rooms share: the real films, and a small folder of weights."""

from __future__ import annotations

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from cxr_core.datasets.folder import data_folder as where_data_is
from cxr_core.models.registry import MODELS


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores, since a test that drives a browser waits for half its time; four at most.

    Each holds TensorFlow, and a server and a browser besides.
    """
    return min(4, (os.cpu_count() or 1) + 1)


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder of real films; the test is skipped where there is none."""
    folder = where_data_is()
    if not (folder / "nih" / "images.csv").is_file():
        pytest.skip("no real films: set CXR_DATA to the folder that holds nih/images.csv")
    return folder


@pytest.fixture(scope="session", autouse=True)
def _nothing_of_the_user(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What the user of this machine has imported is nothing to the tests, nor they to it."""
    os.environ["CXR_HOME"] = str(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module", autouse=True)
def _registry_stays_as_it_was() -> Iterator[None]:
    """A model that a test left behind would stand on the pages of all tests after it."""
    before = dict(MODELS)
    yield
    assert before == MODELS, f"left in the registry: {sorted(MODELS.keys() ^ before.keys())}"


@pytest.fixture(scope="module")
def tiny_models() -> Iterator[None]:
    """The tiny networks of `tiny_training` are models, with recipes, as long as this module's tests run."""
    import tiny_training

    with pytest.MonkeyPatch.context() as patch:
        tiny_training.register(patch)
        yield


@pytest.fixture(scope="session")
def _tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An untrained ResNet18 with a card; built once, as it takes a second."""
    import keras

    from cxr_core.models.card import (
        Card, Figure, FindingCard, Identity, Sources, Subset, Training, Use, WeightsFile, write_card,
    )
    from cxr_core.models.networks import build
    from cxr_core.models.registry import find_spec
    from cxr_core.models.weights import FILE, save_weights

    spec = find_spec("resnet18-128-nih14")
    root = tmp_path_factory.mktemp("weights")
    folder = root / spec.id
    folder.mkdir()
    keras.utils.set_random_seed(1)
    model = build(spec)
    films = np.random.default_rng(1).uniform(-1, 1, (8, 8, 8, 1)).repeat(16, axis=1).repeat(16, axis=2)
    for layer in model.layers:  # batch norm learns these films at once: without it all scores are 0.5 to the last bit
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0.0
    model(films.astype("float32"), training=True)
    sha256 = save_weights(model, folder / FILE)
    none = Figure(auc=0.5, low=0.4, high=0.6, positives=10, n=100)
    write_card(folder, Card(
        model=Identity(
            spec.id, spec.title, spec.network, model.count_params(), spec.input_shape, spec.scaling, spec.activation,
            spec.source,
        ),
        weights=WeightsFile(FILE, sha256, "float16"),
        training=Training(
            recipe=spec.id, command=f"python -m cxr_core train {spec.id}", seed=1, epochs=0, hours=0.0,
            hardware="none", data="none", films=0, patients=0, split_digest="0" * 64, initialisation="random",
        ),
        data=Sources(("none",), ("none",)),
        use=Use("tests of the software", ("untrained: its scores mean nothing",)),
        findings=tuple(
            FindingCard(key, platt=(1.0, 0.0), operating_point=0.5, unsure=(0.4, 0.6), figures={"test": none})
            for key in spec.findings
        ),
        subsets=(Subset("test", n=100, patients=50, mean_auc=0.5, low=0.4, high=0.6, ece=0.1, label_version="none"),),
    ))
    return root


@pytest.fixture
def tiny_weights(_tiny_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of weights in which resnet18-128-nih14 alone has some, untrained; CXR_WEIGHTS names it."""
    monkeypatch.setenv("CXR_WEIGHTS", str(_tiny_folder))
    return _tiny_folder


@pytest.fixture(scope="session")
def _shipped_classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import tiny_classes

    root = tmp_path_factory.mktemp("classes")
    tiny_classes.ship(root)
    return root


@pytest.fixture
def classes_model(_shipped_classes: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a shipped model of exclusive classes, `weights/tiny-16-covid3`; CXR_WEIGHTS names its weights."""
    import tiny_classes

    tiny_classes.register(monkeypatch)
    monkeypatch.setenv("CXR_WEIGHTS", str(_shipped_classes / "weights"))
    return _shipped_classes
