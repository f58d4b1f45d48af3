"""Take a file of weights in as a model of the user's own."""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from cxr_core.errors import ExportError, UnknownModel, WeightsRefused
from cxr_core.evaluation.classes import ClassesCard
from cxr_core.models.card import (
    UNKNOWN, Card, ClinicalCard, FindingCard, Identity, Origin, Sources, Use, WeightsFile, write_card,
)
from cxr_core.models.importing.files import read_file
from cxr_core.models.importing.fit import Fit, count_outputs, fit_layers
from cxr_core.models.importing.layers import Stored
from cxr_core.models.importing.neutral import check_neutral
from cxr_core.models.importing.outputs import check_classes, in_our_order
from cxr_core.models.registry import ARCHITECTURES, BEGINNINGS, EXPERIMENTS, all_models
from cxr_core.models.spec import ModelSpec, Scaling
from cxr_core.models.weights import FILE, imported_folder, save_weights

if TYPE_CHECKING:
    import keras

_LIMITS = (
    "What it was trained on, how, and what it is worth are unknown: test it on your own films before you believe it.",
    "Its scores are the network's own outputs: not calibrated, and without operating points.",
    "If it was trained on NIH films, the test films here may be among them.",
)


@dataclass(frozen=True)
class Offer:
    """A file that fits an architecture as far as is known before its outputs are named."""

    path: Path
    sha256: str
    architecture: str
    spec: ModelSpec
    stored: Stored
    outputs: int


def check_name(name: str) -> str:
    """`name` if a new model may be called so.

    Raises
    ------
    WeightsRefused
        When it is taken, or is no plain name.
    """
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{1,62}[a-z0-9]", name) or ".." in name:
        raise WeightsRefused(
            f"{name[:80]!r} is no name for a model. Take 3 to 64 small letters, digits, dots and hyphens."
        )
    taken = ARCHITECTURES.keys() | EXPERIMENTS.keys() | BEGINNINGS.keys() | all_models().keys()
    if name in taken or (imported_folder() / name).exists():
        where = imported_folder() / name
        raise WeightsRefused(f"There is a model {name!r} already. Take another name, or remove {where}.")
    return name


def open_file(path: Path, architecture: str, *, size: int | None = None, scaling: Scaling | None = None) -> Offer:
    """Read a file and hold what it says of itself against the architecture; `size` and `scaling` override its own.

    Raises
    ------
    UnknownModel, WeightsRefused
    """
    if architecture not in ARCHITECTURES:
        raise UnknownModel(f"There is no architecture {architecture!r}. Choose one of: {', '.join(ARCHITECTURES)}.")
    spec = ARCHITECTURES[architecture]
    spec = replace(spec, size=size or spec.size, scaling=scaling or spec.scaling)
    if spec.scaling == "imagenet" and spec.channels != 3:
        raise WeightsRefused(f"{architecture} takes grey films; imagenet scaling is for networks of 3 channels.")
    stored = read_file(path)
    outputs = count_outputs(stored.layers)
    if outputs is None:
        raise WeightsRefused(f"{path.name} holds no dense layer with outputs: it has a backbone alone, or nothing.")
    return Offer(path, _sha256(path), architecture, _held_against(spec, stored), stored, outputs)


def check_outputs(offer: Offer, outputs: tuple[str, ...]) -> None:
    """WeightsRefused unless each of the file's outputs has its name, and exclusive classes are those known here."""
    if len(outputs) != offer.outputs:
        raise WeightsRefused(
            f"The file has {offer.outputs} outputs, and {len(outputs)} are named. Name each, in its order."
        )
    check_classes(offer.spec, outputs)


def take(
    offer: Offer, name: str, outputs: tuple[str, ...], *, outputs_from: str, neutral: ClinicalCard | None = None
) -> tuple[ModelSpec, Fit]:
    """Write the offer as the model `name`: float16 weights and a card that says what is unknown.

    Parameters
    ----------
    offer : Offer
    name : str
        The new model's id, as `check_name` allows.
    outputs : tuple of str
        The finding of each of the file's outputs, in the file's order.
    outputs_from : str
        Who says so, in words, for the card.
    neutral : ClinicalCard, optional
        Of a network with clinical inputs, which must have it: what stands for an unknown one, and who says so.

    Raises
    ------
    WeightsRefused
        When layers do not fit, or classes or neutral values are not those of the architecture.
    ExportError
        When the user's folder cannot be written.
    """
    check_outputs(offer, outputs)
    check_neutral(offer.spec, neutral)
    findings = in_our_order(outputs, offer.spec)
    backbone = ARCHITECTURES[offer.architecture].title.split(" · ")[0]
    spec = replace(
        offer.spec, id=check_name(name), title=f"{backbone} · {offer.spec.size} px · {name}", findings=findings,
        source=f"weights of others; the network is that of {offer.spec.source}",
    )
    model, fit = _filled(spec, offer.stored, tuple(outputs.index(key) for key in findings))
    try:
        imported_folder().mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(dir=imported_folder(), prefix=f".{name}."))
        try:
            digest = save_weights(model, draft / FILE)
            origin = Origin(offer.architecture, offer.path.name, offer.sha256, outputs, outputs_from)
            write_card(draft, replace(_card(spec, model.count_params(), digest), origin=origin, clinical=neutral))
            draft.chmod(0o755)
            draft.rename(imported_folder() / name)  # whole or not at all
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    except OSError as problem:
        raise ExportError(f"The model could not be written to {imported_folder()}: {problem.strerror}.") from None
    return spec, fit


def _filled(spec: ModelSpec, stored: Stored, columns: tuple[int, ...]) -> tuple[keras.Model, Fit]:
    """The network with the file's numbers in it."""
    from cxr_core.models.networks import build

    model = build(spec)
    fit = fit_layers(model, stored, columns)
    for variable, array in zip(model.weights, fit.arrays, strict=True):
        variable.assign(array)
    return model, fit


def _card(spec: ModelSpec, parameters: int, digest: str) -> Card:
    """What is known of a network and nothing else: neither training nor figures nor calibration."""
    return Card(
        Identity(spec.id, spec.title, spec.network, parameters, spec.input_shape, spec.scaling, spec.activation,
                 spec.source),
        WeightsFile(FILE, digest, "float16"), training=None, data=Sources((UNKNOWN,), (UNKNOWN,)),
        use=Use("Research and teaching. Not a medical device; not to rule disease in or out.", _LIMITS),
        findings=tuple(FindingCard(key, platt=None, operating_point=None, unsure=None) for key in spec.findings),
        classes=ClassesCard(temperature=None) if spec.exclusive else None,
    )


def _held_against(spec: ModelSpec, stored: Stored) -> ModelSpec:
    """The spec with the file's own activation; WeightsRefused where its input is another."""
    said = stored.declared
    expected = spec.input_shape
    if said.input is not None and any(one is not None and one != ours for one, ours in zip(said.input, expected)):
        raise WeightsRefused(
            f"The file's network takes films of {' x '.join(str(one) for one in said.input)}, this one of "
            f"{' x '.join(map(str, expected))}. Name its size (--size {said.input[0]}), or another architecture."
        )
    if spec.exclusive and said.activation == "sigmoid":
        raise WeightsRefused(
            f"The file's outputs are sigmoids, each for itself; {spec.id} tells classes, of which a film has exactly "
            "one. Name another architecture."
        )
    if said.activation in ("sigmoid", "softmax"):
        return replace(spec, activation=said.activation)
    return spec


def _sha256(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
