"""The mean of several networks' calibrated probabilities, as one network, which may be told of the patient."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import keras
import numpy as np
from keras import layers, ops

from cxr_core.imaging.prepare import ends
from cxr_core.models.clinical import COUNT
from cxr_core.models.spec import ModelSpec

_LEAST = 1e-7  # as `Card.calibrate` bounds a probability before its logit is taken


@dataclass(frozen=True)
class Member:
    """A network of one film, and Platt's `a` and `b` of each of its outputs: shape (findings, 2)."""

    spec: ModelSpec
    model: keras.Model
    platt: np.ndarray


@dataclass(frozen=True)
class Patient:
    """What an ensemble makes of clinical inputs: their neutral values (17,), and what each adds per unit beyond its own
    to the logit of a finding (findings, 17)."""

    neutral: np.ndarray
    log_odds: np.ndarray


def build(spec: ModelSpec, members: Sequence[Member], patient: Patient | None = None) -> keras.Model:
    """Every member sees the film at its own size and scaling; of a finding the mean of those that know it.

    The film is of 0 to 1, shape (N, size, size, 1), no smaller than the largest member's. With a `patient` there are 17
    clinical inputs, (N, 17), beside it; the logits of the film alone are those of the layer "film_logits".
    """
    film = keras.Input(spec.input_shape, name="film")
    seen = {size: film if size == spec.size else Shrink(spec.size, size, name=f"shrink{size}")(film)
            for size in {member.spec.size for member in members}}
    votes = []
    for member in members:
        name = member.spec.id
        own = AsSeen(*ends(member.spec), name=f"{name}_input")(seen[member.spec.size])
        logits = keras.Model(member.model.inputs, member.model.get_layer("logits").output, name=name)(own)
        votes.append(Calibrate(member.platt, member.spec.activation, name=f"{name}_calibrated")(logits))
    mean = Mean([member.spec.findings for member in members], spec.findings, name="mean")(votes)
    if patient is None:
        inputs, logits = film, Logit(name="logits")(mean)
    else:
        inputs = [film, keras.Input((COUNT,), name="clinical")]
        logits = layers.Add(name="logits")([Logit(name="film_logits")(mean), Told(patient, name="told")(inputs[1])])
    return keras.Model(inputs, layers.Activation("sigmoid", name="probabilities")(logits), name="ensemble")


class Shrink(layers.Layer):
    """Area averaging to (N, to, to, 1), as films are shrunk for a network: a fixed linear map."""

    def __init__(self, size: int, to: int, **options) -> None:
        super().__init__(**options)
        edges = np.arange(to + 1) * size / to
        low, high = np.maximum(edges[:-1, None], np.arange(size)), np.minimum(edges[1:, None], np.arange(size) + 1)
        self._share = (np.maximum(high - low, 0) * to / size).astype(np.float32)  # (to, size), rows sum to 1

    def call(self, films):
        return ops.einsum("ih,nhwc,jw->nijc", self._share, films, self._share)


class AsSeen(layers.Layer):
    """A film of 0 to 1 in a network's own scaling and channels, from what black and white are in them."""

    def __init__(self, black: np.ndarray, white: np.ndarray, **options) -> None:
        super().__init__(**options)
        self._black, self._range = black, white - black

    def call(self, films):
        return films * self._range + self._black


class Calibrate(layers.Layer):
    """Logits (N, findings) as calibrated probabilities, as `Card.calibrate` makes them."""

    def __init__(self, platt: np.ndarray, activation: str, **options) -> None:
        super().__init__(**options)
        self._platt, self._activation = np.asarray(platt, np.float32), activation

    def call(self, logits):
        if self._activation == "softmax":
            logits = _logit(ops.softmax(logits))
        return ops.sigmoid(self._platt[:, 0] * logits + self._platt[:, 1])


class Mean(layers.Layer):
    """Of each finding the mean over those who know it: members' (N, their findings) -> (N, findings)."""

    def __init__(self, theirs: Sequence[Sequence[str]], findings: Sequence[str], **options) -> None:
        super().__init__(**options)
        knows = [np.array([[key == own for key in findings] for own in one], np.float32) for one in theirs]
        count = sum(one.sum(axis=0) for one in knows)
        if (count == 0).any():
            raise ValueError(f"No member knows {findings[int(np.argmin(count))]}.")
        self._shares = [one / count for one in knows]

    def call(self, votes):
        return sum(ops.matmul(vote, share) for vote, share in zip(votes, self._shares))


class Told(layers.Layer):
    """Clinical inputs (N, 17) -> what they add to the logits (N, findings)."""

    def __init__(self, patient: Patient, **options) -> None:
        super().__init__(**options)
        self._neutral, self._log_odds = patient.neutral, patient.log_odds.T

    def call(self, clinical):
        return ops.matmul(clinical - self._neutral, self._log_odds)


class Logit(layers.Layer):
    """Probabilities -> logits."""

    def call(self, probabilities):
        return _logit(probabilities)


def _logit(probabilities):
    bounded = ops.clip(probabilities, _LEAST, 1 - _LEAST)
    return ops.log(bounded) - ops.log1p(-bounded)
