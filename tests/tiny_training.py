"""A training run of seconds: a network of two layers on drawn films. As a script it is the command line on them.

    KERAS_BACKEND=jax python tests/tiny_training.py FOLDER train tiny-16-test2 --run RUN
"""

from __future__ import annotations

import os
import sys
import types
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import cv2
import numpy as np
import pandas as pd
import pytest

from cxr_core.datasets.index import Index
from cxr_core.models.clinical import COUNT
from cxr_core.models.registry import MODELS
from cxr_core.models.spec import ModelSpec
from cxr_core.training.recipe import Recipe, Stage

SPEC = ModelSpec(
    id="tiny-16-test2", title="Tiny", network="tiny", size=16, channels=1, scaling="symmetric",
    findings=("Mass", "Effusion"), activation="sigmoid", source="a test",
)
NEUTRAL = (0.48, 0.55, 0.3, *[0.1] * 14)
CLINICAL = replace(SPEC, id="tiny-16-test2-clinical", clinical=True)
RECIPE = Recipe(
    model_id=SPEC.id, stages=(Stage(epochs=2, learning_rate=0.02, size=12), Stage(epochs=3, learning_rate=0.01)),
    batch=16, optimizer="adamw", schedule="cosine", augmentation="radiograph", weight_decay=0.01, ema=0.9, draw="rarest",
    batch_norm_films=64, mixup=0.2, side_tasks=0.3, precision="float32",
)


# Without what several devices compute apart under TensorFlow: batch norm and dropout.
PLAIN_SPEC = replace(SPEC, id="plain-16-test2", network="plain")
PLAIN = replace(RECIPE, model_id=PLAIN_SPEC.id, batch_norm_films=0, side_tasks=0.0)


def build_plain(spec: ModelSpec):
    """One convolution and the shared head."""
    from keras import Input, Model, layers

    from cxr_core.models.networks.head import classify

    films = Input(spec.input_shape)
    hidden = layers.Conv2D(8, 5, activation="relu", name="conv")(films)
    return Model(films, classify(layers.GlobalAveragePooling2D(name="pool")(hidden), spec), name="plain")


def build(spec: ModelSpec):
    """One convolution, batch norm, dropout, and the shared head; beside them a clinical branch, if the spec has one."""
    from keras import Input, Model, layers

    from cxr_core.models.networks.head import classify

    films = Input(spec.input_shape)
    hidden = layers.Conv2D(8, 5, activation="relu", name="conv")(films)
    hidden = layers.BatchNormalization(name="norm")(hidden)
    hidden = layers.Dropout(0.2, name="dropout")(layers.GlobalAveragePooling2D(name="pool")(hidden))
    if not spec.clinical:
        return Model(films, classify(hidden, spec), name="tiny")
    clinical = Input((COUNT,), name="clinical")
    hidden = layers.Concatenate(name="both")([hidden, layers.Dense(8, activation="relu", name="told")(clinical)])
    return Model([films, clinical], classify(hidden, spec), name="tiny")


def register(patch: pytest.MonkeyPatch) -> None:
    """Make the tiny networks some of the registry's, and two of their recipes some of the recipes, while `patch` holds.

    Tests ask for the fixture `tiny_models`, which takes them away again.
    """
    from cxr_core.training.recipes import RECIPES

    for spec, recipe, builder in ((SPEC, RECIPE, build), (PLAIN_SPEC, PLAIN, build_plain)):
        network = types.ModuleType(f"cxr_core.models.networks.{spec.network}")
        network.build = builder
        written = types.ModuleType(f"cxr_core.training.recipes.{spec.network}")
        written.RECIPE = recipe
        for module in (network, written):
            patch.setitem(sys.modules, module.__name__, module)
        patch.setitem(MODELS, spec.id, spec)
        patch.setitem(RECIPES, spec.id, spec.network)
    patch.setitem(MODELS, CLINICAL.id, CLINICAL)


def draw_films(root: Path) -> Index:
    """120 drawn films: a Mass is a bright disc, an Effusion a bright floor."""
    rng = np.random.default_rng(0)
    rows = []
    for number in range(120):
        film = rng.normal(90, 15, (32, 32))
        labels = [name for name in SPEC.findings if rng.random() < 0.4]
        if "Mass" in labels:
            cv2.circle(film, tuple(int(v) for v in rng.integers(8, 24, 2)), 5, 230, -1)
        if "Effusion" in labels:
            film[24:] = 200
        cv2.imwrite(str(root / f"{number}.png"), np.clip(film, 0, 255).astype(np.uint8))
        rows.append({
            "path": f"{number}.png", "image": f"{number}.png", "patient": number, "follow_up": 0, "age": 40 + number % 30,
            "sex": "MF"[number % 2], "view": ("PA", "AP")[number % 3 == 0], "labels": "|".join(labels) or "No Finding",
            "split": "val" if number % 3 == 1 else "train", "source_width": 1024,
        })
    return Index(root, pd.DataFrame(rows))


def write_clinical_weights(root: Path) -> None:
    """Random weights of the tiny clinical network, with a card, into a folder of weights."""
    import keras

    from cxr_core.models.card import (
        Card, ClinicalCard, Effect, Figure, FindingCard, Identity, Sources, Subset, Training, Use, WeightsFile,
        write_card,
    )
    from cxr_core.models.weights import FILE, save_weights

    folder = root / CLINICAL.id
    folder.mkdir(parents=True)
    keras.utils.set_random_seed(5)
    model, figure = build(CLINICAL), Figure(auc=0.7, low=0.6, high=0.8, positives=20, n=100)
    write_card(folder, Card(
        Identity(CLINICAL.id, CLINICAL.title, CLINICAL.network, model.count_params(), CLINICAL.input_shape,
                 CLINICAL.scaling, CLINICAL.activation, CLINICAL.source),
        WeightsFile(FILE, save_weights(model, folder / FILE), "float16"),
        Training(CLINICAL.id, "none", 1, 0, 0.0, "none", "none", 0, 0, "0" * 64, "random"),
        Sources(("none",), ("none",)),
        Use("tests of the software", ("untrained",)),
        tuple(FindingCard(key, (1.0, 0.0), 0.5, (0.4, 0.6), {"test": figure}) for key in CLINICAL.findings),
        (Subset("test", 100, 50, 0.7, 0.6, 0.8, 0.1, "none"),),
        clinical=ClinicalCard(NEUTRAL, (Effect("sex from F to M", (0.1, -0.1)),)),
    ))


def write_set(index: Index) -> None:
    """Write the films' table in the form of the reduced NIH set, so that they can be named with --data."""
    names = {"image": "image_index", "patient": "patient_id", "labels": "finding_labels"}
    table = index.table.rename(columns=names).assign(slice="natural", has_box=0)
    table.to_csv(index.root / "images.csv", index=False)


def main(folder: Path, arguments: list[str]) -> int:
    """Any command of the command line, on films drawn into `folder`.

    TINY_DEVICES is the number of devices that TensorFlow is to make of the CPU; under JAX XLA_FLAGS says so.
    """
    if devices := os.environ.get("TINY_DEVICES"):
        import tensorflow as tf

        one = tf.config.LogicalDeviceConfiguration()
        tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], [one] * int(devices))
    register(pytest.MonkeyPatch())  # for as long as the process lives
    folder.mkdir(parents=True, exist_ok=True)
    write_set(draw_films(folder))
    from cxr_core.cli import main

    return main([*arguments, "--data", str(folder)])


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
