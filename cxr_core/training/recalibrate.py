"""Shipped weights calibrated anew: val is scored again, the stored scores of the test sets stay as they are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from cxr_core.datasets.index import Index
from cxr_core.errors import TrainingError
from cxr_core.evaluation.provenance import now
from cxr_core.evaluation.results import FILE as RESULTS, load_results, subset
from cxr_core.evaluation.writer import write_results
from cxr_core.models.card import Card, load_card, write_card
from cxr_core.models.networks import build
from cxr_core.models.spec import ModelSpec
from cxr_core.models.weights import find_weights, load_weights
from cxr_core.training.appraisal import Measurable, calibrate_findings, with_figures
from cxr_core.training.assess import score_films
from cxr_core.training.shipping import draft_of

_NEAR = 1e-3  # AUC of val, from machine to machine


def recalibrate(spec: ModelSpec, index: Index, out: Path | None = None) -> Card:
    """Fit Platt's lines, operating points and bands of a shipped model again, and write its card and results.

    Everything is chosen on the films of val in `index`; no film of test is read. The test sets' raw scores are those
    that are stored: only what calibration makes of them is written anew, and the figures measured on it.

    Parameters
    ----------
    out : Path, optional
        Where card.toml and results.parquet are written; beside the weights by default.

    Raises
    ------
    TrainingError
        When the model is calibrated in another way (exclusive classes, clinical inputs, ensembles, leaky ones), or val
        is not the val that its card was measured on.
    WeightsMissing, ResultsError
        When the model is not trained, or its results are not there.
    """
    if spec.exclusive or spec.clinical or spec.members or spec.leaky:
        raise TrainingError(f"{spec.id} is not calibrated by Platt's line on films alone. Ship it again instead.")
    folder = find_weights(spec)
    card, stored = load_card(folder), load_results(folder)
    table = index.table
    part = index.where((table["split"] == "val") & (table["source_width"] >= 128))
    known = {one.name: one for one in card.subsets}
    if "val" not in known or len(part) != known["val"].n:
        raise TrainingError(
            f"The card of {spec.id} was calibrated on {known['val'].n if 'val' in known else 'no'} films of val, these "
            f"data hold {len(part)}. Name the data it was trained on."
        )
    model = build(spec)
    load_weights(model, folder, card)
    val, raw, patients = part.targets(spec.findings), score_films(model, spec, part), part.table["patient"].to_numpy()
    made = replace(card, findings=calibrate_findings(spec, val, raw, patients))
    stored = replace(
        stored, probability=made.calibrate(stored.raw).astype(np.float32), raw=stored.raw.astype(np.float32),
        provenance=replace(stored.provenance, date=now()) if stored.provenance else None,
    )
    tests = {name: subset(stored, name) for name in known if name != "val"}
    parts = {name: Measurable(one.labels, one.probability, one.patients) for name, one in tests.items()}
    parts["val"] = Measurable(val, made.calibrate(raw).astype(np.float32), patients)
    made = with_figures(made, {name: parts[name] for name in known}, known["val"].label_version)
    found = next(one.mean_auc for one in made.subsets if one.name == "val")
    if abs(found - known["val"].mean_auc) > _NEAR:
        raise TrainingError(
            f"On val these weights have a mean AUC of {found:.3f}, their card says {known['val'].mean_auc:.3f}: these "
            "are other films or labels. Name the data the model was trained on."
        )
    with draft_of(out or folder) as draft:
        write_results(draft / RESULTS, stored, overwrite=True)
        write_card(draft, made)
    return made
