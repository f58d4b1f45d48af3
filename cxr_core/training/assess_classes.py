"""A finished run of a model with exclusive classes -> its card and results: confusion, temperature, shortcut audit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import keras
import numpy as np
import pandas as pd

from cxr_core.datasets.index import Index
from cxr_core.datasets.nih_small import read_nih_small
from cxr_core.errors import DataError, TrainingError
from cxr_core.evaluation.bootstrap import auc, bootstrap_auc, interval
from cxr_core.evaluation.classes import Audit, ClassesCard
from cxr_core.evaluation.exclusive import confidence_error, fit_temperature, measure_confusion
from cxr_core.evaluation.provenance import Provenance, installed_versions, now
from cxr_core.evaluation.results import FILE, Results
from cxr_core.evaluation.scoring import about
from cxr_core.evaluation.shortcuts import ADULTS, Labelled, audit_subsets
from cxr_core.evaluation.summary import measure_findings
from cxr_core.evaluation.writer import write_results
from cxr_core.findings import NO_FINDING
from cxr_core.models.card import Card, Figure, FindingCard, Sources, Subset, Use, write_card
from cxr_core.models.spec import ModelSpec
from cxr_core.training.card_words import OTHERS, SOURCES, films_scored, joined, ship_command
from cxr_core.training.films import load_blocks, network_input
from cxr_core.training.patients import begun_patients
from cxr_core.training.shipping import check_scores

LABELS = "CoronaHack's and the COVID-19 films' own tables"
_NIH_LABELS = "Data_Entry_2017_v2020"
_GROWN = 18  # years
_BATCH = 32
_AUDITED = Sources(
    ("NIH ChestX-ray14, NIH Clinical Center (Wang et al., CVPR 2017), for the shortcut audit alone",), SOURCES.licences,
)
_LIMITS = (
    "Normal and Pneumonia are children of 1 to 5 years, COVID-19 are adults of other hospitals: the network can tell "
    "age or hospital instead of disease. The shortcut audit says how far; believe no call on an adult's film.",
    "The published split may hold a patient twice; here train films of a patient number of test are left out.",
    "Probabilities are tempered on val, children almost all: on adults' films they mean nothing.",
    "Frontal films only; trained from scratch on few films, COVID-19 on those of a few dozen patients.",
)
_LIMITS_OF_OTHERS = (
    "Where the classes' films are of different hospitals, machines or ages the network can tell those instead of "
    "disease. The shortcut audit, if there is one, says how far on adults of NIH.",
    "Probabilities are tempered on val: another mixture needs another temperature.",
    "Frontal films only.",
)


@dataclass(frozen=True)
class Looked:
    """The films of one subset with the network's softmax: targets and raw, shape (films, classes)."""

    index: Index
    targets: np.ndarray
    raw: np.ndarray

    @property
    def patients(self) -> np.ndarray:
        return self.index.table["patient"].astype(str).to_numpy()


def assess_classes(
    card: Card, model: keras.Model, spec: ModelSpec, index: Index, folder: Path, adults: Index | None = None,
    data: str = "",
) -> Card:
    """Finish the card of a model with exclusive classes, and write it and results.parquet.

    Val fits the temperature; test is scored once, and so are `adults`, films of adults without COVID-19 for the audit
    (`read_adults()` by default, no audit where there are none). Intervals are by patient. `data` is the name of the
    folder that the films are of, when they are not the recipe's own: what is known of ours is not said of them.

    Raises
    ------
    TrainingError
        When there is no film of val or of test, or a film's score is no number.
    """
    if adults is None:
        try:
            adults = read_adults()
        except DataError:
            adults = index.where(np.zeros(len(index), bool))
    parts = {name: index.where(index.table["split"] == name) for name in ("val", "test")} | {ADULTS: adults}
    if empty := [name for name in ("val", "test") if not len(parts[name])]:
        raise TrainingError(f"There is no film of {' and '.join(empty)}: {spec.id} cannot be measured on these.")
    looked = {name: look(model, spec, part) for name, part in parts.items() if len(part)}
    for name, part in looked.items():
        check_scores(spec, name, part.raw)
    temperature = fit_temperature(looked["val"].targets, looked["val"].raw)
    card = replace(card, use=Use(card.use.intended, _LIMITS_OF_OTHERS if data else _LIMITS),
                   classes=ClassesCard(temperature))
    if not data:
        told = "CoronaHack's own split, COVID-19 films joined by theirs; choice on val"
        card = replace(card, data=joined([OTHERS, _AUDITED]), training=replace(card.training, data=told))
    elif ADULTS in looked:
        card = replace(card, data=joined([card.data, _AUDITED]))
    labels = _labels(data)
    sure = {name: card.calibrate(part.raw) for name, part in looked.items()}
    figures = {name: _figures(spec, part, sure[name]) for name, part in looked.items()}
    confusions = tuple(
        measure_confusion(name, spec.findings, part.targets.argmax(axis=1), sure[name].argmax(axis=1), part.patients)
        for name, part in looked.items()
    )
    audit = Audit()
    if ADULTS in looked:
        both = (Labelled(looked[name].targets, sure[name], looked[name].patients) for name in ("test", ADULTS))
        audit = audit_subsets(spec.findings, *both, data)
    card = replace(
        card,
        findings=tuple(
            FindingCard(key, None, None, None, {name: told[key] for name, told in figures.items() if key in told})
            for key in spec.findings
        ),
        subsets=tuple(_subset(name, part, sure[name], labels) for name, part in looked.items()),
        classes=ClassesCard(temperature, confusions, audit),
    )
    write_card(folder, card)
    write_results(folder / FILE, _results(spec, card, index, looked, data), overwrite=True)
    return card


def read_adults() -> Index:
    """NIH films of grown patients with No Finding, called Normal here, or with Pneumonia alone: of test and test_wide.

    Raises
    ------
    DataError
        When the reduced NIH set is not there.
    """
    index = read_nih_small()
    table = index.table
    rows = (
        table["split"].isin(["test", "test_wide"]) & (table["source_width"] >= 128) & (table["age"] >= _GROWN)
        & table["labels"].isin([NO_FINDING, "Pneumonia"])
    )
    chosen = index.where(rows)
    return replace(chosen, table=chosen.table.assign(labels=chosen.table["labels"].replace(NO_FINDING, "Normal")))


def look(model: keras.Model, spec: ModelSpec, part: Index) -> Looked:
    """Score the films of a part."""
    raw = [
        model.predict_on_batch(network_input(films[start:start + _BATCH], spec))
        for films in load_blocks(part, spec.size) for start in range(0, len(films), _BATCH)
    ]
    return Looked(part, part.targets(spec.findings), np.concatenate(raw))


def _figures(spec: ModelSpec, part: Looked, sure: np.ndarray) -> dict[str, Figure]:
    """Each class against the rest, where there are films of it and of others."""
    told = measure_findings(spec.findings, part.targets, sure, part.patients)
    return {
        one.finding: Figure(one.auc, *one.interval, one.positives, one.n)
        for one in told.findings if np.isfinite(one.auc)
    }


def _subset(name: str, part: Looked, sure: np.ndarray, labels: str) -> Subset:
    """Mean AUC, one class against the rest; the calibration error is that of the likeliest class."""
    values = [auc(part.targets[:, c], sure[:, c]) for c in range(sure.shape[1])]
    low, high = interval(np.nanmean(bootstrap_auc(part.targets, sure, part.patients), axis=1))
    return Subset(
        name, len(part.index), len(np.unique(part.patients)), float(np.nanmean(values)), low, high,
        confidence_error(part.targets, sure), _NIH_LABELS if name == ADULTS else labels,
    )


def _labels(data: str) -> str:
    return f"those of {data}" if data else LABELS


def _results(spec: ModelSpec, card: Card, index: Index, looked: dict[str, Looked], data: str) -> Results:
    """The films of test and of the adults: who, label, raw score and calibrated probability per class."""
    parts = [looked[name] for name in ("test", ADULTS) if name in looked]
    targets, raw = (np.concatenate([getattr(part, name) for part in parts]) for name in ("targets", "raw"))
    films = pd.concat([about(part.index) for part in parts], ignore_index=True).assign(
        subset=np.repeat([name for name in ("test", ADULTS) if name in looked], [len(part.index) for part in parts]),
        patient=np.concatenate([part.patients for part in parts]),
    )
    before = begun_patients(card.training)
    learnt = set(index.table["patient"][index.table["split"] == "train"].astype(str)) & set(looked["test"].patients)
    shared = None if before is None else len(learnt | (before & set(films["patient"])))
    audited = ADULTS in looked
    provenance = Provenance(
        "shipped", spec.id, card.weights.sha256, films_scored(spec, data, audited=audited),
        "test, and NIH adults of test and test_wide" if audited else "test",
        label_version=_labels(data), overlap=shared,
        command=ship_command(spec.id, data), versions=installed_versions(), date=now(),
    )
    probability = card.calibrate(raw).astype(np.float32)
    return Results(spec.id, spec.findings, _labels(data), films, targets, raw, probability, provenance)
