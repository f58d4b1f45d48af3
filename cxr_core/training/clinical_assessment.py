"""What the clinical inputs do to the scores: the same films told more, less and otherwise of their patients."""

from __future__ import annotations

from dataclasses import dataclass, replace

import keras
import numpy as np
from keras import layers

from cxr_core.datasets.index import Index
from cxr_core.findings import NIH14
from cxr_core.models.card import Card, Effect
from cxr_core.models.clinical import GROUPS, HISTORY_UNKNOWN, encode_index, fill, hide
from cxr_core.models.spec import ModelSpec
from cxr_core.training.clinical import ClinicalRows
from cxr_core.training.films import load_blocks, network_input

_BATCH = 64


@dataclass(frozen=True)
class Looked:
    """Films after the part of the network that sees no clinical inputs: scored with any of them in a moment.

    `features` has shape (films, channels), of an ensemble (films, findings). `known` is what is known of each film's
    patient.
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


def look(model: keras.Model, spec: ModelSpec, neutral: np.ndarray, part: Index) -> Looked:
    """Run the part that sees the film alone over films whose index has their `history`; `neutral` (17,) is what stands
    for what is not known."""
    if spec.members:
        seen = model.get_layer("film_logits").output
    else:
        seen = next(layer for layer in model.layers if isinstance(layer, layers.GlobalAveragePooling2D)).output
    film, clinical = model.inputs
    branch, head = keras.Model(film, seen), keras.Model([seen, clinical], model.output)
    features = np.concatenate([
        np.asarray(branch.predict_on_batch(network_input(films[start:start + _BATCH], spec)))
        for films in load_blocks(part, spec.size) for start in range(0, len(films), _BATCH)
    ])
    return Looked(features, ClinicalRows(encode_index(part), neutral), head)


def told_otherwise(test: Looked) -> dict[str, np.ndarray]:
    """Network outputs of the test films whose history is not told, or which are not seen, by their row on the card.

    Unknown is what the app says where nothing is known; zeroed says "no earlier finding" of everybody. A film that is
    not seen is the mean of them all: what the clinical inputs alone are worth.
    """
    unseen = replace(test, features=np.broadcast_to(test.features.mean(axis=0), test.features.shape))
    return {
        HISTORY_UNKNOWN: test.raw(hide(test.known.values, ("history",))),
        "test, history zeroed": test.raw(test.told(history=0)),
        "test, film not seen": unseen.raw(),
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
