"""What a model is, before any weight is loaded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Scaling = Literal["unit", "symmetric", "imagenet"]


@dataclass(frozen=True)
class ModelSpec:
    """One model: its network, its input, and its outputs in order.

    `scaling` says what the network's input is: "unit" is 0 to 1, "symmetric" is -1 to 1, "imagenet" is 0 to 1 less
    ImageNet's mean colour, over its standard deviation, as torchvision and CheXNet have it. A film of
    one channel is repeated `channels` times. `activation` turns logits into probabilities.
    `clinical` says that the network takes 17 clinical inputs beside the film (`cxr_core.models.clinical`).
    `exclusive` says that a film has exactly one of the findings: classes, the likeliest of which it is called.
    `members` are the ids of the models whose calibrated probabilities an ensemble takes the mean of; it has no weights
    of its own. What a clinical one makes of the patient stands in its card.
    `leaky` says that it learned from patients of its own test films, to show what that gives: its figures are kept
    apart from all others, and it has no weights to read with.
    """

    id: str
    title: str
    network: str
    size: int
    channels: int
    scaling: Scaling
    findings: tuple[str, ...]
    activation: Literal["sigmoid", "softmax"]
    source: str
    clinical: bool = False
    exclusive: bool = False
    members: tuple[str, ...] = ()
    leaky: bool = False

    @property
    def input_shape(self) -> tuple[int, int, int]:
        return (self.size, self.size, self.channels)
