"""What the clinical inputs do to the scores: the same films told more, less and otherwise of their patients."""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np
from keras import layers

from cxr_core.datasets.index import Index
from cxr_core.findings import NIH14
from cxr_core.models.card import Card, Effect
from cxr_core.models.clinical import GROUPS, HISTORY_UNKNOWN, fill, hide
from cxr_core.models.spec import ModelSpec
from cxr_core.training.clinical import ClinicalRows, clinical_rows
from cxr_core.training.films import load_blocks, network_input
from cxr_core.training.recipe import Recipe

_BATCH = 64


@dataclass(frozen=True)
class Looked:
    """Films after the network's film branch, which sees no clinical inputs: scored with any of them in a moment.

    `features` has shape (films, channels); `known` is what is known of each film's patient.
    """

    features: np.ndarray
    known: ClinicalRows
    head: keras.Model

    def raw(self, values: np.ndarray | None = None) -> np.ndarray:
        """Network outputs (films, findings), told what is known, or `values` in its place."""
        told = fill(self.known.values if values is None else values, self.known.neutral)
        return np.asarray(self.head.predict([self.features, told], batch_size=1024, verbose=0))

    def told(self, **inputs: float | np.ndarray) -> np.ndarray:
        """The known values with age (centuries), sex, view or history set to the same for every film."""
        values = self.known.values.copy()
        for name, value in inputs.items():
            values[:, GROUPS[name]] = value
        return values


def look(model: keras.Model, spec: ModelSpec, recipe: Recipe, index: Index, part: Index) -> Looked:
    """Run the film branch over the films of a part of `index`, which has their `history`."""
    pooled = next(layer for layer in model.layers if isinstance(layer, layers.GlobalAveragePooling2D)).output
    film, clinical = model.inputs
    branch, head = keras.Model(film, pooled), keras.Model([pooled, clinical], model.output)
    features = np.concatenate([
        np.asarray(branch.predict_on_batch(network_input(films[start:start + _BATCH], spec)))
        for films in load_blocks(part, spec.size) for start in range(0, len(films), _BATCH)
    ])
    return Looked(features, clinical_rows(spec, recipe, index, part), head)


def without_history(test: Looked) -> dict[str, np.ndarray]:
    """Network outputs of the test films whose history is not told, by the name of the row on the card.

    Unknown is what the app says where nothing is known; zeroed says "no earlier finding" of everybody.
    """
    return {
        HISTORY_UNKNOWN: test.raw(hide(test.known.values, ("history",))),
        "test, history zeroed": test.raw(test.told(history=0)),
    }


def effects(val: Looked, card: Card) -> tuple[Effect, ...]:
    """How the calibrated scores of val move, on average over its films, when one clinical input changes."""

    def moved(name: str, before: np.ndarray, after: np.ndarray) -> Effect:
        change = (card.calibrate(val.raw(after)) - card.calibrate(val.raw(before))).mean(axis=0)
        return Effect(name, tuple(float(value) for value in change))

    none = val.told(history=0)
    seen = [
        moved("", none, val.told(history=np.eye(len(NIH14))[NIH14.index(finding.key)])).change[column]
        for column, finding in enumerate(card.findings)
    ]
    return (
        moved("age from 40 to 70 years", val.told(age=0.4), val.told(age=0.7)),
        moved("sex from F to M", val.told(sex=0), val.told(sex=1)),
        moved("view from PA to AP", val.told(view=0), val.told(view=1)),
        moved("history from unknown to no earlier finding", hide(val.known.values, ("history",)), none),
        Effect("the same finding on an earlier film, against none", tuple(seen)),
    )
