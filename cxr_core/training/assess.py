"""A finished run -> shipped weights: float16 file, calibration on val, figures on test, card."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from cxr_core.datasets.index import Index
from cxr_core.errors import TrainingError
from cxr_core.evaluation.bootstrap import auc, bootstrap_auc, interval
from cxr_core.evaluation.calibration import expected_calibration_error, fit_platt
from cxr_core.evaluation.operating import unsure_band, youden_point
from cxr_core.evaluation.provenance import Provenance, installed_versions, now
from cxr_core.evaluation.results import Results
from cxr_core.evaluation.scoring import about
from cxr_core.evaluation.writer import write_results
from cxr_core.findings import NO_FINDING
from cxr_core.models.card import (
    Card, ClinicalCard, Figure, FindingCard, Identity, Sources, Subset, Training, Use, WeightsFile, write_card,
)
from cxr_core.models.networks import build
from cxr_core.models.registry import find_spec
from cxr_core.models.spec import ModelSpec
from cxr_core.models.weights import FILE, load_weights, save_weights, weights_folder
from cxr_core.training.assess_classes import assess_classes
from cxr_core.training.clinical import prepare_index
from cxr_core.training.clinical_assessment import Looked, effects, look, without_history
from cxr_core.training.films import load_films, to_input
from cxr_core.training.initial import IMAGENET
from cxr_core.training.patients import training_patients
from cxr_core.training.recipe import Recipe

LABEL_VERSION = "Data_Entry_2017_v2020"
SOURCES = (
    "NIH ChestX-ray14, NIH Clinical Center (Wang et al., CVPR 2017), reduced to at most 320 px",
)
LICENCES = ("free use with citation and acknowledgement of the NIH Clinical Center",)
LIMITS = (
    "Labels are text-mined from reports and partly wrong; the figures inherit that.",
    "Trained from scratch on few films of one hospital; not tested elsewhere.",
    "Test is a part of the official NIH test list, with few patients and many films each.",
    "Adults, frontal films only. Not for children.",
    "Probabilities are calibrated to the mixture of val; another prevalence needs another calibration.",
)
INTENDED = "Research and teaching. Not a medical device; not to rule disease in or out."
_HISTORY = (
    "Told the findings of earlier films, it repeats them: these are labels of the same patient, and the test films are "
    "mostly follow-ups. Its worth on a first visit is the row of first films, not the row of all."
)


@dataclass(frozen=True)
class Scored:
    """The films of one subset with what the shipped weights say: targets and raw scores (films, findings)."""

    index: Index
    targets: np.ndarray
    raw: np.ndarray

    @property
    def patients(self) -> np.ndarray:
        return self.index.table["patient"].to_numpy()

    def where(self, rows: pd.Series) -> Scored:
        keep = rows.to_numpy()
        return Scored(self.index.where(rows), self.targets[keep], self.raw[keep])


def assess(recipe: Recipe, index: Index, run: Path, *, hardware: str, out: Path | None = None) -> Card:
    """Make `weights/<id>/` from a run folder, scoring the reloaded float16 weights once.

    Val (films of 128 px and more) fits Platt scaling and the operating points; test and test_wide are
    only scored. Writes model.safetensors, card.toml, results.parquet and history.csv.
    """
    checkpoint, history_path = run / "best.weights.h5", run / "history.csv"
    if not checkpoint.is_file() or not history_path.is_file():
        raise TrainingError(f"The run folder {run.name!r} holds no finished run. Train the recipe first.")
    spec = find_spec(recipe.model_id)
    folder = out or weights_folder() / spec.id
    folder.mkdir(parents=True, exist_ok=True)
    history = pd.read_csv(history_path)
    model = build(spec)
    model.load_weights(checkpoint)
    digest = save_weights(model, folder / FILE)
    card = Card(
        Identity(spec.id, spec.title, spec.network, model.count_params(), spec.input_shape, spec.scaling,
                 spec.activation, spec.source),
        WeightsFile(FILE, digest, "float16"),
        _training(recipe, index, history, hardware), Sources(SOURCES, LICENCES),
        Use(INTENDED, _limits(spec)),
        findings=(),
    )
    load_weights(model, folder, card)
    shutil.copyfile(history_path, folder / "history.csv")
    if spec.exclusive:
        return assess_classes(card, model, spec, index, folder)
    return appraise(card, model, spec, recipe, index, folder)


def appraise(card: Card, model, spec: ModelSpec, recipe: Recipe | None, index: Index, folder: Path) -> Card:
    """Calibrate on val, score test and test_wide, and write card.toml and results.parquet."""
    index = prepare_index(spec, index)
    parts = {name: _part(index, name) for name in ("val", "test", "test_wide")}
    looked = {name: look(model, spec, recipe, index, part) for name, part in parts.items()} if spec.clinical else {}
    scored = {
        name: Scored(part, part.targets(spec.findings), looked[name].raw() if looked else _score(model, spec, part))
        for name, part in parts.items()
    }
    figures, subsets = _figures(spec, scored, _clinical_rows(scored["test"], looked["test"]) if looked else {})
    card = Card(card.model, card.weights, card.training, card.data, card.use,
                findings=tuple(_finding(spec, column, scored["val"], figures) for column in range(len(spec.findings))))
    subsets = tuple(_with_ece(subset, card, scored_part) for subset, scored_part in subsets)
    card = Card(card.model, card.weights, card.training, card.data, card.use, card.findings, subsets)
    if looked:
        neutral = tuple(map(float, looked["val"].known.neutral))
        card = replace(card, clinical=ClinicalCard(neutral, effects(looked["val"], card)))
    write_card(folder, card)
    write_results(folder / "results.parquet", _results(spec, card, scored), overwrite=True)
    return card


def _training(recipe: Recipe, index: Index, history: pd.DataFrame, hardware: str) -> Training:
    table = index.table
    films = index.where((table["split"] == "train") & (table["source_width"] >= recipe.min_source))
    return Training(
        recipe.model_id, f"python -m cxr_core train {recipe.model_id}", recipe.seed, len(history),
        round(float(history["seconds"].sum()) / 3600, 3), hardware, "split train of the reduced NIH set, choice on val",
        len(films), int(films.table["patient"].nunique()), films.digest(), _initialisation(recipe),
    )


def _limits(spec: ModelSpec) -> tuple[str, ...]:
    """What to beware of, in words."""
    return (*LIMITS, _sight(spec.size), *([_HISTORY] if spec.clinical else []))


def _sight(size: int) -> str:
    lost = "a small nodule or a thin pneumothorax line is lost before the network looks."
    few = "" if size < 256 else ", but most films it learned from have 128 px or less"
    return f"Sees {size} px{few}: {lost}"


def _initialisation(recipe: Recipe) -> str:
    """How the run began and went on, in words."""
    size = find_spec(recipe.model_id).size
    stages = ", ".join(f"{stage.epochs} at {stage.size or size} px" for stage in recipe.stages)
    beside = "; age, sex and view learnt beside the findings" if recipe.side_tasks else ""
    if recipe.hide_clinical:
        beside += f"; age, sex, view and history each hidden from {recipe.hide_clinical:.0%} of the films shown"
    if recipe.batch_norm_films:
        beside += f"; batch norms measured on {recipe.batch_norm_films} train films after each epoch"
    begun = {None: "random, from scratch", IMAGENET: "ImageNet"}.get(recipe.weights, "a backbone trained elsewhere")
    return begun + (f"; epochs: {stages}" if len(recipe.stages) > 1 else "") + beside


def _part(index: Index, split: str) -> Index:
    return index.where((index.table["split"] == split) & (index.table["source_width"] >= 128))


def _score(model, spec: ModelSpec, part: Index) -> np.ndarray:
    films = to_input(load_films(part, spec.size).astype(np.float32) / 255, spec)
    return model.predict(films, batch_size=64, verbose=0)


def _clinical_rows(test: Scored, looked: Looked) -> dict[str, Scored]:
    """Test again with the history not told, and on its patients' first films alone, where there is none to tell."""
    told = {name: Scored(test.index, test.targets, raw) for name, raw in without_history(looked).items()}
    return told | {"test, first films": test.where(test.index.table["earlier"] == 0)}


def _figures(
    spec: ModelSpec, scored: dict[str, Scored], more: dict[str, Scored],
) -> tuple[dict[str, list[Figure]], list[tuple[Subset, Scored]]]:
    """AUC of every finding and their mean, on test, its two slices, test_wide, val, and what else there is."""
    test = scored["test"]
    parts = {
        "test": test,
        "test natural": test.where(test.index.table["slice"] == "natural"),
        "test picked": test.where(test.index.table["slice"] == "picked"),
        "test_wide": scored["test_wide"],
        "val": scored["val"],
        **more,
    }
    counted = [column for column, key in enumerate(spec.findings) if key != NO_FINDING]
    figures, subsets = {}, []
    for name, part in parts.items():
        replicates = bootstrap_auc(part.targets, part.raw, part.patients)
        values = [auc(part.targets[:, c], part.raw[:, c]) for c in range(len(spec.findings))]
        figures[name] = [
            Figure(value, *interval(replicates[:, c]), int(part.targets[:, c].sum()), len(part.index))
            if np.isfinite(value) else None
            for c, value in enumerate(values)
        ]
        low, high = interval(np.nanmean(replicates[:, counted], axis=1))
        mean = float(np.nanmean([values[c] for c in counted]))
        patients = len(np.unique(part.patients))
        subsets.append((Subset(name, len(part.index), patients, mean, low, high, 0.0, LABEL_VERSION), part))
    return figures, subsets


def _finding(spec: ModelSpec, column: int, val: Scored, figures: dict[str, list[Figure]]) -> FindingCard:
    positive, raw = val.targets[:, column], val.raw[:, column]
    platt = fit_platt(positive, raw)
    clipped = np.clip(raw.astype(np.float64), 1e-7, 1 - 1e-7)
    probability = 1 / (1 + np.exp(-(platt[0] * np.log(clipped / (1 - clipped)) + platt[1])))
    point = youden_point(positive, probability)
    low, high = unsure_band(positive, probability, val.patients)
    known = {name: row[column] for name, row in figures.items() if row[column] is not None}
    return FindingCard(spec.findings[column], platt, point, (min(low, point), max(high, point)), known)


def _with_ece(subset: Subset, card: Card, part: Scored) -> Subset:
    probability = card.calibrate(part.raw)
    errors = [expected_calibration_error(part.targets[:, c], probability[:, c]) for c in range(probability.shape[1])]
    return Subset(**{**vars(subset), "ece": float(np.mean(errors))})


def _results(spec: ModelSpec, card: Card, scored: dict[str, Scored]) -> Results:
    """The films of test and test_wide: who, label, raw score and calibrated probability per finding."""
    parts = [scored[name] for name in ("test", "test_wide")]
    targets, raw = (np.concatenate([getattr(part, name) for part in parts]) for name in ("targets", "raw"))
    films = pd.concat([about(part.index) for part in parts], ignore_index=True)
    learnt = training_patients(card)
    provenance = Provenance(
        "shipped", spec.id, card.weights.sha256, card.training.data, "test and test_wide", label_version=LABEL_VERSION,
        overlap=None if learnt is None else len(learnt & set(films["patient"].astype(str))),
        command=f"python -m cxr_core ship {spec.id}", versions=installed_versions(), date=now(),
    )
    probability = card.calibrate(raw).astype(np.float32)
    return Results(spec.id, spec.findings, LABEL_VERSION, films, targets, raw, probability, provenance)
