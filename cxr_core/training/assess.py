"""A finished run -> shipped weights: float16 file, calibration on val, figures on test, card."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from cxr_core.datasets.index import Index
from cxr_core.errors import TrainingError
from cxr_core.evaluation.provenance import Provenance, installed_versions, now
from cxr_core.evaluation.results import Results
from cxr_core.evaluation.scoring import about
from cxr_core.evaluation.writer import write_results
from cxr_core.models.card import Card, ClinicalCard, Identity, Training, Use, WeightsFile, write_card
from cxr_core.models.clinical import FIRST_FILMS
from cxr_core.models.networks import build
from cxr_core.models.registry import BEGINNINGS, find_spec
from cxr_core.models.spec import ModelSpec
from cxr_core.models.weights import FILE, load_weights, save_weights, weights_folder
from cxr_core.training import leaky
from cxr_core.training.appraisal import Measurable, calibrate_findings, untold, with_figures
from cxr_core.training.assess_classes import assess_classes
from cxr_core.training.card_words import (
    INTENDED, command, films_scored, initialisation, label_version, limits, ship_command, sources,
)
from cxr_core.training.clinical import neutral_of, prepare_index
from cxr_core.training.clinical_assessment import Looked, effects, look, told_otherwise
from cxr_core.training.films import load_blocks, to_input
from cxr_core.training.patients import begun_from, training_patients
from cxr_core.training.recipe import Recipe
from cxr_core.training.shipping import check_scores, draft_of

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


def assess(
    recipe: Recipe, index: Index, run: Path, *, hardware: str, out: Path | None = None, data: str = "",
) -> Card:
    """Make `weights/<id>/` from a run folder, scoring the reloaded float16 weights once.

    Val (films of 128 px and more) fits Platt scaling and the operating points; test and test_wide, as far as `index`
    has them, are only scored. Writes model.safetensors, card.toml, results.parquet and history.csv; of a leaky model
    all but the first. `data` is the name of the folder that the films are of, when they are not the recipe's own.

    Raises
    ------
    TrainingError
        When there is no finished run, it was split otherwise than the model's recipe says, or there is no test film.
    """
    checkpoint, history_path = run / "best.weights.h5", run / "history.csv"
    if not checkpoint.is_file() or not history_path.is_file():
        raise TrainingError(f"The run folder {run.name!r} holds no finished run. Train the recipe first.")
    spec = find_spec(recipe.model_id)
    if spec.id in BEGINNINGS:
        raise TrainingError(
            f"{spec.id} is what other recipes begin from, and does not ship: train one of the same backbone with "
            "--set weights=RUN, the folder of this run."
        )
    if recipe.network != "own":
        raise TrainingError(
            f"This run trained {recipe.network}, and {spec.id} is {spec.network}: its history.csv says what it gives "
            "on val, and it does not ship."
        )
    leaky.check_marked(spec, recipe)
    model, begun = build(spec), begun_from(recipe)
    model.load_weights(checkpoint)
    with draft_of(out or weights_folder() / spec.id) as folder:
        digest = save_weights(model, folder / FILE)
        card = Card(
            Identity(spec.id, spec.title, spec.network, model.count_params(), spec.input_shape, spec.scaling,
                     spec.activation, spec.source),
            WeightsFile(FILE, digest, "float16"), _training(recipe, index, pd.read_csv(history_path), hardware, data),
            sources(data, begun), Use(INTENDED, limits(spec, index, data, begun)), findings=(),
        )
        load_weights(model, folder, card)
        shutil.copyfile(history_path, folder / "history.csv")
        if spec.exclusive:
            return assess_classes(card, model, spec, index, folder, data=data)
        if spec.leaky:
            (folder / FILE).unlink()
            card = replace(card, weights=replace(card.weights, file="not shipped"))
        index = prepare_index(spec, index)
        if spec.clinical:
            card = replace(card, clinical=ClinicalCard(tuple(map(float, neutral_of(recipe, index)))))
        return appraise(card, model, spec, index, folder, data)


def appraise(
    card: Card, model, spec: ModelSpec, index: Index, folder: Path, data: str = "",
) -> Card:
    """Calibrate on val, score test and test_wide (of a leaky model its own test), write card.toml and results.parquet.

    A clinical model's index has each film's history, and its card what stands for what is not known. `data` as for
    `assess`.
    """
    labels = label_version(index, data)
    parts = _parts(spec, index)
    neutral = np.array(card.clinical.neutral, np.float32) if spec.clinical else None
    looked = {name: look(model, spec, neutral, part) for name, part in parts.items()} if spec.clinical else {}
    scored = {
        name: Scored(part, part.targets(spec.findings),
                     looked[name].raw() if looked else score_films(model, spec, part))
        for name, part in parts.items()
    }
    for name, part in scored.items():
        check_scores(spec, name, part.raw)
    if spec.leaky:
        shown = _leaky_rows(index, scored)
    else:
        shown = _rows(scored) | (_clinical_rows(scored["test"], looked["test"]) if looked else {})
    val = scored["val"]
    findings = calibrate_findings(spec, val.targets, val.raw, val.patients)
    use = replace(card.use, limits=(*card.use.limits, *untold(findings)))
    card = replace(card, findings=findings, use=use)
    card = with_figures(card, {
        name: Measurable(part.targets, card.calibrate(part.raw).astype(np.float32), part.patients)
        for name, part in shown.items()
    }, labels)
    if looked:
        card = replace(card, clinical=replace(card.clinical, effects=effects(looked["val"], card)))
    write_card(folder, card)
    write_results(folder / "results.parquet", _results(spec, card, scored, index, data), overwrite=True)
    return card


def _training(recipe: Recipe, index: Index, history: pd.DataFrame, hardware: str, data: str) -> Training:
    table = index.table
    films = index.where((table["split"] == "train") & (table["source_width"] >= recipe.min_source))
    folder = data or "the reduced NIH set"
    told = f"split train of {folder}, choice on val"
    if recipe.split == "image":
        told = f"{folder}, {leaky.told(index).in_words.removesuffix('.')}"  # others write on
    return Training(
        recipe.model_id, command(recipe, data), recipe.seed, len(history),
        round(float(history["seconds"].sum()) / 3600, 3), hardware, told, len(films),
        int(films.table["patient"].nunique()), films.digest(), initialisation(recipe), begun_from(recipe),
    )


def _parts(spec: ModelSpec, index: Index) -> dict[str, Index]:
    """Val and the test sets, as far as there are films of 128 px and more of them."""
    tests = (leaky.TEST,) if spec.leaky else ("test", "test_wide")
    large = index.where(index.table["source_width"] >= 128)
    parts = {name: large.where(large.table["split"] == name) for name in ("val", *tests)}
    parts = {name: part for name, part in parts.items() if len(part)}
    for name in ("val", tests[0]):
        if name not in parts:
            raise TrainingError(
                f"There is no film of {name} of 128 px and more: {spec.id} cannot be measured on these."
            )
    return parts


def score_films(model, spec: ModelSpec, part: Index) -> np.ndarray:
    """Network outputs (films, findings), a block of films at a time."""
    return np.concatenate([
        model.predict(to_input(films.astype(np.float32) / 255, spec), batch_size=64, verbose=0)
        for films in load_blocks(part, spec.size)
    ])


def _clinical_rows(test: Scored, looked: Looked) -> dict[str, Scored]:
    """Test again with the history not told, or the film not seen, and on its patients' first films alone, if any."""
    told = {name: Scored(test.index, test.targets, raw) for name, raw in told_otherwise(looked).items()}
    first = test.where(test.index.table["earlier"] == 0)
    return told | ({FIRST_FILMS: first} if len(first.index) else {})


def _rows(scored: dict[str, Scored]) -> dict[str, Scored]:
    """What the card has figures of: test, its two slices, test_wide and val, as far as there are films of them."""
    test = scored["test"]
    rows = {"test": test}
    for name in ("natural", "picked") if "slice" in test.index.table else ():
        rows[f"test {name}"] = test.where(test.index.table["slice"] == name)
    rows |= {name: scored[name] for name in ("test_wide", "val") if name in scored}
    return {name: part for name, part in rows.items() if len(part.index)}


def _leaky_rows(index: Index, scored: dict[str, Scored]) -> dict[str, Scored]:
    """The test films of a leaky split, then those of patients that train has too, and of others: what it gives."""
    test = scored[leaky.TEST]
    seen = leaky.seen(index, test.index)
    rows = {leaky.TEST: test, f"{leaky.TEST}, patients of train": test.where(seen),
            f"{leaky.TEST}, other patients": test.where(~seen), "val": scored["val"]}
    return {name: part for name, part in rows.items() if len(part.index)}


def _results(spec: ModelSpec, card: Card, scored: dict[str, Scored], index: Index, data: str) -> Results:
    """The films of each test set: who, label, raw score and calibrated probability per finding."""
    names = [name for name in scored if name != "val"]
    parts = [scored[name] for name in names]
    targets, raw = (np.concatenate([getattr(part, name) for part in parts]) for name in ("targets", "raw"))
    rows = [leaky.as_patients_told(index, part.index) if spec.leaky else part.index for part in parts]
    films = pd.concat([about(part) for part in rows], ignore_index=True)
    learnt, labels = training_patients(card), label_version(index, data)
    provenance = Provenance(
        "shipped", spec.id, card.weights.sha256, films_scored(spec, data), " and ".join(names), label_version=labels,
        overlap=None if learnt is None else len(learnt & set(films["patient"].astype(str))),
        command=ship_command(spec.id, data), versions=installed_versions(), date=now(), leaky=spec.leaky,
    )
    probability = card.calibrate(raw).astype(np.float32)
    return Results(spec.id, spec.findings, labels, films, targets, raw, probability, provenance)
