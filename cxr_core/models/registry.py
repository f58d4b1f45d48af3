"""The models there are: data only, so that a page can list them without Keras.

Beside our own there are those that the user has imported: their cards say what they are.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import get_args

from cxr_core.errors import ModelError, UnknownModel
from cxr_core.findings import COVID3, NIH6, NIH14, NIH15, PRETRAINING
from cxr_core.models.card import CARD, Identity, load_card
from cxr_core.models.spec import ModelSpec, Scaling
from cxr_core.models.weights import imported_folder

MODELS: dict[str, ModelSpec] = {
    spec.id: spec
    for spec in (
        ModelSpec(
            id="resnet18-128-nih14",
            title="ResNet18 · 128 px · 14 findings",
            network="resnet18",
            size=128,
            channels=1,
            scaling="symmetric",
            findings=NIH14,
            activation="sigmoid",
            source="our own first network (He et al. 2015)",
        ),
        ModelSpec(
            id="mobilenet-128-nih6",
            title="MobileNet + attention · 128 px · 6 findings",
            network="mobilenet_attention",
            size=128,
            channels=1,
            scaling="symmetric",
            findings=NIH6,
            activation="sigmoid",
            source="Khan, BRAC thesis (2018)",
        ),
        ModelSpec(
            id="inceptionv3-299-nih15",
            title="InceptionV3 · 299 px · 15 classes",
            network="inception_v3",
            size=299,
            channels=3,
            scaling="symmetric",
            findings=NIH15,
            activation="sigmoid",
            source="Srikar, Reddy, Reddy (c. 2021)",
        ),
        ModelSpec(
            id="xception-128-nih14",
            title="Xception · 128 px · 14 findings",
            network="xception",
            size=128,
            channels=1,
            scaling="unit",
            findings=NIH14,
            activation="softmax",
            source="Mondal, Agarwal, Rashid (2019)",
        ),
        ModelSpec(
            id="xception-299-nih14",
            title="Xception · 299 px · 14 findings",
            network="xception",
            size=299,
            channels=1,
            scaling="symmetric",
            findings=NIH14,
            activation="sigmoid",
            source="Mondal, Agarwal, Rashid (2019), trained as we would today",
        ),
        ModelSpec(
            id="densenet121-224-nih14-clinical",
            title="DenseNet121 + clinical inputs · 224 px · 14 findings",
            network="densenet121_clinical",
            size=224,
            channels=3,
            scaling="symmetric",
            findings=NIH14,
            activation="sigmoid",
            source="Crobu, Di Ciaccio (2019)",
            clinical=True,
        ),
        ModelSpec(
            id="resnet18-224-covid3",
            title="ResNet18 · 224 px · COVID-19",
            network="resnet18",
            size=224,
            channels=3,
            scaling="symmetric",
            findings=COVID3,
            activation="softmax",
            source="Ibisoglu, Akcay (2021)",
            exclusive=True,
        ),
        ModelSpec(
            id="customcnn-224-covid3",
            title="Custom CNN · 224 px · COVID-19",
            network="custom_cnn",
            size=224,
            channels=3,
            scaling="symmetric",
            findings=COVID3,
            activation="softmax",
            source="Ibisoglu, Akcay (2021)",
            exclusive=True,
        ),
    )
}


def _ensemble(*members: str, clinical: bool = False) -> ModelSpec:
    """The mean of some of our NIH models, which says of which: of how many there are, and their titles.

    A clinical one weighs what the film shows with what age, sex, view and earlier findings tell before it is looked at.
    """
    of_nih = [spec for spec in MODELS.values() if not spec.exclusive]
    titles = ", ".join(MODELS[one].title.rpartition(" · ")[0] for one in members)
    return ModelSpec(
        id="ensemble-nih14" + "-clinical" * clinical,
        title=f"Ensemble{' + clinical inputs' * clinical} · mean of {len(members)} of the {len(of_nih)} NIH models",
        network="ensemble",
        size=299,
        channels=1,
        scaling="unit",
        findings=NIH14,
        activation="sigmoid",
        source=f"the mean of the calibrated probabilities of {len(members)} of the {len(of_nih)} NIH models: {titles}"
               + "; and the log odds of age, sex, view and earlier findings" * clinical,
        clinical=clinical,
        members=members,
    )


# Chosen on val: with MobileNet's six findings the mean has .778 there, without them .782.
MODELS |= {
    one.id: one
    for one in (_ensemble("resnet18-128-nih14", "inceptionv3-299-nih15", clinical=told) for told in (False, True))
}


# Trained to show something of the training, not to read films: figures ship, weights do not.
EXPERIMENTS: dict[str, ModelSpec] = {
    "xception-128-nih14-leaky": replace(
        MODELS["xception-128-nih14"], id="xception-128-nih14-leaky", leaky=True,
        title="Xception · 128 px · 14 findings · LEAKY split",
        source="Mondal, Agarwal, Rashid (2019), with its paper's kind of split, 75:25 by image",
    ),
}

# What other recipes begin from: trained on all films at hand, for findings of several sets, and not shipped.
BEGINNINGS: dict[str, ModelSpec] = {
    f"pretrain-{name}": ModelSpec(
        id=f"pretrain-{name}", title=f"{title} · shared pretraining", network=network, size=128, channels=channels,
        scaling="symmetric", findings=PRETRAINING, activation="sigmoid", source="all real films at hand",
    )
    for name, title, network, channels in (
        ("resnet18", "ResNet18", "resnet18", 1),
        ("mobilenet", "MobileNet + attention", "mobilenet_attention", 1),
        ("xception", "Xception", "xception", 1),
        ("inceptionv3", "InceptionV3", "inception_v3", 3),
        ("densenet121", "DenseNet121", "densenet121", 3),
    )
}

# Networks of others, whose weights can be imported; no model of ours, so that none is listed before it is there.
FOREIGN: dict[str, ModelSpec] = {
    spec.id: spec
    for spec in (
        ModelSpec(
            id="densenet121-224-nih14",
            title="DenseNet121 · 224 px · 14 findings",
            network="densenet121",
            size=224,
            channels=3,
            scaling="imagenet",
            findings=NIH14,
            activation="sigmoid",
            source="DenseNet121 (Huang et al. 2016) as in CheXNet (Rajpurkar et al. 2017)",
        ),
    )
}
ARCHITECTURES: dict[str, ModelSpec] = {id: spec for id, spec in (MODELS | FOREIGN).items() if not spec.members}


def all_models() -> dict[str, ModelSpec]:
    """Our models in their order, then the imported ones by id."""
    cards = sorted(imported_folder().glob(f"*/{CARD}"))
    return MODELS | {spec.id: spec for card in cards
                     if (spec := _imported(card.parent, card.stat().st_mtime_ns)) is not None and spec.id not in MODELS}


def find_spec(model_id: str) -> ModelSpec:
    """The spec of `model_id`, also of what is trained without being a model; UnknownModel names those there are."""
    for trained in (MODELS, EXPERIMENTS, BEGINNINGS):
        if model_id in trained:
            return trained[model_id]
    models = all_models()
    if model_id not in models:
        raise UnknownModel(f"There is no model {model_id!r}. Choose one of: {', '.join(models)}.")
    return models[model_id]


@lru_cache(maxsize=256)
def _imported(folder: Path, changed: int) -> ModelSpec | None:
    """The spec that an imported model's card gives, None where the card is broken or of another kind."""
    try:
        card = load_card(folder)
    except ModelError:
        return None  # one bad folder must not hide the others
    told, origin = card.model, card.origin
    if origin is None or origin.architecture not in ARCHITECTURES or told.id != folder.name or not _is_sound(told):
        return None
    return replace(
        ARCHITECTURES[origin.architecture], id=told.id, title=told.title, size=told.input[0], channels=told.input[2],
        scaling=told.scaling, activation=told.activation, source=told.source,
        findings=tuple(finding.key for finding in card.findings),
    )


def _is_sound(told: Identity) -> bool:
    """Whether a card's words are such that a network can be built and a film prepared by them."""
    return (
        len(told.input) == 3 and all(type(side) is int and 0 < side <= 4096 for side in told.input)
        and told.scaling in get_args(Scaling) and told.activation in ("sigmoid", "softmax")
        and all(isinstance(text, str) for text in (told.title, told.source))
    )
