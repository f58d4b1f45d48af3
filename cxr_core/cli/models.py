"""`models`: the models there are, and what they are worth."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cxr_core.cli.choice import has_weights
from cxr_core.cli.output import print_json
from cxr_core.models.card import load_card
from cxr_core.models.registry import MODELS
from cxr_core.models.spec import ModelSpec
from cxr_core.models.weights import find_weights


def models(as_json: Annotated[bool, typer.Option("--json", help="Print a JSON list.")] = False) -> None:
    """List the models: input, findings, digest and test figures."""
    described = [describe(spec) for spec in MODELS.values()]
    if as_json:
        print_json(described)
        return
    for one in described:
        print(f"{one['id']}: {one['title']}, input {' x '.join(map(str, one['input']))}")
        if not one["trained"]:
            print("    not trained yet")
        for name, figures in one["figures"].items():
            low, high = figures["low"], figures["high"]
            print(f"    {name}: mean AUC {figures['mean_auc']:.3f} ({low:.3f} to {high:.3f}), {figures['n']} films")


def describe(spec: ModelSpec) -> dict[str, Any]:
    """What is known of a model; a model without weights has no parameters, digest or figures."""
    known: dict[str, Any] = {
        "id": spec.id, "title": spec.title, "trained": has_weights(spec.id), "parameters": None,
        "input": list(spec.input_shape), "findings": list(spec.findings), "digest": None, "figures": {},
    }
    if not known["trained"]:
        return known
    card = load_card(find_weights(spec))
    known |= {"parameters": card.model.parameters, "digest": card.weights.sha256}
    known["figures"] = {
        subset.name: {
            "mean_auc": subset.mean_auc, "low": subset.low, "high": subset.high, "n": subset.n,
            "patients": subset.patients,
            "findings": {
                finding.key: {"auc": figure.auc, "low": figure.low, "high": figure.high,
                              "positives": figure.positives, "n": figure.n}
                for finding in card.findings
                if (figure := finding.figures.get(subset.name)) is not None
            },
        }
        for subset in card.subsets
    }
    return known
