"""A trained network, ready to score films and to be explained."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import keras
import numpy as np

from cxr_core.errors import ExplanationError, ScoreError, WeightsCorrupt
from cxr_core.models.bfloat16 import multiplies_bfloat16
from cxr_core.models.card import Card, load_card
from cxr_core.models.clinical import ClinicalInputs, encode_index, fill
from cxr_core.models.ensemble import load_ensemble
from cxr_core.models.folding import fold_batch_norms
from cxr_core.models.gradients import (
    Gradients, Outputs, compile_gradients, compile_network, compile_outputs, device_name,
)
from cxr_core.models.networks import build
from cxr_core.models.prediction import Prediction, Score
from cxr_core.models.registry import find_spec
from cxr_core.models.spec import ModelSpec
from cxr_core.models.weights import find_weights, load_weights

if TYPE_CHECKING:
    from cxr_core.datasets.index import Index

Target = Literal["logit", "probability"]


class Classifier:
    """A model with its weights. `load_classifier` makes one.

    A clinical model is told nothing of the patient, each input at its neutral value, until `knowing` tells it.

    Gradients are `rounded` on their way back through convolutions, to bfloat16, where the processor multiplies it and
    it was measured what that does to the maps of such networks: on a film, at 50 steps, those of seven trained ones
    moved by .0015 (Xception, 128 px) to .0060 (MobileNet), relative L2, where .05 is allowed, and came 1.12 to 1.37
    times faster. Nobody measured weights that were imported. `bench ig` measures it.
    """

    def __init__(self, spec: ModelSpec, card: Card, model: keras.Model, *, rounded: bool | None = None) -> None:
        self.spec, self.card, self.device = spec, card, device_name()
        self._beside = _clinical(spec, card, ClinicalInputs())
        if rounded is None:
            rounded = card is not None and card.origin is None and multiplies_bfloat16()
        self._model, self._network = model, compile_network(_both(model), rounded)
        self._first = {"logit": 0, "probability": len(spec.findings)}  # the column where each begins
        # made when first asked for, and once for this model whatever it is told of patients
        self._head, self._attention = cache(lambda: _head(model)), cache(lambda: _attention(model))

    def knowing(self, clinical: ClinicalInputs | None) -> Classifier:
        """The same model, told of the patient: its films are scored and explained with these inputs held fixed.

        Nothing is loaded or compiled anew. A model without clinical inputs, or told nothing (None), stays as it is.
        """
        if clinical is None or not self.spec.clinical:
            return self
        told = copy(self)
        told._beside = _clinical(self.spec, self.card, clinical)
        return told

    @property
    def identity(self) -> tuple[str, str, bytes]:
        """What its outputs hang on beside the film: the model, its weights' sha256, and what it is told of the patient.

        Those of a copy that was made random are told from none by it.
        """
        return self.spec.id, self.card.weights.sha256, b"" if self._beside is None else self._beside.tobytes()

    def predict(self, batch: np.ndarray, index: Index | None = None) -> np.ndarray:
        """Raw outputs, shape (N, findings), float32, 0 to 1, of a batch (N, H, W, C) made by `prepare`.

        One film at a time: a film's scores do not depend on the films beside it. A clinical model is told of each
        patient what `index`, the films' own rows, knows; without one, what it knows by `knowing`.

        Raises
        ------
        ScoreError
            When an output is no number: it would be called "not sure", or be taken for a class, and means nothing.
        """
        score, beside = self._network.outputs, [self._beside] * len(batch)
        if index is not None and self.spec.clinical:
            beside = list(fill(encode_index(index), _clinical(self.spec, self.card, ClinicalInputs())))
        both = np.concatenate([score(batch[row:row + 1], beside[row]) for row in range(len(batch))])
        scores = both[:, self._first["probability"]:]
        self._refuse_what_is_no_number(scores)
        return scores

    def _refuse_what_is_no_number(self, scores: np.ndarray) -> None:
        broken = ~np.isfinite(scores)
        if not broken.any():
            return
        row, column = (int(places[0]) for places in np.nonzero(broken))
        which = f"film {row + 1} of {len(scores)}" if len(scores) > 1 else "this film"
        raise ScoreError(
            f"{self.spec.id} gave {scores[row, column]} for {self.spec.findings[column]} of {which}, which is no score "
            f"({int(broken.any(axis=1).sum())} of {len(scores)} films have such a one). If every film has, its weights "
            "are broken: restore or train them again."
        )

    def outputs(self, batch: np.ndarray, findings: tuple[int, ...], of: Target = "logit") -> np.ndarray:
        """Outputs (N, K) of K findings, without their gradients."""
        return self._network.outputs(batch, self._beside)[:, self._columns(findings, of)]

    def gradients(
        self, batch: np.ndarray, findings: tuple[int, ...], of: Target = "logit"
    ) -> tuple[np.ndarray, np.ndarray]:
        """Outputs (N, K) of K findings and their input gradients (K, N, H, W, C), from one forward pass."""
        return self._network.gradients(batch, self._columns(findings, of), self._beside)

    def trace(self) -> None:
        """Do now what the first score and the first map of one finding would wait for; may be called in any thread."""
        self._network.trace()

    def _columns(self, findings: tuple[int, ...], of: Target) -> tuple[int, ...]:
        return tuple(self._first[of] + finding for finding in findings)

    def features(self, batch: np.ndarray, findings: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
        """The last feature maps (N, h, w, maps) and the gradients of K findings' logits to them (K, N, h, w, maps).

        Raises
        ------
        ExplanationError
            When there are none: an ensemble's members each have their own.
        """
        if not self.has_features:
            raise ExplanationError(f"{self.spec.title} has no feature maps of its own. Choose one of its members.")
        maps = self._network.maps(batch, self._beside)
        return maps, self._head()(maps, findings, self._beside)[1]

    def embed(self, batch: np.ndarray) -> np.ndarray:
        """The means of the last feature maps, (N, maps), float32: what the network makes of a film before it judges.

        What a clinical model is told of the patient has no part in it.

        Raises
        ------
        ExplanationError
            When there are no such maps: an ensemble's members each have their own.
        """
        if not self.has_features:
            raise ExplanationError(f"{self.spec.title} has no feature maps of its own. Choose one of its members.")
        return self._network.maps(batch, self._beside).mean(axis=(1, 2))

    @property
    def has_features(self) -> bool:
        """Whether there are last feature maps, as Grad-CAM and `embed` need them."""
        return not self.spec.members

    @property
    def has_attention(self) -> bool:
        """Whether the network has an attention map of its own, as Khan's has."""
        return any(layer.name == "attention" for layer in self._model.layers)

    def attention(self, batch: np.ndarray) -> np.ndarray | None:
        """The network's own attention map (N, S, S), 0 to 1; None for one that has none."""
        return self._attention()(batch)[..., 0] if self.has_attention else None

    def predict_film(self, batch: np.ndarray) -> Prediction:
        """The scores of one film, calibrated, each with its operating point."""
        raw = self.predict(batch)[0]
        calibrated = self.card.calibrate(raw)
        likeliest = self.spec.findings[int(calibrated.argmax())] if self.spec.exclusive else None
        scores = tuple(
            Score(key, float(value), float(probability), finding.operating_point, finding.unsure,
                  None if likeliest is None else key == likeliest)
            for key, value, probability, finding in zip(
                self.spec.findings, raw, calibrated, self.card.findings, strict=True
            )
        )
        return Prediction(self.spec.id, self.card.weights.sha256, self.device, scores)


def untrained_gradients(spec: ModelSpec) -> Gradients:
    """Gradients of the logits of a network with random weights, as costly as those of a trained one."""
    device_name()
    return compile_gradients(_logits(fold_batch_norms(build(spec))), multiplies_bfloat16())


def _clinical(spec: ModelSpec, card: Card, clinical: ClinicalInputs) -> np.ndarray | None:
    """The clinical inputs as the network takes them, (17,), the card's neutral values where unknown."""
    if not spec.clinical:
        return None
    if card.clinical is None:
        raise WeightsCorrupt(
            f"The card of {spec.id} states no neutral values for its clinical inputs. Ship its run again, or import "
            "its file again."
        )
    return clinical.encode(np.array(card.clinical.neutral, np.float32))


def _both(model: keras.Model) -> keras.Model:
    """Logits and probabilities side by side, (N, 2 x findings), and any last feature maps: one trace for all."""
    beside = keras.layers.Concatenate(name="logits_and_probabilities")([model.get_layer("logits").output, model.output])
    maps = _last_maps(model)
    return keras.Model(model.input, beside if maps is None else [beside, maps])


def _last_maps(model: keras.Model) -> Any:
    """What the network's pooling is given, (N, h, w, maps); None without one: members of an ensemble have theirs."""
    pooling = keras.layers.GlobalAveragePooling2D
    return next((layer.input for layer in model.layers if isinstance(layer, pooling)), None)


def _logits(model: keras.Model) -> keras.Model:
    return keras.Model(model.input, model.get_layer("logits").output)


def _head(model: keras.Model) -> Gradients:
    """From the last feature maps to the logits."""
    maps, (_, *beside) = _last_maps(model), model.inputs
    return compile_gradients(keras.Model([maps, *beside] if beside else maps, model.get_layer("logits").output))


def _attention(model: keras.Model) -> Outputs:
    return compile_outputs(keras.Model(model.inputs[0], model.get_layer("attention").output))


def load_classifier(model_id: str, known: Callable[[str], Classifier] | None = None) -> Classifier:
    """Build the network, and load its weights after checking their digest.

    `known` gives loaded classifiers by their ids: an ensemble is then made of their networks, which it shares, and
    which nobody may change.

    Raises
    ------
    UnknownModel, WeightsMissing, WeightsCorrupt
    """
    spec = find_spec(model_id)
    folder = find_weights(spec)
    card = load_card(folder)
    device_name()  # sets memory growth, which must come before the first tensor
    if spec.members:
        return Classifier(spec, card, load_ensemble(spec, card, known and (lambda one: _unchanged(known(one)))))
    model = build(spec)
    load_weights(model, folder, card)
    return Classifier(spec, card, fold_batch_norms(model))


def _unchanged(classifier: Classifier) -> tuple[Card, keras.Model]:
    return classifier.card, classifier._model
