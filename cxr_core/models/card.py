"""A model's card: what it is, how it was made, what it is worth. One TOML file beside its weights."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w

from cxr_core.errors import UnknownFinding, WeightsCorrupt, WeightsMissing
from cxr_core.evaluation.calibration import platt
from cxr_core.evaluation.classes import Audit, ClassesCard, classes_of, temper
from cxr_core.models.spec import ModelSpec

CARD = "card.toml"
UNKNOWN = "unknown"  # what the file says where nobody knows; None in the dataclasses


@dataclass(frozen=True)
class Identity:
    id: str
    title: str
    network: str
    parameters: int
    input: tuple[int, int, int]
    scaling: str
    activation: str
    source: str


@dataclass(frozen=True)
class WeightsFile:
    file: str
    sha256: str
    dtype: str


@dataclass(frozen=True)
class Begun:
    """What a run's weights began from: the recipe of an earlier run, and the digest of its films, empty if unknown."""

    recipe: str
    films: str = ""


@dataclass(frozen=True)
class Training:
    """How the weights came to be.

    `begun` is what they began from: nothing of random ones and ImageNet's, None on cards from before it was written
    down.
    """

    recipe: str
    command: str
    seed: int
    epochs: int
    hours: float
    hardware: str
    data: str
    films: int
    patients: int
    split_digest: str
    initialisation: str
    begun: tuple[Begun, ...] | None = None


@dataclass(frozen=True)
class Origin:
    """Where imported weights come from: the architecture they were read as, the file, and who named its outputs."""

    architecture: str
    file: str
    sha256: str
    outputs: tuple[str, ...]
    outputs_from: str


@dataclass(frozen=True)
class Sources:
    sources: tuple[str, ...]
    licences: tuple[str, ...]


@dataclass(frozen=True)
class Use:
    intended: str
    limits: tuple[str, ...]


@dataclass(frozen=True)
class Figure:
    """AUC of one finding on one subset with its 95% interval, patients resampled."""

    auc: float
    low: float
    high: float
    positives: int
    n: int


@dataclass(frozen=True)
class FindingCard:
    """How one output is read: Platt's `a`, `b`, the operating point and the "not sure" band around it.

    Each is None where it is not known, as with other people's weights, and of exclusive classes, which have none.
    """

    key: str
    platt: tuple[float, float] | None
    operating_point: float | None
    unsure: tuple[float, float] | None
    figures: dict[str, Figure] = field(default_factory=dict)


@dataclass(frozen=True)
class Subset:
    """Mean AUC over the findings on one subset with its 95% interval."""

    name: str
    n: int
    patients: int
    mean_auc: float
    low: float
    high: float
    ece: float
    label_version: str


@dataclass(frozen=True)
class Effect:
    """How the calibrated score of each finding moves, on average over the films of val, with one clinical input.

    `input` says what is changed, all else as it is; `change` is in the findings' order, -1 to 1.
    """

    input: str
    change: tuple[float, ...]


@dataclass(frozen=True)
class ClinicalCard:
    """Of a model with clinical inputs: what stands for "not known" (17 values), and how the scores move with them.

    `neutral_from` says in words what these values are. Of an ensemble `log_odds`, (findings, 17), is what an input that
    lies 1 above its neutral value adds to each logit.
    """

    neutral: tuple[float, ...]
    effects: tuple[Effect, ...] = ()
    neutral_from: str = "the mean of the training films"
    log_odds: tuple[tuple[float, ...], ...] = ()


@dataclass(frozen=True)
class Card:
    model: Identity
    weights: WeightsFile
    training: Training | None
    data: Sources
    use: Use
    findings: tuple[FindingCard, ...]
    subsets: tuple[Subset, ...] = ()
    classes: ClassesCard | None = None
    clinical: ClinicalCard | None = None
    origin: Origin | None = None

    @property
    def digest(self) -> str:
        """What scores hang on, as a sha256: the weights and what is made of their outputs.

        That is the calibration, operating points and bands, and what stands for an unknown clinical input: weights that
        were calibrated anew keep their own sha256.
        """
        read = [(one.key, one.platt, one.operating_point, one.unsure) for one in self.findings]
        temperature = self.classes.temperature if self.classes else None
        told = (self.clinical.neutral, self.clinical.log_odds) if self.clinical else None
        return hashlib.sha256(repr((self.weights.sha256, read, temperature, told)).encode()).hexdigest()

    @property
    def split_in_words(self) -> str:
        """Which films its figures are of and how these were set apart, as far as the card tells."""
        if self.training is None:
            return "unknown"
        if self.training.data.startswith("split train of the reduced NIH set"):
            return "by patient; test is part of NIH's official test list, test_wide and val are other patients"
        if self.training.data.startswith("CoronaHack's own split, COVID-19 films joined"):
            return "CoronaHack's own train and test parts, joined by COVID-19 films split by patient"
        return self.training.data

    @property
    def is_calibrated(self) -> bool:
        """Whether its scores are calibrated: all of them are, or none."""
        if self.classes is not None:
            return self.classes.temperature is not None
        return all(finding.platt is not None for finding in self.findings)

    def finding(self, key: str) -> FindingCard:
        """The part of the card on one finding; UnknownFinding where there is none."""
        for finding in self.findings:
            if finding.key == key:
                return finding
        raise UnknownFinding(f"The card of {self.model.id} has no finding {key!r}.")

    def calibrate(self, raw: np.ndarray) -> np.ndarray:
        """Network outputs of shape (..., findings), 0 to 1, as calibrated probabilities (Platt 1999).

        Those of exclusive classes go by one temperature, and still sum to 1. Without a calibration they stay.
        """
        if not self.is_calibrated:
            return np.asarray(raw, np.float64)
        if self.classes is not None:
            return temper(raw, self.classes.temperature)
        a, b = np.array([finding.platt for finding in self.findings]).T
        return platt(raw, a, b)


def shortcut_audit(spec: ModelSpec, card: Card) -> Audit | None:
    """The shortcut audit of a model of exclusive classes, empty where nobody made one; None of a model of findings."""
    if not spec.exclusive:
        return None
    return card.classes.audit if card.classes else Audit()


def load_card(folder: Path) -> Card:
    """Read `card.toml` of a weights folder.

    Raises
    ------
    WeightsMissing
        When there is no card.
    WeightsCorrupt
        When it is no valid card.
    """
    path = folder / CARD
    if not path.is_file():
        raise WeightsMissing(f"There is no {CARD} in weights/{folder.name}. Train the model or restore the folder.")
    try:
        content = tomllib.loads(path.read_text("utf-8"))
        return _card(content)
    except (ValueError, OSError, LookupError, TypeError, AttributeError, RecursionError) as problem:
        raise WeightsCorrupt(f"The card in weights/{folder.name} cannot be read: {problem}. Restore it.") from problem


def write_card(folder: Path, card: Card) -> None:
    """Write `card.toml`; reading it back gives an equal card.

    TOML has no null: what is None is left out. Of imported weights it is what nobody knows: "unknown" stands there.
    """
    content = asdict(card)
    if card.origin is not None:
        content["training"] = content["training"] or UNKNOWN
        if card.classes is not None and card.classes.temperature is None:
            content["classes"]["temperature"] = UNKNOWN
        content["findings"] = [{k: UNKNOWN if v is None else v for k, v in row.items()} for row in content["findings"]]
    (folder / CARD).write_text(tomli_w.dumps(_without_none(content)), "utf-8")


def _without_none(table: Any) -> Any:
    if isinstance(table, dict):
        return {key: _without_none(value) for key, value in table.items() if value is not None}
    return [_without_none(one) for one in table] if isinstance(table, list | tuple) else table


def _card(content: dict[str, Any]) -> Card:
    return Card(
        model=_record(Identity, content["model"]),
        weights=_record(WeightsFile, content["weights"]),
        training=None if content["training"] == UNKNOWN else _training(content["training"]),
        data=_record(Sources, content["data"]),
        use=_record(Use, content["use"]),
        findings=tuple(
            _record(FindingCard, dict.fromkeys(("platt", "operating_point", "unsure"))
                    | _known(row)
                    | {"figures": {k: Figure(**v) for k, v in row.get("figures", {}).items()}})
            for row in content["findings"]
        ),
        subsets=tuple(_record(Subset, row) for row in content.get("subsets", ())),
        classes=classes_of(_known(content["classes"])) if "classes" in content else None,
        clinical=_clinical(content["clinical"]) if "clinical" in content else None,
        origin=_record(Origin, content["origin"]) if "origin" in content else None,
    )


def _training(row: dict[str, Any]) -> Training:
    begun = {"begun": tuple(_record(Begun, one) for one in row["begun"])} if "begun" in row else {}
    return _record(Training, row | begun)


def _known(row: dict[str, Any]) -> dict[str, Any]:
    """A table without what it calls unknown."""
    return {key: value for key, value in row.items() if value != UNKNOWN}


def _clinical(row: dict[str, Any]) -> ClinicalCard:
    effects = tuple(_record(Effect, effect) for effect in row.get("effects", ()))
    return _record(ClinicalCard, row | {"effects": effects, "log_odds": tuple(map(tuple, row.get("log_odds", ())))})


def _record(kind: type, row: dict[str, Any]) -> Any:
    """A dataclass from a TOML table, whose arrays become tuples."""
    return kind(**{key: tuple(value) if isinstance(value, list) else value for key, value in row.items()})
