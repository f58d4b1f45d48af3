"""Intervals of shipped cards measured anew on the stored results: no film is scored, and nothing else moves."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from cxr_core.errors import TrainingError
from cxr_core.evaluation.exclusive import measure_confusion
from cxr_core.evaluation.results import load_results, subset
from cxr_core.models.card import Card, load_card, write_card
from cxr_core.models.spec import ModelSpec
from cxr_core.models.weights import find_weights
from cxr_core.training.appraisal import Measurable, with_figures
from cxr_core.training.shipping import draft_of

_NEAR = 1e-3  # mean AUC of the same scores, stored in single precision


def remeasure(spec: ModelSpec, out: Path | None = None) -> Card:
    """Write a shipped model's card with the intervals that its stored results have by today's rules.

    Films whose scores are not stored (val) keep what the card says, and so does an audit of exclusive classes.

    Parameters
    ----------
    out : Path, optional
        Where card.toml is written; beside the weights by default.

    Raises
    ------
    TrainingError
        When the card was not measured on these results.
    WeightsMissing, ResultsError
        When the model is not trained, or its results are not there.
    """
    folder = find_weights(spec)
    card, stored = load_card(folder), load_results(folder)
    stored_parts = {one.name: subset(stored, one.name) for one in card.subsets}
    parts = {name: part for name, part in stored_parts.items() if len(part)}
    anew = with_figures(
        card, {name: Measurable(one.labels, one.probability, one.patients) for name, one in parts.items()}, ""
    )
    measured = {one.name: one for one in anew.subsets}
    for one in card.subsets:
        if one.name in measured and abs(measured[one.name].mean_auc - one.mean_auc) > _NEAR:
            raise TrainingError(
                f"The card of {spec.id} gives {one.name} a mean AUC of {one.mean_auc:.4f}, its stored results "
                f"{measured[one.name].mean_auc:.4f}: they do not belong together. Ship the model again instead."
            )
    made = replace(
        card,
        subsets=tuple(
            replace(one, low=measured[one.name].low, high=measured[one.name].high) if one.name in measured else one
            for one in card.subsets
        ),
        findings=tuple(
            replace(one, figures=one.figures | {
                name: replace(one.figures.get(name, figure), low=figure.low, high=figure.high)
                for name, figure in other.figures.items()
            })
            for one, other in zip(card.findings, anew.findings, strict=True)
        ),
    )
    if card.classes is not None:
        made = replace(made, classes=replace(card.classes, confusions=tuple(
            measure_confusion(one.films, one.classes, parts[one.films].labels.argmax(axis=1),
                              parts[one.films].probability.argmax(axis=1), parts[one.films].patients)
            if one.films in parts else one for one in card.classes.confusions
        )))
    with draft_of(out or folder) as draft:
        write_card(draft, made)
    return made
