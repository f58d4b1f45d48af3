"""A recipe: everything a training run depends on but the films."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

IMAGENET = "imagenet"  # what a backbone may begin from, beside files and runs


@dataclass(frozen=True)
class Stage:
    """A part of a run with its own resolution and learning rate; a later stage begins from the best of the one before.

    `size` is the side of the films shown, in px (None: the size the network is shipped for). `min_source`
    leaves out films whose source was smaller, in px. `epoch_films` is the number of films shown in an
    epoch (None: as many as the split has).
    """

    epochs: int
    learning_rate: float
    size: int | None = None
    min_source: int = 0
    epoch_films: int | None = None


@dataclass(frozen=True)
class Recipe:
    """How one model is trained.

    `network` is another one than the model's own, to compare the two on val; such a run does not ship.
    `data` names the films (`training.data`); `split` says whether they are divided as their data set says, which is by
    patient, or by image, as some papers did: that leaks, and what comes of it is kept apart (`training.leaky`).
    `image_share` is train's share by image (0.75 Mondal 2019, 0.8 Khan 2018). `drawn_films` is how many films are drawn
    once, none twice, with weight 0.1 + number of findings, for all epochs (Khan 2018: 40,000): of all before they are
    split by image, else of train's; None for all.
    `optimizer` "adam_l2" is Adam with an L2 penalty, as PyTorch's.
    `draw` says how films are drawn: every film in turn; the more often the rarer its rarest finding; with weight
    0.1 + number of findings (Khan 2018); or in turn with films repeated until all classes are as frequent.
    `mixup` is the Beta parameter
    of mixing two films of a batch (Zhang et al. 2018), 0 for none. `side_tasks` is the weight of the loss of
    age, sex and view, learnt beside the findings and left out of the shipped weights. `hide_clinical` is how often each
    of age, sex, view and history is made unknown in training, of a network with clinical inputs. `weights` is what the
    backbone begins from: None for random weights, "imagenet" (Keras fetches them, where it has them), a file of Keras
    or safetensors, a model by its folder or its id, or the run folder of another recipe, that of a `pretrain-` one for
    instance (`training.initial`). `ema` is the momentum of the averaged weights, or None. `batch_norm_films` is the
    number of train films on which the batch norms are measured anew before each look at val (Wu and Johnson 2021,
    arXiv:2105.07576), 0 to leave them. `choose` names the column of the history that picks the epoch.
    """

    model_id: str
    stages: tuple[Stage, ...]
    batch: int
    optimizer: Literal["adam", "adamw", "adam_l2"]
    schedule: Literal["constant", "cosine"]
    augmentation: Literal["none", "flip", "published_xception", "radiograph", "radiograph_strong"]
    network: Literal["own", "mobilenet_attention_16", "mobilenet_attention_32"] = "own"
    data: Literal["nih_small", "covid3", "all_films"] = "nih_small"
    split: Literal["own", "image"] = "own"
    image_share: float = 0.75
    drawn_films: int | None = None
    weight_decay: float = 0.0
    ema: float | None = None
    batch_norm_films: int = 0
    draw: Literal["in_turn", "rarest", "findings", "upsampled"] = "in_turn"
    loss: Literal[
        "binary_crossentropy", "weighted_binary_crossentropy", "categorical_crossentropy", "euclidean", "hinge",
        "known_binary_crossentropy",
    ] = "binary_crossentropy"
    mixup: float = 0.0
    side_tasks: float = 0.0
    hide_clinical: float = 0.0
    weights: str | None = None
    choose: Literal["val_auc", "val_auc_within_view"] = "val_auc"
    precision: str = "mixed_bfloat16"
    seed: int = 1

    @property
    def epochs(self) -> int:
        return sum(stage.epochs for stage in self.stages)

    @property
    def min_source(self) -> int:
        """The smallest source any stage admits, in px."""
        return min(stage.min_source for stage in self.stages)
