"""A trained network, ready to score films and to be explained."""

from __future__ import annotations

from typing import Literal

import keras
import numpy as np

from cxr_core.models.card import Card, load_card
from cxr_core.models.folding import fold_batch_norms
from cxr_core.models.gradients import Gradients, compile_gradients, compile_outputs, device_name
from cxr_core.models.networks import build
from cxr_core.models.prediction import Prediction, Score
from cxr_core.models.registry import find_spec
from cxr_core.models.spec import ModelSpec
from cxr_core.models.weights import find_weights, load_weights

Target = Literal["logit", "probability"]


class Classifier:
    """A model with its weights. `load_classifier` makes one."""

    def __init__(self, spec: ModelSpec, card: Card, model: keras.Model) -> None:
        self.spec, self.card, self.device = spec, card, device_name()
        logits = _logits(model)
        self._outputs = {"probability": compile_outputs(model), "logit": compile_outputs(logits)}
        self._gradients = {"probability": compile_gradients(model), "logit": compile_gradients(logits)}

    def predict(self, batch: np.ndarray) -> np.ndarray:
        """Raw outputs, shape (N, findings), float32, 0 to 1, of a batch (N, H, W, C) made by `prepare`.

        One film at a time: a film's scores do not depend on the films beside it.
        """
        return np.concatenate([self._outputs["probability"](batch[row:row + 1]) for row in range(len(batch))])

    def outputs(self, batch: np.ndarray, findings: tuple[int, ...], of: Target = "logit") -> np.ndarray:
        """Outputs (N, K) of K findings, without their gradients."""
        return self._outputs[of](batch)[:, list(findings)]

    def gradients(
        self, batch: np.ndarray, findings: tuple[int, ...], of: Target = "logit"
    ) -> tuple[np.ndarray, np.ndarray]:
        """Outputs (N, K) of K findings and their input gradients (K, N, H, W, C), from one forward pass."""
        return self._gradients[of](batch, findings)

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
    return compile_gradients(_logits(fold_batch_norms(build(spec))))


def _logits(model: keras.Model) -> keras.Model:
    return keras.Model(model.input, model.get_layer("logits").output)


def load_classifier(model_id: str) -> Classifier:
    """Build the network, and load its weights after checking their digest.

    Raises
    ------
    UnknownModel, WeightsMissing, WeightsCorrupt
    """
    spec = find_spec(model_id)
    folder = find_weights(spec)
    card = load_card(folder)
    device_name()  # sets memory growth, which must come before the first tensor
    model = build(spec)
    load_weights(model, folder, card)
    return Classifier(spec, card, fold_batch_norms(model))
