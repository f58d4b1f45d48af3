"""Intervals of shipped cards measured anew on the stored results: no film is scored, and nothing else moves."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from cxr_core.errors import TrainingError
from cxr_core.evaluation.classes import Audit, Rate
from cxr_core.evaluation.exclusive import measure_confusion
from cxr_core.evaluation.results import Results, load_results, subset
from cxr_core.evaluation.shortcuts import ADULTS, Labelled, audit_subsets
from cxr_core.models.card import Card, load_card, write_card
from cxr_core.models.spec import ModelSpec
from cxr_core.models.weights import find_weights
from cxr_core.training.appraisal import Measurable, with_figures
from cxr_core.training.shipping import draft_of

_NEAR = 1e-3  # mean AUC of the same scores, stored in single precision


def remeasure(spec: ModelSpec, out: Path | None = None) -> Card:
    """Write a shipped model's card with the intervals that its stored results have by today's rules.

    Films whose scores are not stored (val) keep what the card says.

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
        ), audit=_audited(card.classes.audit, spec, parts)))
    with draft_of(out or folder) as draft:
        write_card(draft, made)
    return made


def _audited(audit: Audit, spec: ModelSpec, parts: dict[str, Results]) -> Audit:
    """The audit with today's intervals, as far as its films' scores are stored."""
    if not audit.called or not {"test", ADULTS} <= parts.keys():
        return audit
    anew = audit_subsets(spec.findings, *(
        Labelled(parts[name].labels, parts[name].probability, parts[name].patients) for name in ("test", ADULTS)
    ))
    return Audit(
        tuple(replace(one, shares={key: _spanned(rate, other.shares[key]) for key, rate in one.shares.items()})
              for one, other in zip(audit.called, anew.called, strict=True)),
        tuple(replace(one, auc=_spanned(one.auc, other.auc))
              for one, other in zip(audit.told_apart, anew.told_apart, strict=True)),
    )


def _spanned(old: Rate, anew: Rate) -> Rate:
    """The value as it is, with the interval of the other.

    Raises
    ------
    TrainingError
        When they are of other films or scores.
    """
    if abs(old.value - anew.value) > _NEAR:
        raise TrainingError(f"The card's audit says {old.value:.4f} where its stored results come to {anew.value:.4f}: "
                            "they do not belong together. Ship the model again instead.")
    return replace(old, low=anew.low, high=anew.high)
